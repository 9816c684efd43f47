# Notices when a connection is no longer one, and measures the server's clock meanwhile.
class_name EstragonLiveness
extends Reference

# Nothing answers any more; `code` is what we call that.
signal fell_silent(code, reason)

const EstragonClock := preload("clock.gd")
const EstragonMessage := preload("message.gd")
const EstragonOutgoing := preload("outgoing.gd")
const EstragonProtocol := preload("protocol.gd")
const _SILENT_PINGS := 2
# Within so many milliseconds a connection has to answer when the device was away.
const _PROBE_MS := 2000
const _NEVER := -1.0
const _LOST := -1

# How many pings went by without a sign of life; anything that comes is one.
var silent: int = 0
# The id of the ping that is not answered yet; empty where there is none.
var ping_id: String = ""

var _outgoing: EstragonOutgoing
var _clock: EstragonClock
var _every_ms: float = 0.0
var _ping_at: float = _NEVER
var _pinged_at: float = 0.0
var _numbered: int = 0
var _answer_by: float = _NEVER
var _timeout_ms: float = 0.0
# By when a probe has to be answered.
var _probed_until: float = _NEVER


func _init(clock: EstragonClock, outgoing: EstragonOutgoing) -> void:
	_clock = clock
	_outgoing = outgoing


# Until it begins or stops, something has to come within `timeout_ms`.
func expect(timeout_ms: float) -> void:
	_timeout_ms = timeout_ms
	_answer_by = _clock.local_now() + timeout_ms


# From the next `poll` on pings every `every_ms`.
func begin(every_ms: float) -> void:
	_every_ms = every_ms
	_answer_by = _NEVER
	_ping_at = 0.0
	ping_id = ""
	silent = 0
	_probed_until = _NEVER


# There is no connection to look after.
func stop() -> void:
	_answer_by = _NEVER
	_ping_at = _NEVER
	_probed_until = _NEVER


# Whether it is there still has to show soon; asked again meanwhile changes nothing.
func probe(now: float) -> void:
	if _ping_at == _NEVER or _probed_until != _NEVER:
		return
	_send(now)
	_probed_until = now + _PROBE_MS


# The last ping was answered.
func hear(answer: EstragonMessage) -> void:
	ping_id = ""
	_probed_until = _NEVER
	if answer.data.has("time"):
		_clock.add(answer.data["time"], _pinged_at, _clock.local_now())


# Looks whether it is time for something.
func poll(now: float) -> void:
	if _answer_by != _NEVER and now > _answer_by:
		emit_signal("fell_silent", _LOST, "no answer within %s s" % (_timeout_ms / 1000.0))
	elif _probed_until != _NEVER and now >= _probed_until:
		_probed_until = _NEVER
		emit_signal("fell_silent", EstragonProtocol.CLOSE_HEARTBEAT, "the server fell silent")
	elif _ping_at != _NEVER and now >= _ping_at:
		_ping(now)


func _ping(now: float) -> void:
	if ping_id:
		silent += 1
	if silent >= _SILENT_PINGS:
		emit_signal("fell_silent", EstragonProtocol.CLOSE_HEARTBEAT, "the server fell silent")
		return
	_send(now)


func _send(now: float) -> void:
	_ping_at = now + _every_ms
	_numbered += 1
	ping_id = "ping-%d" % _numbered
	_pinged_at = _clock.local_now()
	_outgoing.write({"type": "ping", "id": ping_id, "data": {}})
