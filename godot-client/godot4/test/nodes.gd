extends SceneTree
## A scene without a script in a room with a server: an [EstragonTable] shows others, an
## [EstragonOwned] writes ourselves. The server's URL is in ESTRAGON_URL; prints TAP.

var _count: int = 0
var _failed: int = 0


func _initialize() -> void:
	print("TAP version 14")
	await _play()
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


func _play() -> void:
	await process_frame
	var network: Node = root.get_node("Network")
	var level := Node2D.new()
	var table := EstragonTable.new()
	_ok(table._get_configuration_warnings().size() == 2, "a table that is not set up says so")
	table.table = "players"
	table.scene = _scene()
	table.shows_own = false
	_ok(table._get_configuration_warnings().is_empty(), "and one that is does not")
	level.add_child(table)
	var own := Node2D.new()
	own.position = Vector2(-50, 7)
	var owned := EstragonOwned.new()
	_ok(owned._get_configuration_warnings().size() == 1, "nor does one that writes")
	owned.table = "players"
	own.add_child(owned)
	level.add_child(own)
	root.add_child(level)
	var spawned: Array[Node] = []
	table.spawned.connect(func(node: Node, _row: EstragonRow) -> void: spawned.append(node))

	var url := OS.get_environment("ESTRAGON_URL")
	var connected: EstragonResult = await network.call("connect_to_server", url)
	_ok(connected.ok, "connected")
	var rooms: EstragonRooms = network.get("rooms")
	var joined := await rooms.join_or_create("arena")
	_ok(joined.ok, "joined")
	await _until(func() -> bool: return spawned.size() == 1 and owned.row() != null)
	_ok(spawned.size() == 1 and spawned[0].get_parent() == level, "the other one is there")
	_ok(owned.row() and owned.row().is_mine, "and a row of our own")
	var there := await joined.room.state.table("players").when(owned.row().slot)
	_ok(there == owned.row(), "which may be awaited where it is there already")
	await _watch(spawned[0] as Node2D, own)
	await _load(spawned[0] as Node2D)
	own.position = Vector2(123, 45)
	await _until(func() -> bool: return (spawned[0] as Node2D).position.y > 400.0)
	_ok(not owned.row().is_gone, "what we write is ours")
	paused = true
	await create_timer(0.3, true).timeout
	paused = false
	await process_frame
	_ok(is_instance_valid(spawned[0]), "a pause harms nothing")
	root.remove_child(level)
	await process_frame
	await process_frame
	_ok(not is_instance_valid(spawned[0]), "what was spawned goes with its scene")
	root.add_child(level)
	await _until(func() -> bool: return spawned.size() == 2)
	_ok(spawned.size() == 2, "and is there again in the next")
	var next := await rooms.create("arena")
	await joined.room.leave()
	await process_frame
	await process_frame
	_ok(not is_instance_valid(spawned[1]), "and goes with the room")
	var players := next.room.state.table("players")
	await _until(func() -> bool: return players.size() == 1 and owned.row() == players.mine())
	_ok(players.size() == 1 and owned.row() == players.mine(), "the nodes go on in the next one")
	level.queue_free()
	network.call("disconnect_from_server")
	await process_frame


## Watches somebody walk ten units every twentieth of a second: it is shown between its ticks, too.
func _watch(other: Node2D, own: Node2D) -> void:
	await create_timer(1.0).timeout
	var places := {}
	for n: int in 90:
		own.position.x += 1.0
		await process_frame
		if fposmod(other.position.x, 10.0) > 0.1:
			places[other.position.x] = true
	_ok(places.size() > 45, "it walks evenly: in %d places between its ticks" % places.size())


## While a scene loads for three seconds, nothing moves. Then there is a leap to what the server had
## sent until nobody answered, and one to the newest; no storm of them.
func _load(other: Node2D) -> void:
	OS.delay_msec(3_000)
	var leaps := 0
	var ends: Array[int] = [Time.get_ticks_usec(), Time.get_ticks_usec()]
	var from := other.position.x
	for n: int in 60:
		await process_frame
		# It was moved in the frame before.
		ends.append(Time.get_ticks_usec())
		var took := maxi(ends[-1] - ends[-2], ends[-2] - ends[-3])
		var step := other.position.x - from
		# It may walk two steps in one tick, and turn back where it was thought to go on.
		if absf(step) > took / 5_000.0 * 2.0 + 10.0:
			leaps += 1
		from = other.position.x
	_ok(leaps <= 2, "after a scene was loaded it leaps to the present: %d times" % leaps)


func _until(is_so: Callable) -> void:
	var end := Time.get_ticks_msec() + 10_000
	while not is_so.call() and Time.get_ticks_msec() < end:
		await process_frame


func _scene() -> PackedScene:
	var scene := PackedScene.new()
	var node := Node2D.new()
	scene.pack(node)
	node.free()
	return scene


func _ok(is_so: bool, title: String) -> void:
	_count += 1
	if not is_so:
		_failed += 1
	print("%sok %d - %s" % ["" if is_so else "not ", _count, title])
