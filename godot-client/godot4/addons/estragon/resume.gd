class_name EstragonResume
extends RefCounted
## What brings a session back after a drop: the count of what arrived, its claim, and what the
## answer to that means.

## The connection carries our session, and messages flow.
signal went_live
## A claim came too late or too often: another connection, after [param retry_ms] where it is no -1.
signal refused(retry_ms: int)
## The server gave us a session, or another one.
signal adopted(welcome: Dictionary)
## The session is another, without player or rooms.
signal was_lost(reason: String)
## The counts began again; player and rooms stay.
signal was_reset(reason: String)
## What this session is and where it sits.
signal snapshot_received(pages: Array[Dictionary])
## Something its developer should know.
signal warned(text: String)

## Rises whenever the counts begin again.
var generation: int = 0
## How many counted frames arrived.
var received: int = 0
## The id of the claim that is not answered yet; empty where there is none.
var claim_id: String = ""
## When to call [method acknowledge] next, while messages flow.
var acknowledge_at: float = 0.0
## Whether the server of this connection was made from the same tables, as its welcome said.
var agrees: bool = false
## What proves whose the session is; empty before the first welcome.
var token: String = ""
## Where it is kept for the game's next start; [code]null[/code] for nowhere.
var keep: EstragonKeep
## Whether another connection has to claim what was kept, as the server said when.
var must_retry: bool = false
## Whether nothing was told yet of the session that was kept.
var awaits_snapshot: bool = false
## Of each room whose state we have, by its number in frames: the tick.
var states: Dictionary = {}

var _world: EstragonWorld
var _outgoing: EstragonOutgoing
var _requests: EstragonRequests
var _attempt: int = 0
## Why the session cannot be claimed any more; empty while it can.
var _hopeless_because: String = ""
## The welcome of a connection whose claim is not answered yet.
var _candidate: Dictionary = {}
var _told_sent: int = 0
var _told_received: int = 0
var _ack_frames: int = EstragonProtocol.LIMIT_ACK_FRAMES
var _ack_ms: int = EstragonProtocol.LIMIT_ACK_MS
var _pages: Array[Dictionary] = []


func _init(world: EstragonWorld, outgoing: EstragonOutgoing, requests: EstragonRequests) -> void:
	_world = world
	_outgoing = outgoing
	_requests = requests


## The first frame of a connection, a claim of the session there was, or a hello: says which
## messages fit here, and which packets the game has.
func introduce(receive_bytes: int, packets: String) -> void:
	claim_id = ""
	agrees = false
	_candidate = {}
	var abilities := {"receive_bytes": receive_bytes, "fingerprint": EstragonProtocol.FINGERPRINT}
	if packets:
		abilities["packets"] = packets
	must_retry = false
	var kept := keep.recall() if keep and not token else ""
	if not kept and (not token or _hopeless_because):
		_outgoing.write({"type": "session.hello", "id": "hello", "data": abilities})
		return
	_attempt += 1
	claim_id = "claim-%d" % _attempt
	var claim := {"token": kept, "fresh": true}
	if not kept:
		claim = {
			"token": token,
			"attempt": _attempt,
			"sent": _outgoing.sent,
			"received": received,
			"forgotten": _outgoing.forgotten,
		}
		if states:
			claim["states"] = states.keys().map(func(room: int) -> Array: return [room, states[room]])
	claim.merge(abilities)
	_outgoing.write({"type": "session.resume", "id": claim_id, "data": claim})


## A message for the session itself came.
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


## The answer to the hello came.
func hear_hello(answer: Dictionary) -> void:
	if not answer.get("resume", true):
		despair("FINGERPRINT")
	if answer.has("warning"):
		warned.emit(str(answer["warning"]))


## The answer to the claim came.
func judge(answer: EstragonMessage) -> void:
	claim_id = ""
	if answer.type == "error":
		_on_refused(answer.data)
		return
	if answer.data["resumed"]:
		var arrived: int = answer.data["received"]
		_outgoing.acknowledge(arrived)
		_go_live(arrived)
		return
	var reason: String = answer.data.get("reason", "UNKNOWN")
	if answer.data.has("token"):
		_on_reloaded(answer.data, reason)
	elif answer.data.get("kept", false):
		if _begin_again() and _go_live(0):
			was_reset.emit(reason)
	elif _adopt(_candidate, reason, "FINGERPRINT" if reason == "FINGERPRINT" else ""):
		_go_live(0)


## Tells the server of both counts, where it does not know them.
func acknowledge() -> void:
	acknowledge_at = _world.now() + _ack_ms
	var written := _outgoing.written
	if _told_sent == written and _told_received == received:
		return
	_told_sent = written
	_told_received = received
	_outgoing.write({"type": "session.ack", "data": {"sent": written, "received": received}})


## Tells the server at once where many frames arrived since.
func acknowledge_many() -> void:
	if _outgoing.is_live and received - _told_received >= _ack_frames:
		acknowledge()


## The session cannot be claimed any more; the first reason stands.
func despair(reason: String) -> void:
	if not _hopeless_because:
		_hopeless_because = reason


## The session is over, and not to be found by the game's next start.
func let_go() -> void:
	if keep and token:
		keep.forget()


## There is no session any more.
func forget() -> void:
	_restart()
	_attempt = 0
	must_retry = false
	awaits_snapshot = false
	_outgoing.forget()
	token = ""
	_hopeless_because = ""


func _on_welcome(data: Dictionary) -> void:
	agrees = data["fingerprint"] == EstragonProtocol.FINGERPRINT
	if claim_id:
		_candidate = data
		return
	if _adopt(data, _hopeless_because if _hopeless_because else "UNKNOWN"):
		_go_live(0)


## Takes the session of a new connection as ours; the one there was is lost for [param reason].
## Returns whether the connection is still in use: who was told may have left, or connected anew.
func _adopt(data: Dictionary, reason: String, hopeless_because: String = "") -> bool:
	var connection := _outgoing.connection
	var is_another := token != ""
	token = data["token"]
	_put_token()
	_attempt = 0
	_hopeless_because = hopeless_because
	var limits: Dictionary = data["limits"]
	_ack_frames = limits["ack_frames"]
	_ack_ms = limits["ack_ms"]
	_outgoing.set_limits(limits)
	var rates: Dictionary = data.get("rates", {})
	_outgoing.set_rates(rates)
	var before := _outgoing.ever_written
	if is_another:
		_restart()
		_outgoing.forget()
	adopted.emit(data)
	if data["fingerprint"] != EstragonProtocol.FINGERPRINT:
		warned.emit(
			"this add-on and the server were made from different protocol tables:"
			+ " it works on, but a dropped session is lost; update the older of the two"
		)
	if is_another and _outgoing.connection == connection:
		_requests.abandon(before, EstragonProtocol.SESSION_LOST)
	if is_another and _outgoing.connection == connection:
		was_lost.emit(reason)
	return _outgoing.connection == connection


## The session of the game's last start, with another token from now on.
func _on_reloaded(answer: Dictionary, reason: String) -> void:
	var welcome := _candidate.duplicate()
	welcome["session"] = answer["session"]
	welcome["token"] = answer["token"]
	awaits_snapshot = true
	if _adopt(welcome, reason) and _go_live(0):
		was_reset.emit(reason)


func _put_token() -> void:
	var trouble := keep.put(token) if keep else ""
	if trouble:
		warned.emit(trouble)


## The same session: what was never written is sent as new, the rest has no known outcome. Returns
## whether the connection is still in use.
func _begin_again() -> bool:
	var connection := _outgoing.connection
	var before := _outgoing.ever_written
	_restart()
	_pages = []
	_requests.renumber(before, _outgoing.begin_again())
	return _outgoing.connection == connection


## Writes what the server lacks, from its [param count] on, and from now on at once. Returns whether
## the connection is still in use.
func _go_live(count: int) -> bool:
	var connection := _outgoing.connection
	_pages = []
	_outgoing.go_live(count)
	acknowledge()
	went_live.emit()
	return _outgoing.connection == connection


func _on_refused(data: Dictionary) -> void:
	if typeof(data.get("cause")) == TYPE_DICTIONARY:
		var cause: Dictionary = data["cause"]
		var highest: float = cause.get("attempt", 0)
		_attempt = maxi(_attempt, int(highest))
	var retry_ms: int = data.get("retry_ms", -1)
	must_retry = not token
	if must_retry and retry_ms < 0:
		keep.discard()
		retry_ms = 0
	refused.emit(retry_ms)


func _on_ack(data: Dictionary) -> void:
	if not _outgoing.is_live:
		return
	var arrived: int = data["received"]
	_outgoing.acknowledge(arrived)
	if data["sent"] != received:
		var counts := {"sent": _outgoing.written, "received": received}
		_outgoing.write({"type": "session.desync", "data": counts})


func _on_reset(message: EstragonMessage) -> void:
	_outgoing.write({"type": "session.reset", "re": message.id, "data": {}})
	if _begin_again():
		was_reset.emit(message.data["reason"])


func _on_snapshot(data: Dictionary) -> void:
	_pages.append(data)
	if data["more"]:
		return
	var pages := _pages
	_pages = []
	awaits_snapshot = false
	snapshot_received.emit(pages)


func _restart() -> void:
	generation += 1
	received = 0
	_told_sent = 0
	_told_received = 0
