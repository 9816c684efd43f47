# What brings a session back after a drop: the count of what arrived, its claim, and what the answer
# to that means.
class_name EstragonResume
extends Reference

# warning-ignore-all:return_value_discarded

# The connection carries our session, and messages flow.
signal went_live
# A claim came too late or too often: another connection, after `retry_ms` where it is no -1.
signal refused(retry_ms)
# The server gave us a session, or another one.
signal adopted(welcome)
# The session is another, without player or rooms.
signal was_lost(reason)
# The counts began again; player and rooms stay.
signal was_reset(reason)
# What this session is and where it sits: an array of dictionaries.
signal snapshot_received(pages)
# Something its developer should know.
signal warned(text)

const EstragonKeep := preload("keep.gd")
const EstragonMessage := preload("message.gd")
const EstragonOutgoing := preload("outgoing.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonRequests := preload("requests.gd")
const EstragonWorld := preload("world.gd")
const _OTHER_TABLES := (
	"this add-on and the server were made from different protocol tables:"
	+ " it works on, but a dropped session is lost; update the older of the two"
)

# Rises whenever the counts begin again.
var generation: int = 0
# How many counted frames arrived.
var received: int = 0
# The id of the claim that is not answered yet; empty where there is none.
var claim_id: String = ""
# Whether the server of this connection was made from the same tables, as its welcome said.
var agrees: bool = false
# Whether the server gave us a session.
var has_session: bool = false
# Where its token is kept for the game's next start; null for nowhere.
var keep: EstragonKeep
# Whether another connection has to claim what was kept, as the server said when.
var must_retry: bool = false
# Whether nothing was told yet of the session that was kept.
var awaits_snapshot: bool = false
# Of each room whose state we have, by its number in frames: the tick.
var states: Dictionary = {}

var _world: EstragonWorld
var _outgoing: EstragonOutgoing
var _requests: EstragonRequests
var _token: String = ""
var _attempt: int = 0
var _is_resumable: bool = true
# What to say when the session is lost.
var _lost_because: String = "UNKNOWN"
# The welcome of a connection whose claim is not answered yet.
var _candidate: Dictionary = {}
var _told_sent: int = 0
var _told_received: int = 0
var _acknowledge_at: float = 0.0
var _ack_frames: int = EstragonProtocol.LIMIT_ACK_FRAMES
var _ack_ms: int = EstragonProtocol.LIMIT_ACK_MS
var _pages: Array = []


func _init(world: EstragonWorld, outgoing: EstragonOutgoing, requests: EstragonRequests) -> void:
	_world = world
	_outgoing = outgoing
	_requests = requests


# The first frame of a connection, a claim of the session there was, or a hello: says which messages
# fit here, and which packets the game has.
func introduce(receive_bytes: int, packets: String) -> void:
	claim_id = ""
	agrees = false
	_candidate = {}
	var data := {"receive_bytes": receive_bytes, "fingerprint": EstragonProtocol.FINGERPRINT}
	if packets:
		data["packets"] = packets
	must_retry = false
	var kept := keep.recall() if keep and not has_session else ""
	if not kept and (not has_session or not _is_resumable):
		_outgoing.write({"type": "session.hello", "id": "hello", "data": data})
		return
	_attempt += 1
	claim_id = "claim-%d" % _attempt
	if kept:
		data["token"] = kept
		data["fresh"] = true
	else:
		data["token"] = _token
		data["attempt"] = _attempt
		data["sent"] = _outgoing.sent
		data["received"] = received
		data["forgotten"] = _outgoing.forgotten
		if states:
			data["states"] = []
			for room in states:
				data["states"].append([room, states[room]])
	_outgoing.write({"type": "session.resume", "id": claim_id, "data": data})


# A message for the session itself came.
func take(message: EstragonMessage) -> void:
	match message.type:
		"welcome":
			_on_welcome(message.data)
		"session.ack":
			_on_ack(message.data)
		"session.reset":
			_on_reset(message)
		"session.snapshot":
			_on_snapshot(message.data)


# The answer to the hello came.
func hear_hello(answer: Dictionary) -> void:
	_is_resumable = answer.get("resume", true)
	if not _is_resumable:
		_lost_because = "FINGERPRINT"
	if answer.has("warning"):
		emit_signal("warned", str(answer["warning"]))


# The answer to the claim came.
func judge(answer: EstragonMessage) -> void:
	claim_id = ""
	if answer.type == "error":
		_on_refused(answer.data)
		return
	if answer.data["resumed"]:
		_outgoing.acknowledge(answer.data["received"])
		_go_live(answer.data["received"])
		return
	var reason: String = answer.data.get("reason", "UNKNOWN")
	if answer.data.has("token"):
		_on_reloaded(answer.data, reason)
	elif not answer.data.get("kept", false):
		_lost_because = reason
		if _adopt(_candidate, reason != "FINGERPRINT"):
			_go_live(0)
	elif _begin_again():
		_go_live(0)
		emit_signal("was_reset", reason)


# Tells the server of both counts when it is time; call it every frame while messages flow.
func poll(now: float) -> void:
	if now >= _acknowledge_at:
		_acknowledge()


# Tells the server at once where many frames arrived since.
func acknowledge_many() -> void:
	if received - _told_received >= _ack_frames and _outgoing.is_live:
		_acknowledge()


# The connection is gone; `is_ended`: the session with it.
func lose(is_ended: bool) -> void:
	if is_ended:
		_is_resumable = false
		_lost_because = "UNKNOWN"


# The session is over, and not to be found by the game's next start.
func let_go() -> void:
	if keep and has_session:
		keep.forget()


# There is no session any more.
func forget() -> void:
	_restart()
	_attempt = 0
	must_retry = false
	awaits_snapshot = false
	_outgoing.forget()
	has_session = false
	_is_resumable = true


func _on_welcome(data: Dictionary) -> void:
	agrees = data["fingerprint"] == EstragonProtocol.FINGERPRINT
	if claim_id:
		_candidate = data
	elif _adopt(data, true):
		_go_live(0)


# Takes the session of a new connection as ours. Returns whether that is still so: who is told of it
# may have left, or connected anew.
func _adopt(welcome: Dictionary, is_resumable: bool) -> bool:
	var turn := _outgoing.turn
	var before := _outgoing.ever_written
	var is_another := has_session
	has_session = true
	_token = welcome["token"]
	_put_token()
	_attempt = 0
	_is_resumable = is_resumable
	_set_limits(welcome["limits"])
	_outgoing.set_rates(welcome.get("rates", {}))
	if is_another:
		_restart()
		_outgoing.forget()
	emit_signal("adopted", welcome)
	if welcome["fingerprint"] != EstragonProtocol.FINGERPRINT:
		emit_signal("warned", _OTHER_TABLES)
	if is_another and _outgoing.turn == turn:
		_requests.abandon(before, EstragonProtocol.SESSION_LOST)
	if is_another and _outgoing.turn == turn:
		emit_signal("was_lost", _lost_because)
	return _outgoing.turn == turn


# The session of the game's last start, with another token from now on.
func _on_reloaded(answer: Dictionary, reason: String) -> void:
	var welcome := _candidate.duplicate()
	welcome["session"] = answer["session"]
	welcome["token"] = answer["token"]
	awaits_snapshot = true
	if _adopt(welcome, true):
		_go_live(0)
		emit_signal("was_reset", reason)


func _put_token() -> void:
	var trouble := keep.put(_token) if keep else ""
	if trouble:
		emit_signal("warned", trouble)


func _set_limits(limits: Dictionary) -> void:
	_ack_frames = limits["ack_frames"]
	_ack_ms = limits["ack_ms"]
	_outgoing.set_limits(limits)


# The same session: what was never written is sent as new, the rest has no known outcome. Returns
# whether this is still its connection: who is told of it may have left, or connected anew.
func _begin_again() -> bool:
	var turn := _outgoing.turn
	var numbers := _outgoing.begin_again()
	_restart()
	_requests.renumber(numbers)
	return _outgoing.turn == turn


# Writes what the server lacks, from its `count` on, and from now on at once.
func _go_live(count: int) -> void:
	_pages = []
	_outgoing.go_live(count)
	_acknowledge()
	emit_signal("went_live")


# Another claim came first, or too many did: another connection, a higher attempt.
func _on_refused(data: Dictionary) -> void:
	var cause = data.get("cause")
	if typeof(cause) == TYPE_DICTIONARY:
		_attempt = int(max(_attempt, cause.get("attempt", 0)))
	var retry_ms: int = data.get("retry_ms", -1)
	must_retry = not has_session
	if must_retry and retry_ms < 0:
		keep.discard()
		retry_ms = 0
	emit_signal("refused", retry_ms)


func _on_ack(data: Dictionary) -> void:
	if not _outgoing.is_live:
		return
	_outgoing.acknowledge(data["received"])
	if data["sent"] != received:
		var counts := {"sent": _outgoing.written, "received": received}
		_outgoing.write({"type": "session.desync", "data": counts})


func _on_reset(message: EstragonMessage) -> void:
	_outgoing.write({"type": "session.reset", "re": message.id, "data": {}})
	if _begin_again():
		_pages = []
		emit_signal("was_reset", message.data["reason"])


func _on_snapshot(data: Dictionary) -> void:
	_pages.append(data)
	if data["more"]:
		return
	var pages := _pages
	_pages = []
	awaits_snapshot = false
	emit_signal("snapshot_received", pages)


func _acknowledge() -> void:
	_acknowledge_at = _world.now() + _ack_ms
	var written := _outgoing.written
	if _told_sent == written and _told_received == received:
		return
	_told_sent = written
	_told_received = received
	_outgoing.write({"type": "session.ack", "data": {"sent": written, "received": received}})


func _restart() -> void:
	generation += 1
	received = 0
	_told_sent = 0
	_told_received = 0
