# A figure with a step for its script, over a line of 100 ms that loses 2 %: an EstragonPredicted plays
# it. The server's URL is in ESTRAGON_URL, the room's code in ESTRAGON_ROOM; prints TAP.
extends SceneTree

# warning-ignore-all:return_value_discarded

const Figure := preload("res://test/figure.gd")
const Predicted := preload("res://addons/estragon/predicted.gd")
const Table := preload("res://addons/estragon/table.gd")
const Session := preload("res://addons/estragon/session.gd")
const _SPEED := 200.0
# More than this a frame is no walk, in units.
const _MOST := 4.0
# A frame that takes longer says nothing of what is drawn: ticks are left out, in seconds.
const _BUSY := 0.2

var _count: int = 0
var _failed: int = 0
var _figure: Node2D
var _own: Predicted
var _network: Node
var _room
# What was drawn: time in seconds, and where.
var _drawn: Array = []
var _states: Array = []
var _spawned: Array = []


func _init() -> void:
	print("TAP version 14")
	Engine.target_fps = 60
	yield(_play(), "completed")
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


func _play() -> void:
	yield(self, "idle_frame")
	_network = root.get_node("Network")
	_figure = Figure.new()
	_own = Predicted.new()
	_own.table = ""
	_figure.add_child(_own)
	root.add_child(_figure)
	var others := Table.new()
	others.table = "players"
	others.scene = _scene()
	others.shows_own = false
	others.connect("spawned", self, "_on_spawned")
	root.add_child(others)
	var recorder := Recorder.new()
	recorder.drawn = _drawn
	recorder.figure = _figure
	root.add_child(recorder)
	_ok(_own._get_configuration_warning().find("table") >= 0, "a node that is not set up says so")
	_own.table = "players"
	_own.step = "leap"
	_ok(_own._get_configuration_warning().find("method") >= 0, "nor is one without a step")
	_own.step = "step"
	_own.actions = {"dash": "no_such_action"}
	_ok(_own._get_configuration_warning().find("input map") >= 0, "nor one with unknown actions")
	_own.actions = {"dash": "ui_accept"}
	_ok(_own._get_configuration_warning() == "", "and one that is does not")

	var url := OS.get_environment("ESTRAGON_URL")
	var connected = yield(_network.connect_to_server(url), "completed")
	_ok(connected.ok, "connected")
	var code := OS.get_environment("ESTRAGON_ROOM")
	var joined = yield(_network.rooms.join(code), "completed")
	_ok(joined.ok, "joined")
	_room = joined.room
	for _frame in 600:
		if _own.row():
			break
		yield(self, "idle_frame")
	_ok(_own.row() != null and _own.row().is_own, "our row is there")
	for _frame in 60:
		yield(self, "idle_frame")
	_ok(_spawned.size() == 1, "the other one is shown, and we are not twice")
	yield(_walks(), "completed")
	yield(_loses_its_cable(), "completed")
	yield(_stands_while_paused(), "completed")
	yield(_loads_for_long(), "completed")
	yield(_goes_with_its_scene(), "completed")
	others.queue_free()
	recorder.queue_free()
	_figure.queue_free()
	_network.disconnect_from_server()
	yield(self, "idle_frame")


func _walks() -> void:
	Input.action_press("ui_right")
	for _frame in 60:
		if _figure.position.x > 0.0:
			break
		yield(self, "idle_frame")
	var x := _figure.position.x
	_ok(x > 0.0 and x < 15.0, "it moves at once")
	_ok(_place(_own.row()).x == 0.0, "before the server has heard of it")
	_drawn.clear()
	yield(_frames(270), "completed")
	var worst := _worst(Vector2(_SPEED, 0.0))
	_ok(worst <= _MOST, "it is drawn evenly: %.2f units off in a frame" % worst)
	var prediction = _room.state.prediction
	var most: float = max(1.0, floor(prediction.acknowledged / 100.0))
	_ok(prediction.corrected <= most, "%d of %d otherwise" % [prediction.corrected, prediction.acknowledged])
	_ok(prediction.acknowledged > 60, "%d acknowledgements" % prediction.acknowledged)


# The cable is pulled at the other end when it has gone far enough down.
func _loses_its_cable() -> void:
	_network.session.connect("state_changed", self, "_on_state")
	Input.action_release("ui_right")
	Input.action_press("ui_down")
	for _frame in 600:
		if _states.size() >= 2:
			break
		yield(self, "idle_frame")
	_network.session.disconnect("state_changed", self, "_on_state")
	_ok(Session.State.OPEN in _states, "it was away and is back: %s" % [_states])
	yield(_frames(30), "completed")
	yield(_rests("after a drop it is where the server has it"), "completed")


func _on_state(state: int, _code: int, _reason: String) -> void:
	_states.append(state)


func _stands_while_paused() -> void:
	Input.action_press("ui_down")
	yield(_frames(30), "completed")
	paused = true
	yield(create_timer(0.5, true), "timeout")
	var y := _place(_own.row()).y
	yield(create_timer(0.3, true), "timeout")
	_ok(_place(_own.row()).y == y, "while the game is paused nothing is done")
	_drawn.clear()
	paused = false
	yield(_frames(45), "completed")
	var far := _farthest()
	_ok(far < 16.0, "and then it goes on from there: %.2f units too far in a frame" % far)
	_ok(_figure.position.y > y + 40.0, "it goes on")
	yield(_rests("and is where the server has it"), "completed")


func _loads_for_long() -> void:
	Input.action_press("ui_right")
	yield(_frames(30), "completed")
	_drawn.clear()
	OS.delay_msec(3000)
	var x := _figure.position.x
	yield(_frames(60), "completed")
	var far := _farthest()
	_ok(far < 30.0, "a scene that loads for three seconds is no leap: %.2f units too far in a frame" % far)
	_ok(_figure.position.x > x + 100.0, "and it walks on")
	yield(_rests("to where the server has it"), "completed")


func _goes_with_its_scene() -> void:
	Input.action_press("ui_right")
	yield(_frames(30), "completed")
	root.remove_child(_figure)
	yield(_frames(30), "completed")
	var row = _room.state.table("players").mine()
	var x := _place(row).x
	yield(_frames(30), "completed")
	_ok(_place(row).x == x and row.predicted.empty(), "without its scene nothing is done")
	root.add_child(_figure)
	yield(_frames(60), "completed")
	_ok(_figure.position.x > x + 50.0, "and in the next it walks on")
	yield(_rests("to where the server has it"), "completed")
	yield(_room.leave(), "completed")
	yield(_frames(3), "completed")
	_ok(_own.row() == null, "it goes with the room")


# Lets go of everything: what was predicted is what the server has.
func _rests(title: String) -> void:
	Input.action_release("ui_right")
	Input.action_release("ui_down")
	var row = _own.row()
	var still := 0
	var place := _place(row)
	for _frame in 600:
		yield(self, "idle_frame")
		still = still + 1 if place == _place(row) else 0
		place = _place(row)
		if still > 15 and _figure.position.distance_to(place) < 0.02:
			break
	_ok(_figure.position.distance_to(place) < 0.02, "%s: %s, %s" % [title, _figure.position, place])


# How far from its even way it was drawn in a frame, at most.
func _worst(velocity: Vector2) -> float:
	var worst := 0.0
	for index in range(1, _drawn.size()):
		var step: Vector3 = _drawn[index] - _drawn[index - 1]
		if step.x < _BUSY:
			worst = max(worst, (Vector2(step.y, step.z) - velocity * step.x).length())
	return worst


# How much further it was drawn from where it was than its time explains, at most; no time that is left
# out explains anything.
func _farthest() -> float:
	var far := 0.0
	for index in range(1, _drawn.size()):
		var step: Vector3 = _drawn[index] - _drawn[index - 1]
		var explained := step.x * _SPEED if step.x < 2.0 * _BUSY else 0.0
		far = max(far, Vector2(step.y, step.z).length() - explained)
	return far


func _on_spawned(node: Node, _row) -> void:
	_spawned.append(node)


func _scene() -> PackedScene:
	var scene := PackedScene.new()
	var node := Node2D.new()
	scene.pack(node)
	node.free()
	return scene


func _place(row) -> Vector2:
	return Vector2(row.x, row.y)


func _frames(count: int) -> void:
	for _frame in count:
		yield(self, "idle_frame")


func _ok(is_so: bool, title: String) -> void:
	_count += 1
	if not is_so:
		_failed += 1
	print("%sok %d - %s" % ["" if is_so else "not ", _count, title])


# Sees what is drawn in each frame.
class Recorder:
	extends Node

	var drawn: Array
	var figure: Node2D

	func _process(_delta: float) -> void:
		var place := figure.position
		drawn.append(Vector3(OS.get_ticks_usec() / 1e6, place.x, place.y))
