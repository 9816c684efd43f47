extends SceneTree
## A figure with a step for its script, over a line of 100 ms that loses 2 %: an [EstragonPredicted]
## plays it. The server's URL is in ESTRAGON_URL, the room's code in ESTRAGON_ROOM; prints TAP.

const Figure := preload("res://test/figure.gd")
const _SPEED := 200.0
## More than this a frame is no walk, in units.
const _MOST := 4.0
## A frame that takes longer says nothing of what is drawn: ticks are left out, in seconds.
const _BUSY := 0.2

var _count: int = 0
var _failed: int = 0
var _figure: Node2D
var _own: EstragonPredicted
var _network: Node
var _room: EstragonRoom
## What was drawn: time in seconds, and where.
var _drawn: Array[Vector3] = []


func _initialize() -> void:
	print("TAP version 14")
	Engine.max_fps = 60
	await _play()
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


func _play() -> void:
	await process_frame
	_network = root.get_node("Network")
	_figure = Figure.new()
	_own = EstragonPredicted.new()
	_own.table = ""
	_own.step = "leap"
	_own.actions = {"dash": "no_such_action"}
	_figure.add_child(_own)
	root.add_child(_figure)
	var others := EstragonTable.new()
	others.table = "players"
	others.scene = _scene()
	others.shows_own = false
	var spawned: Array[Node] = []
	others.spawned.connect(func(node: Node, _row: EstragonRow) -> void: spawned.append(node))
	root.add_child(others)
	var recorder := Recorder.new()
	recorder.drawn = _drawn
	recorder.figure = _figure
	root.add_child(recorder)
	_ok(_own._get_configuration_warnings().size() == 3, "a node that is not set up says so")
	_own.table = "players"
	_own.step = "step"
	_own.actions = {"dash": "ui_accept"}
	_ok(_own._get_configuration_warnings().is_empty(), "and one that is does not")

	var url := OS.get_environment("ESTRAGON_URL")
	var connected: EstragonResult = await _network.call("connect_to_server", url)
	_ok(connected.ok, "connected")
	var rooms: EstragonRooms = _network.get("rooms")
	var joined := await rooms.join(OS.get_environment("ESTRAGON_ROOM"))
	_ok(joined.ok, "joined")
	_room = joined.room
	await _until(func() -> bool: return _own.row() != null)
	_ok(_own.row() != null and _own.row().is_own, "our row is there")
	await _until(func() -> bool: return not spawned.is_empty())
	_ok(spawned.size() == 1, "the other one is shown, and we are not twice")
	await _walks()
	await _loses_its_cable()
	await _stands_while_paused()
	await _loads_for_long()
	await _goes_with_its_scene()
	others.queue_free()
	recorder.queue_free()
	_figure.queue_free()
	_network.call("disconnect_from_server")
	await process_frame


func _walks() -> void:
	Input.action_press("ui_right")
	await _until(func() -> bool: return _figure.position.x > 0.0)
	_ok(_figure.position.x < 15.0, "it moves at once")
	_ok(_place(_own.row()).x == 0.0, "before the server has heard of it")
	_drawn.clear()
	await _frames(270)
	var worst := _worst(Vector2(_SPEED, 0.0))
	_ok(worst <= _MOST, "it is drawn evenly: %.2f units off in a frame" % worst)
	var prediction := _room.state.prediction
	var most := maxi(1, floori(prediction.acknowledged / 100.0))
	_ok(prediction.corrected <= most, "%d of %d otherwise" % [prediction.corrected, prediction.acknowledged])
	_ok(prediction.acknowledged > 60, "%d acknowledgements" % prediction.acknowledged)


## The cable is pulled at the other end when it has gone far enough down.
func _loses_its_cable() -> void:
	var session: EstragonSession = _network.get("session")
	var states: Array[int] = []
	var on_state := func(state: EstragonSession.State, _code: int, _reason: String) -> void:
		states.append(state)
	session.state_changed.connect(on_state)
	Input.action_release("ui_right")
	Input.action_press("ui_down")
	await _until(func() -> bool: return states.size() >= 2)
	session.state_changed.disconnect(on_state)
	_ok(EstragonSession.State.OPEN in states, "it was away and is back: %s" % [states])
	await _frames(30)
	await _rests("after a drop it is where the server has it")


func _stands_while_paused() -> void:
	Input.action_press("ui_down")
	await _frames(30)
	paused = true
	await create_timer(0.5, true).timeout
	var y := _place(_own.row()).y
	await create_timer(0.3, true).timeout
	_ok(_place(_own.row()).y == y, "while the game is paused nothing is done")
	_drawn.clear()
	paused = false
	await _frames(45)
	var far := _farthest()
	_ok(far < 16.0, "and then it goes on from there: %.2f units too far in a frame" % far)
	_ok(_figure.position.y > y + 40.0, "it goes on")
	await _rests("and is where the server has it")


func _loads_for_long() -> void:
	Input.action_press("ui_right")
	await _frames(30)
	_drawn.clear()
	OS.delay_msec(3_000)
	var x := _figure.position.x
	await _frames(60)
	var far := _farthest()
	_ok(far < 30.0, "a scene that loads for three seconds is no leap: %.2f units too far in a frame" % far)
	_ok(_figure.position.x > x + 100.0, "and it walks on")
	await _rests("to where the server has it")


func _goes_with_its_scene() -> void:
	Input.action_press("ui_right")
	await _frames(30)
	root.remove_child(_figure)
	await _frames(30)
	var row := _room.state.table("players").mine()
	var x := _place(row).x
	await _frames(30)
	_ok(_place(row).x == x and row.predicted.is_empty(), "without its scene nothing is done")
	root.add_child(_figure)
	await _frames(60)
	_ok(_figure.position.x > x + 50.0, "and in the next it walks on")
	await _rests("to where the server has it")
	await _room.leave()
	await _frames(3)
	_ok(_own.row() == null, "it goes with the room")


## Lets go of everything: what was predicted is what the server has.
func _rests(title: String) -> void:
	for action: String in ["ui_right", "ui_down"]:
		Input.action_release(action)
	var row := _own.row()
	var still := 0
	var place := _place(row)
	for n: int in 600:
		await process_frame
		still = still + 1 if place == _place(row) else 0
		place = _place(row)
		if still > 15 and _figure.position.distance_to(place) < 0.02:
			break
	_ok(_figure.position.distance_to(place) < 0.02, "%s: %s, %s" % [title, _figure.position, place])


## How far from its even way it was drawn in a frame, at most.
func _worst(velocity: Vector2) -> float:
	var worst := 0.0
	for index: int in range(1, _drawn.size()):
		var step := _drawn[index] - _drawn[index - 1]
		if step.x < _BUSY:
			worst = maxf(worst, (Vector2(step.y, step.z) - velocity * step.x).length())
	return worst


## How much further it was drawn from where it was than its time explains, at most; no time that is
## left out explains anything.
func _farthest() -> float:
	var far := 0.0
	for index: int in range(1, _drawn.size()):
		var step := _drawn[index] - _drawn[index - 1]
		var explained := step.x * _SPEED if step.x < 2.0 * _BUSY else 0.0
		far = maxf(far, Vector2(step.y, step.z).length() - explained)
	return far


func _scene() -> PackedScene:
	var scene := PackedScene.new()
	var node := Node2D.new()
	scene.pack(node)
	node.free()
	return scene


func _place(row: EstragonRow) -> Vector2:
	var x: float = row.get("x")
	var y: float = row.get("y")
	return Vector2(x, y)


func _frames(count: int) -> void:
	for n: int in count:
		await process_frame


func _until(is_so: Callable) -> void:
	var end := Time.get_ticks_msec() + 10_000
	while not is_so.call() and Time.get_ticks_msec() < end:
		await process_frame


func _ok(is_so: bool, title: String) -> void:
	_count += 1
	if not is_so:
		_failed += 1
	print("%sok %d - %s" % ["" if is_so else "not ", _count, title])


## Sees what is drawn in each frame.
class Recorder:
	extends Node

	var drawn: Array[Vector3]
	var figure: Node2D

	func _process(_delta: float) -> void:
		var place := figure.position
		drawn.append(Vector3(Time.get_ticks_usec() / 1e6, place.x, place.y))
