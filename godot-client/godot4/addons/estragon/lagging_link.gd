class_name EstragonLaggingLink
extends EstragonLink
## A connection over a network made worse, see [EstragonLag].

var _inner: EstragonLink
## What befalls it; [code]null[/code] once the network is good again.
var _luck: EstragonLuck
var _judge_at: float = INF
var _stalled_until: float = -INF
## What is on its way to the server: when it arrives, the frame, its size.
var _up: Array[Array] = []
var _up_bytes: int = 0
## What is on its way from there: when it arrives, and what to call then.
var _down: Array[Array] = []


## Takes the place of [param inner], whose listeners hear this one from now on.
func _init(inner: EstragonLink, world: EstragonWorld) -> void:
	_inner = inner
	_world = world
	for name: StringName in [&"opened", &"received", &"received_bytes", &"closed"]:
		for one: Dictionary in inner.get_signal_connection_list(name):
			var listener: Callable = one["callable"]
			inner.disconnect(name, listener)
			connect(name, listener)
	inner.opened.connect(_on_opened)
	inner.received.connect(_on_received)
	inner.received_bytes.connect(_on_received_bytes)
	inner.closed.connect(_on_closed)


## From now on it is the [param connection]th that [param lag] befalls; with [code]null[/code] what is
## on its way arrives at once, and what follows is not late any more.
func suffer(lag: EstragonLag, connection: int = 0) -> void:
	_luck = EstragonLuck.new(lag, connection) if lag else null
	_stalled_until = -INF
	_judge_at = INF
	if lag and (lag.cut > 0.0 or lag.stall > 0.0):
		_judge_at = _world.now() + EstragonLag.EVERY_MS
	if lag:
		return
	for waiting: Array in _up + _down:
		waiting[0] = -INF


func poll() -> void:
	var now := _world.now()
	while now >= _judge_at and not _is_over:
		_judge()
	if _is_over:
		return
	_write(now)
	_inner.poll()
	_read(now)


func has_room(bytes: int) -> bool:
	return _inner.has_room(bytes + _up_bytes + _up.size() * _FRAME_OVERHEAD)


func send(frame: Variant) -> Error:
	if not _luck and _up.is_empty():
		return _inner.send(frame)
	var bytes := _size(frame)
	_up_bytes += bytes
	_up.append([_due(_up, _luck.up() if _luck else 0), frame, bytes])
	return OK


## What was sent before goes out first.
func close(code: int, reason: String) -> void:
	_is_over = true
	suffer(null)
	_write(_world.now())
	_inner.close(code, reason)


func cut() -> void:
	_is_over = true
	_inner.cut()


## What the next second brings.
func _judge() -> void:
	match _luck.second():
		"cut":
			_inner.cut()
			_finish(LOST, "cut by lag")
		"stall":
			_stalled_until = _judge_at + EstragonLag.STALL_MS
	_judge_at += EstragonLag.EVERY_MS


func _write(now: float) -> void:
	while _up and now >= _stalled_until and now >= _up[0][0]:
		var waiting: Array = _up.pop_front()
		_up_bytes -= waiting[2]
		_inner.send(waiting[1])


func _read(now: float) -> void:
	while not _is_over and _down and now >= _stalled_until and now >= _down[0][0]:
		var waiting: Array = _down.pop_front()
		var arrive: Callable = waiting[1]
		arrive.call()


func _on_opened() -> void:
	_delay(opened.emit)


func _on_received(text: String) -> void:
	_delay(received.emit.bind(text))


func _on_received_bytes(bytes: PackedByteArray) -> void:
	_delay(received_bytes.emit.bind(bytes))


func _on_closed(code: int, reason: String) -> void:
	_delay(_finish.bind(code, reason))


func _delay(arrive: Callable) -> void:
	_down.append([_due(_down, _luck.down() if _luck else 0), arrive])


## When what takes [param wait] arrives: after what went before it.
func _due(line: Array[Array], wait: int) -> float:
	var last: float = line[-1][0] if line else -INF
	return maxf(_world.now() + wait, last)


func _size(frame: Variant) -> int:
	if typeof(frame) == TYPE_PACKED_BYTE_ARRAY:
		var bytes: PackedByteArray = frame
		return bytes.size()
	return str(frame).to_utf8_buffer().size()
