# A scene without a script in a room with a server: an EstragonTable shows others, an EstragonOwned
# writes ourselves. The server's URL is in ESTRAGON_URL; prints TAP.
extends SceneTree

# warning-ignore-all:return_value_discarded

const Owned := preload("res://addons/estragon/owned.gd")
const Table := preload("res://addons/estragon/table.gd")

var _count: int = 0
var _failed: int = 0
var _spawned: Array = []


func _init() -> void:
	print("TAP version 14")
	yield(_play(), "completed")
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


func _play() -> void:
	yield(self, "idle_frame")
	var network = root.get_node("Network")
	var level := Node2D.new()
	var table := Table.new()
	_ok(table._get_configuration_warning() != "", "a table that is not set up says so")
	table.table = "players"
	table.scene = _scene()
	table.shows_own = false
	_ok(table._get_configuration_warning() == "", "and one that is does not")
	level.add_child(table)
	var own := Node2D.new()
	own.position = Vector2(-50, 7)
	var owned := Owned.new()
	_ok(owned._get_configuration_warning() != "", "nor does one that writes")
	owned.table = "players"
	own.add_child(owned)
	level.add_child(own)
	root.add_child(level)
	table.connect("spawned", self, "_on_spawned")

	var url := OS.get_environment("ESTRAGON_URL")
	var connected = yield(network.connect_to_server(url), "completed")
	_ok(connected.ok, "connected")
	var joined = yield(network.rooms.join_or_create("arena"), "completed")
	_ok(joined.ok, "joined")
	for _frame in 600:
		if _spawned.size() == 1 and owned.row():
			break
		yield(self, "idle_frame")
	_ok(_spawned.size() == 1 and _spawned[0].get_parent() == level, "the other one is there")
	_ok(owned.row() and owned.row().is_mine, "and a row of our own")
	var players = joined.room.state.table("players")
	var there = yield(players.when(owned.row().slot), "completed")
	_ok(there == owned.row(), "which may be awaited where it is there already")
	yield(_watch(_spawned[0], own), "completed")
	yield(_load(_spawned[0]), "completed")
	own.position = Vector2(123, 45)
	for _frame in 600:
		if _spawned[0].position.y > 400.0:
			break
		yield(self, "idle_frame")
	_ok(_spawned[0].position.y > 400.0 and not owned.row().is_gone, "what we write is ours")
	paused = true
	yield(create_timer(0.3, true), "timeout")
	paused = false
	yield(self, "idle_frame")
	_ok(is_instance_valid(_spawned[0]), "a pause harms nothing")
	root.remove_child(level)
	yield(self, "idle_frame")
	yield(self, "idle_frame")
	_ok(not is_instance_valid(_spawned[0]), "what was spawned goes with its scene")
	root.add_child(level)
	for _frame in 600:
		if _spawned.size() == 2:
			break
		yield(self, "idle_frame")
	_ok(_spawned.size() == 2, "and is there again in the next")
	var next = yield(network.rooms.create("arena"), "completed")
	yield(joined.room.leave(), "completed")
	yield(self, "idle_frame")
	yield(self, "idle_frame")
	_ok(not is_instance_valid(_spawned[1]), "and goes with the room")
	players = next.room.state.table("players")
	for _frame in 600:
		if players.size() == 1 and owned.row() == players.mine():
			break
		yield(self, "idle_frame")
	_ok(players.size() == 1 and owned.row() == players.mine(), "the nodes go on in the next one")
	level.queue_free()
	network.disconnect_from_server()
	yield(self, "idle_frame")


func _on_spawned(node: Node, _row) -> void:
	_spawned.append(node)


# Watches somebody walk ten units every twentieth of a second: it is shown between its ticks, too.
func _watch(other: Node2D, own: Node2D) -> void:
	yield(create_timer(1.0), "timeout")
	var places := {}
	for _frame in 90:
		own.position.x += 1.0
		yield(self, "idle_frame")
		if fposmod(other.position.x, 10.0) > 0.1:
			places[other.position.x] = true
	_ok(places.size() > 45, "it walks evenly: in %d places between its ticks" % places.size())


# While a scene loads for three seconds, nothing moves. Then there is a leap to what the server had
# sent until nobody answered, and one to the newest; no storm of them.
func _load(other: Node2D) -> void:
	OS.delay_msec(3000)
	var leaps := 0
	var ends := [OS.get_ticks_usec(), OS.get_ticks_usec()]
	var from := other.position.x
	for _frame in 60:
		yield(self, "idle_frame")
		# It was moved in the frame before.
		ends.append(OS.get_ticks_usec())
		var took := max(ends[-1] - ends[-2], ends[-2] - ends[-3])
		var step := other.position.x - from
		# It may walk two steps in one tick, and turn back where it was thought to go on.
		if abs(step) > took / 5000.0 * 2.0 + 10.0:
			leaps += 1
		from = other.position.x
	_ok(leaps <= 2, "after a scene was loaded it leaps to the present: %d times" % leaps)


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
