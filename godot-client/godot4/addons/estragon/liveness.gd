class_name EstragonLiveness
extends RefCounted
## Notices when a connection is no longer one, and measures the round trip meanwhile.

## Nothing answers any more; [param code] says what to take it for.
signal fell_silent(code: int, reason: String)

const _SILENT_PINGS := 2
## Within so many milliseconds a connection has to answer when the device was away.
const _PROBE_MS := 2_000.0

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
## By when a probe has to be answered.
var _probed_until: float = INF


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
	_probed_until = INF


## Until it begins or stops, something has to come within [param timeout_ms].
func expect(timeout_ms: float) -> void:
	_is_pinging = false
	_timeout_ms = timeout_ms
	due_at = _clock.local_now() + timeout_ms


## Nothing is expected any more.
func stop() -> void:
	due_at = INF
	_probed_until = INF


## Whether it is there still has to show soon; asked again meanwhile changes nothing.
func probe(now: float) -> void:
	if not _is_pinging or _probed_until < INF:
		return
	_send(now)
	_probed_until = now + _PROBE_MS
	due_at = minf(due_at, _probed_until)


## Looks whether anybody is there.
func look(now: float) -> void:
	if now >= _probed_until:
		_probed_until = INF
		fell_silent.emit(EstragonProtocol.CLOSE_HEARTBEAT, "the server fell silent")
	elif _is_pinging:
		_ping(now)
	else:
		fell_silent.emit(EstragonLink.LOST, "no answer within %s s" % (_timeout_ms / 1000.0))


## The last ping was answered.
func hear(answer: EstragonMessage) -> void:
	ping_id = ""
	_probed_until = INF
	if answer.data.has("time"):
		var time: float = answer.data["time"]
		_clock.add(time, _pinged_at, _clock.local_now())


func _ping(now: float) -> void:
	if ping_id:
		silent += 1
	if silent >= _SILENT_PINGS:
		fell_silent.emit(EstragonProtocol.CLOSE_HEARTBEAT, "the server fell silent")
		return
	_send(now)


func _send(now: float) -> void:
	due_at = minf(now + _every_ms, _probed_until)
	_numbered += 1
	ping_id = "ping-%d" % _numbered
	_pinged_at = _clock.local_now()
	_outgoing.write({"type": "ping", "id": ping_id, "data": {}})
