# Looks on at the main scene of a project that has no script: somebody else walks there, and is shown
# smooth. Prints TAP.
extends SceneTree

# warning-ignore-all:return_value_discarded

var _count: int = 0
var _failed: int = 0
var _spawned: Array = []


func _init() -> void:
	print("TAP version 14")
	Engine.target_fps = 60
	yield(_play(), "completed")
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


func _play() -> void:
	yield(self, "idle_frame")
	var scene: Node = load(ProjectSettings.get_setting("application/run/main_scene")).instance()
	root.add_child(scene)
	var table: Node = scene.get_node("Ducks")
	var owned: Node = scene.get_node("Me/Mine")
	var seat: Node = scene.get_node("Seat")
	_ok(seat._get_configuration_warning() == "", "the scene is set up")
	_ok(table._get_configuration_warning() == "", "and so is its table")
	table.fields = {"at": "vec2(0, 1000)"}
	_ok(table._get_configuration_warning() != "", "what is no field is said")
	table.fields = {"at": "vec2(0, 1000, 0.1)"}
	table.connect("spawned", self, "_on_spawned")
	for _frame in 1200:
		if owned.row() and not _spawned.empty():
			break
		yield(self, "idle_frame")
	_ok(seat.room() != null, "it has a seat")
	_ok(_spawned.size() == 1, "there is one other")
	if _spawned.size() == 1:
		yield(_watch(_spawned[0]), "completed")
	root.remove_child(scene)
	var rooms = root.get_node("Network").rooms
	for _frame in 1200:
		if rooms.all.empty():
			break
		yield(self, "idle_frame")
	_ok(rooms.all.empty(), "the seat goes with the scene")
	root.add_child(scene)
	for _frame in 1200:
		if owned.row() and _spawned.size() == 2:
			break
		yield(self, "idle_frame")
	_ok(_spawned.size() == 2, "and is taken again with it")
	scene.queue_free()
	yield(self, "idle_frame")


func _on_spawned(node: Node, _row) -> void:
	_spawned.append(node)


# Somebody who walks evenly is somewhere else in each frame, however few of them were told.
func _watch(other: Node2D) -> void:
	yield(create_timer(1.0), "timeout")
	var places := {}
	for _frame in 90:
		yield(self, "idle_frame")
		places[other.position] = true
	_ok(places.size() > 45, "it walks evenly: through %d places in 90 frames" % places.size())


func _ok(is_so: bool, title: String) -> void:
	_count += 1
	if not is_so:
		_failed += 1
	print("%sok %d - %s" % ["" if is_so else "not ", _count, title])
