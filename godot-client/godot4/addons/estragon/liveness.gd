class_name EstragonLiveness
extends RefCounted
## Notices when a connection is no longer one, and measures the round trip meanwhile.

## Nothing answers any more; [param code] says what to take it for.
signal fell_silent(code: int, reason: String)

const _SILENT_PINGS := 2

## When to call [method look] next; never, where nothing is expected.
var due_at: float = INF
## How many pings in a row were due while nothing at all had come.
var silent: int = 0
## The id of the ping that is not answered yet; empty where there is none.
var ping_id: String = ""

var _clock: EstragonClock
var _outgoing: EstragonOutgoing
var _every_ms: float = 0.0
var _is_pinging: bool = false
var _pinged_at: float = 0.0
var _numbered: int = 0
var _timeout_ms: float = 0.0


## [param clock] is told what pings measure.
func _init(clock: EstragonClock, outgoing: EstragonOutgoing) -> void:
	_clock = clock
	_outgoing = outgoing


## From the next [method look] on pings every [param every_ms].
func begin(every_ms: float) -> void:
	_every_ms = every_ms
	_is_pinging = true
	ping_id = ""
	silent = 0
	due_at = 0.0


## Until it begins or stops, something has to come within [param timeout_ms].
func expect(timeout_ms: float) -> void:
	_is_pinging = false
	_timeout_ms = timeout_ms
	due_at = _clock.local_now() + timeout_ms


## Nothing is expected any more.
func stop() -> void:
	due_at = INF


## Looks whether anybody is there.
func look(now: float) -> void:
	if _is_pinging:
		_ping(now)
	else:
		fell_silent.emit(EstragonLink.LOST, "no answer within %s s" % (_timeout_ms / 1000.0))


## The last ping was answered.
func hear(answer: EstragonMessage) -> void:
	ping_id = ""
	if answer.data.has("time"):
		var time: float = answer.data["time"]
		_clock.add(time, _pinged_at, _clock.local_now())


func _ping(now: float) -> void:
	if ping_id:
		silent += 1
	if silent >= _SILENT_PINGS:
		fell_silent.emit(EstragonProtocol.CLOSE_HEARTBEAT, "the server fell silent")
		return
	due_at = now + _every_ms
	_numbered += 1
	ping_id = "ping-%d" % _numbered
	_pinged_at = _clock.local_now()
	_outgoing.write({"type": "ping", "id": ping_id, "data": {}})
