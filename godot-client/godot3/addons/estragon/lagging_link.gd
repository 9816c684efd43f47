# A link over a network that one made worse, around another link: see EstragonLag.
class_name EstragonLaggingLink
extends Reference

# warning-ignore-all:return_value_discarded
# warning-ignore-all:unused_signal

# As those of EstragonLink.
signal opened
signal received(text)
signal received_bytes(bytes)
signal closed(code, reason)

const EstragonLag := preload("lag.gd")
const EstragonLuck := preload("luck.gd")
const EstragonWorld := preload("world.gd")
const _LOST := -1
# What a frame takes beside its text in the outbound buffer, at most.
const _FRAME_OVERHEAD := 14
# How often chance decides about a connection.
const _EVERY_MS := 1000.0

var _link: Reference
var _world: EstragonWorld
# What befalls it; null where the lag has ended.
var _luck: EstragonLuck
# What is on its way, oldest first: [when it arrives, frame, bytes], [when, signal, its arguments].
var _up: Array = []
var _down: Array = []
var _up_bytes: int = 0
var _last_up: float = 0.0
var _last_down: float = 0.0
var _stalled_until: float = 0.0
var _second_at: float
var _is_over: bool = false


# Whoever listens to `link` listens to this one from now on.
func _init(link: Reference, world: EstragonWorld) -> void:
	_link = link
	_world = world
	for name in ["opened", "received", "received_bytes", "closed"]:
		for listener in link.get_signal_connection_list(name):
			link.disconnect(name, listener["target"], listener["method"])
			connect(name, listener["target"], listener["method"])
	_link.connect("opened", self, "_on_opened")
	_link.connect("received", self, "_on_received")
	_link.connect("received_bytes", self, "_on_received_bytes")
	_link.connect("closed", self, "_on_closed")


# Suffers this from now on; null ends it, and what is on its way arrives.
func suffer(luck: EstragonLuck) -> void:
	_luck = luck
	_stalled_until = 0.0
	_second_at = _world.now() + _EVERY_MS
	if luck:
		return
	_last_up = 0.0
	_last_down = 0.0
	for one in _up + _down:
		one[0] = 0.0


# Drives the link, and what is on its way.
func poll() -> void:
	_link.call("poll")
	var now := _world.now()
	if _luck and not _is_over:
		_judge(now)
	while not _is_over and _has_due(_up, now) and _takes(_up[0][2]):
		_write(_up.pop_front())
	while not _is_over and _has_due(_down, now):
		var one: Array = _down.pop_front()
		callv("emit_signal", [one[1]] + one[2])


# Whether a message of `bytes` fits beside what is on its way; see EstragonLink.
func has_room(bytes: int, in_flight: int) -> bool:
	return _link.call("has_room", bytes + _up_bytes + _up.size() * _FRAME_OVERHEAD, in_flight)


# Sends text, or bytes as a binary message, which arrives when its time has come.
func send(frame) -> int:
	if _is_over:
		return ERR_UNAVAILABLE
	if not _luck and _up.empty():
		return _link.call("send", frame)
	var bytes: int = frame.to_utf8().size() if typeof(frame) == TYPE_STRING else frame.size()
	_last_up = max(_last_up, _world.now() + (_luck.up() if _luck else 0))
	_up.append([_last_up, frame, bytes])
	_up_bytes += bytes
	return OK


# Says goodbye, after what is on its way.
func close(code: int, reason: String) -> void:
	while not _up.empty() and _takes(_up[0][2]):
		_write(_up.pop_front())
	_is_over = true
	_link.call("close", code, reason)


# Drops the socket as a cut cable would, and what is on its way with it.
func cut() -> void:
	_is_over = true
	_link.call("cut")


# Whether the goodbye was answered, or has waited long enough.
func is_finished() -> bool:
	return _link.call("is_finished")


# What the seconds since the last poll have brought.
func _judge(now: float) -> void:
	while _luck.has_fate and now >= _second_at:
		match _luck.second():
			"cut":
				cut()
				emit_signal("closed", _LOST, "cut by lag")
				return
			"stall":
				_stalled_until = _second_at + EstragonLag.STALL_MS
		_second_at += _EVERY_MS


func _has_due(queue: Array, now: float) -> bool:
	return not queue.empty() and queue[0][0] <= now and now >= _stalled_until


# Where the engine cannot tell how much waits, what is not acknowledged was counted by `has_room`.
func _takes(bytes: int) -> bool:
	return _link.call("has_room", bytes, 0)


func _write(one: Array) -> void:
	_up_bytes -= one[2]
	_link.call("send", one[1])


func _on_opened() -> void:
	emit_signal("opened")


func _on_received(text: String) -> void:
	_hear("received", text)


func _on_received_bytes(bytes: PoolByteArray) -> void:
	_hear("received_bytes", bytes)


func _hear(what: String, message) -> void:
	if not _luck and _down.empty():
		emit_signal(what, message)
		return
	_last_down = max(_last_down, _world.now() + (_luck.down() if _luck else 0))
	_down.append([_last_down, what, [message]])


# It closes after what was on its way.
func _on_closed(code: int, reason: String) -> void:
	_down.append([_last_down, "closed", [code, reason]])
