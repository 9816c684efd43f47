# Notices when a connection is no longer one, and measures the server's clock meanwhile.
class_name EstragonLiveness
extends Reference

# Nothing answers any more; `code` is what we call that.
signal fell_silent(code, reason)

const EstragonClock := preload("clock.gd")
const EstragonMessage := preload("message.gd")
const EstragonOutgoing := preload("outgoing.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonWorld := preload("world.gd")
const _SILENT_PINGS := 2
const _NEVER := -1.0
const _GONE := -1

# How many pings went by without a sign of life; anything that comes is one.
var silent: int = 0

var _outgoing: EstragonOutgoing
var _clock: EstragonClock
var _world: EstragonWorld
var _every_ms: float = 0.0
var _ping_at: float = _NEVER
var _ping_id: String = ""
var _pinged_at: float = 0.0
var _numbered: int = 0
var _answer_by: float = _NEVER
var _patience: float = 0.0


func _init(outgoing: EstragonOutgoing, clock: EstragonClock, world: EstragonWorld) -> void:
	_outgoing = outgoing
	_clock = clock
	_world = world


# Until it begins or stops, the server has to answer within so many seconds.
func expect(seconds: float) -> void:
	_patience = seconds
	_answer_by = _world.now() + seconds * 1000.0


# Pings from now on, every so many seconds.
func begin(every: float) -> void:
	_every_ms = every * 1000.0
	_answer_by = _NEVER
	_ping_at = 0.0
	_ping_id = ""
	silent = 0


# There is no connection to look after.
func stop() -> void:
	_answer_by = _NEVER
	_ping_at = _NEVER


# Whether `message` answers the last ping; if so, it has been heard.
func hears(message: EstragonMessage) -> bool:
	if not _ping_id or message.re != _ping_id:
		return false
	_ping_id = ""
	if message.data.has("time"):
		_clock.add(message.data["time"], _pinged_at, _clock.local_now())
	return true


# Looks whether it is time for something.
func poll(now: float) -> void:
	if _answer_by != _NEVER and now > _answer_by:
		emit_signal("fell_silent", _GONE, "no answer within %s s" % _patience)
	elif _ping_at != _NEVER and now >= _ping_at:
		_ping(now)


func _ping(now: float) -> void:
	if _ping_id:
		silent += 1
	if silent >= _SILENT_PINGS:
		emit_signal("fell_silent", EstragonProtocol.CLOSE_HEARTBEAT, "the server fell silent")
		return
	_ping_at = now + _every_ms
	_numbered += 1
	_ping_id = "ping-%d" % _numbered
	_pinged_at = _clock.local_now()
	_outgoing.say({"type": "ping", "id": _ping_id, "data": {}})
