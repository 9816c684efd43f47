extends SceneTree
## Looks on at the main scene of a project that has no script: somebody else walks there, and is
## shown smooth. Prints TAP.

var _count: int = 0
var _failed: int = 0


func _initialize() -> void:
	print("TAP version 14")
	Engine.max_fps = 60
	await _play()
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


func _play() -> void:
	await process_frame
	var path: String = ProjectSettings.get_setting("application/run/main_scene")
	var packed: PackedScene = load(path)
	var scene: Node = packed.instantiate()
	root.add_child(scene)
	var table: EstragonTable = scene.get_node("Ducks")
	var owned: EstragonOwned = scene.get_node("Me/Mine")
	var seat: EstragonSeat = scene.get_node("Seat")
	_ok(seat._get_configuration_warnings().is_empty(), "the scene is set up")
	_ok(table._get_configuration_warnings().is_empty(), "and so is its table")
	table.fields = {"at": "vec2(0, 1000)"}
	_ok(table._get_configuration_warnings().size() == 1, "what is no field is said")
	table.fields = {"at": "vec2(0, 1000, 0.1)"}
	var spawned: Array[Node] = []
	table.spawned.connect(func(node: Node, _row: EstragonRow) -> void: spawned.append(node))
	await _until(func() -> bool: return owned.row() != null and not spawned.is_empty())
	_ok(seat.room() != null, "it has a seat")
	_ok(spawned.size() == 1, "there is one other")
	if spawned.size() == 1:
		await _watch(spawned[0] as Node2D)
	root.remove_child(scene)
	var network: Node = root.get_node("Network")
	var rooms: EstragonRooms = network.get("rooms")
	await _until(func() -> bool: return rooms.all.is_empty())
	_ok(rooms.all.is_empty(), "the seat goes with the scene")
	root.add_child(scene)
	await _until(func() -> bool: return owned.row() != null and spawned.size() == 2)
	_ok(spawned.size() == 2, "and is taken again with it")
	scene.queue_free()
	await process_frame


## Somebody who walks evenly is somewhere else in each frame, however few of them were told.
func _watch(other: Node2D) -> void:
	await create_timer(1.0).timeout
	var places := {}
	for n: int in 90:
		await process_frame
		places[other.position] = true
	_ok(places.size() > 45, "it walks evenly: through %d places in 90 frames" % places.size())


func _until(is_so: Callable) -> void:
	var end := Time.get_ticks_msec() + 20_000
	while not is_so.call() and Time.get_ticks_msec() < end:
		await process_frame


func _ok(is_so: bool, title: String) -> void:
	_count += 1
	if not is_so:
		_failed += 1
	print("%sok %d - %s" % ["" if is_so else "not ", _count, title])
