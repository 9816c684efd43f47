# What both sides have of each other, and how the session is claimed after a drop.
class_name EstragonResume
extends Reference

# warning-ignore-all:return_value_discarded

# This connection carries our session; the server has `count` of our frames.
signal claimed(count)
# The claim came too late or too often: try another connection, in `retry_ms` where that is not -1.
signal refused(retry_ms)
# The session of this connection's `welcome` is ours now.
signal adopted(welcome)
# The counts began again; the session is the same.
signal was_reset(reason)
# The session is another.
signal was_lost(reason)

const EstragonMessage := preload("message.gd")
const EstragonOutgoing := preload("outgoing.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonRequests := preload("requests.gd")
const EstragonWorld := preload("world.gd")

# Rises whenever the counts begin again.
var generation: int = 0
# How many counted frames arrived.
var received: int = 0
# What proves whose the session is; empty before the first welcome.
var token: String = ""
# Whether the session may be claimed after a drop.
var is_resumable: bool = true

var _outgoing: EstragonOutgoing
var _requests: EstragonRequests
var _world: EstragonWorld
var _attempt: int = 0
var _claim_id: String = ""
# The welcome of a connection whose claim is not answered yet.
var _candidate: Dictionary = {}
var _lost_because: String = "UNKNOWN"
var _ack_frames: int = EstragonProtocol.LIMIT_ACK_FRAMES
var _ack_ms: int = EstragonProtocol.LIMIT_ACK_MS
var _told_sent: int = 0
var _told_received: int = 0
var _acknowledge_at: float = 0.0


func _init(outgoing: EstragonOutgoing, requests: EstragonRequests, world: EstragonWorld) -> void:
	_outgoing = outgoing
	_requests = requests
	_world = world


# There is no session yet.
func forget() -> void:
	_outgoing.forget()
	_recount()
	token = ""
	is_resumable = true


# Writes the first frame of a connection: a claim of the session there was, or a hello.
func introduce(abilities: Dictionary) -> void:
	_candidate = {}
	_claim_id = ""
	if token == "" or not is_resumable:
		_outgoing.say({"type": "session.hello", "id": "hello", "data": abilities})
		return
	_attempt += 1
	_claim_id = "claim-%d" % _attempt
	var claim := abilities.duplicate()
	claim["token"] = token
	claim["attempt"] = _attempt
	claim["sent"] = _outgoing.ledger.sent
	claim["received"] = received
	claim["forgotten"] = _outgoing.ledger.forgotten
	_outgoing.say({"type": "session.resume", "id": _claim_id, "data": claim})


# The welcome of a connection; while a claim is not answered, it is none of ours.
func hear_welcome(data: Dictionary) -> void:
	if _claim_id:
		_candidate = data
		return
	if _adopt(data):
		emit_signal("claimed", 0)


# Whether `message` answers the claim; if so, it has been heard.
func hears(message: EstragonMessage) -> bool:
	if not _claim_id or message.re != _claim_id:
		return false
	_claim_id = ""
	if message.type == "error":
		_hear_refusal(message.data)
	else:
		_hear_answer(message.data)
	return true


# What the server says to a hello.
func hear_hello(data: Dictionary) -> void:
	is_resumable = data.get("resume", true)
	if not is_resumable:
		_lost_because = "FINGERPRINT"


# The connection was closed; `action` is what the protocol says of its code.
func hear_close(action: String) -> void:
	if action == "ended":
		is_resumable = false
		_lost_because = "UNKNOWN"


# What the server has sent and received.
func hear_ack(data: Dictionary) -> void:
	if not _outgoing.is_live:
		return
	_outgoing.acknowledge(data["received"])
	if data["sent"] != received:
		var counts := {"sent": _outgoing.written, "received": received}
		_outgoing.say({"type": "session.desync", "data": counts})


# The server began the counts again.
func hear_reset(message: EstragonMessage) -> void:
	_outgoing.say({"type": "session.reset", "re": message.id, "data": {}})
	if _begin_again():
		emit_signal("was_reset", message.data["reason"])


# Tells the server what arrived, when it is time to.
func poll(now: float) -> void:
	if now >= _acknowledge_at:
		acknowledge()


# Tells the server what arrived, when it is much.
func acknowledge_if_many() -> void:
	if received - _told_received >= _ack_frames and _outgoing.is_live:
		acknowledge()


# Tells the server what arrived, where it does not know.
func acknowledge() -> void:
	_acknowledge_at = _world.now() + _ack_ms
	var sent := _outgoing.written
	if _told_sent == sent and _told_received == received:
		return
	_told_sent = sent
	_told_received = received
	_outgoing.say({"type": "session.ack", "data": {"sent": sent, "received": received}})


# Another claim came first, or too many did: another connection, a higher attempt.
func _hear_refusal(data: Dictionary) -> void:
	var cause = data.get("cause")
	if typeof(cause) == TYPE_DICTIONARY:
		_attempt = int(max(_attempt, cause.get("attempt", 0)))
	emit_signal("refused", data.get("retry_ms", -1))


func _hear_answer(data: Dictionary) -> void:
	var reason: String = data.get("reason", "UNKNOWN")
	if data["resumed"]:
		_outgoing.ledger.acknowledge(data["received"])
		emit_signal("claimed", data["received"])
	elif data.get("kept", false):
		if _begin_again():
			emit_signal("claimed", 0)
			emit_signal("was_reset", reason)
	else:
		_lost_because = reason
		if _adopt(_candidate, reason != "FINGERPRINT"):
			emit_signal("claimed", 0)


# Takes the session of a new connection as ours. Returns whether that is still so: who is told of it
# may have left, or connected anew.
func _adopt(welcome: Dictionary, may_resume: bool = true) -> bool:
	var link := _outgoing.link
	var before := _outgoing.ever_written
	var is_another := token != ""
	token = welcome["token"]
	_attempt = 0
	is_resumable = may_resume
	var limits: Dictionary = welcome["limits"]
	_ack_frames = limits["ack_frames"]
	_ack_ms = limits["ack_ms"]
	_outgoing.take_limits(limits)
	if is_another:
		_outgoing.forget()
		_recount()
	emit_signal("adopted", welcome)
	if is_another and _outgoing.link == link:
		_requests.abandon(before, EstragonProtocol.SESSION_LOST)
	if is_another and _outgoing.link == link:
		emit_signal("was_lost", _lost_because)
	return _outgoing.link == link


# The counts begin at 0: what was never written is sent as new, the rest has no known outcome.
# Returns whether this is still the connection: who is told of it may have left, or connected anew.
func _begin_again() -> bool:
	var link := _outgoing.link
	var numbers := _outgoing.begin_again()
	_recount()
	_requests.renumber(numbers)
	return _outgoing.link == link


func _recount() -> void:
	generation += 1
	received = 0
	_told_sent = 0
	_told_received = 0
