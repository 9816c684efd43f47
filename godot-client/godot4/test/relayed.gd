extends SceneTree
## Godot's own multiplayer through rooms: several games in one engine, each a branch of the tree with
## a SceneMultiplayer and a Network of its own; prints TAP. The server is at ESTRAGON_URL.

const Network := preload("res://addons/estragon/network.gd")
const Arena := preload("res://test/arena.gd")
const _PATIENCE_MS := 20_000.0

var _world: EstragonWorld = EstragonWorld.new()
var _url: String = OS.get_environment("ESTRAGON_URL")
var _count: int = 0
var _failed: int = 0
var _problems: PackedStringArray = PackedStringArray()
var _games: Array[Arena] = []


func _initialize() -> void:
	print("TAP version 14")
	_run.call_deferred()


func _run() -> void:
	await process_frame
	await _tell("every call arrives exactly where it belongs", _calls)
	await _tell("what is spawned and synchronised is there for all, and for who comes late", _spawns)
	await _tell("a drop is no disconnect, and loses no call", _drops)
	await _tell("peers are disconnected, refused and closed as with ENet", _closes)
	await _tell("another host goes on with what was handed over", _migrates)
	await _tell("a peer may be assigned before there is a room", _precedes)
	await _tell("a peer whose room is not there has failed to connect", _misses)
	await _tell("who makes a room is its server at once", _makes)
	await _tell("a migration that lacks something says so", _warns)
	await _tell("a client without the add-on plays along", _plain)
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


func _calls() -> void:
	var games := await _gather(["ada", "ben", "cleo"])
	var ben := games[1].id()
	for game: Arena in games:
		game.say.rpc("all of %s" % game.title)
	games[0].order.rpc("from the host")
	games[1].order.rpc("from who may not")
	games[2].say.rpc_id(ben, "to ben")
	games[0].say.rpc_id(-ben, "all but ben")
	games[0].say.rpc_id(1, "to itself")
	await _until(func() -> bool: return games[2].heard.size() >= 5, "all was said")
	await _frames(5)
	var cleo := games[2].id()
	var alls := [[1, "all of ada"], [ben, "all of ben"], [cleo, "all of cleo"]]
	var ordered := [1, "ordered from the host"]
	_same(games[0].heard, alls + [[1, "all but ben"], [1, "to itself"]], "ada heard")
	_same(games[1].heard, alls + [ordered, [cleo, "to ben"]], "ben heard")
	_same(games[2].heard, alls + [ordered, [1, "all but ben"]], "cleo heard")
	_equal(games.map(func(game: Arena) -> bool: return game.multiplayer.is_server()), [true, false, false], "server")
	_same(Array(games[1].multiplayer.get_peers()), [1, cleo], "ben's peers")


func _spawns() -> void:
	var games := await _gather(["ada", "ben"])
	games[0].spawn("one", 3)
	games[0].spawn("large", 3, "x".repeat(3_000))
	var late := await _join("cleo", games[0].code())
	await _until(func() -> bool: return late.spawned().size() == 2, "the latecomer has them")
	games[0].node("one").position = Vector2(5, 6)
	for game: Arena in [games[1], late]:
		await _until(
			func() -> bool: return game.node("one").position == Vector2(5, 6), "synchronised"
		)
		_equal(str(game.node("large").get_meta("text", "")).length(), 3_000, "large")
	games[0].node("one").queue_free()
	for game: Arena in [games[1], late]:
		await _until(func() -> bool: return game.spawned() == ["large"], "despawned")


func _drops() -> void:
	var games := await _gather(["ada", "ben"])
	var gone: Array = []
	for game: Arena in games:
		game.multiplayer.peer_disconnected.connect(func(id: int) -> void: gone.append(id))
		game.multiplayer.server_disconnected.connect(func() -> void: gone.append("server"))
	var ben := games[1].id()
	games[1].network.session.cut()
	for number: int in 20:
		games[0].say.rpc_id(ben, "%d" % number)
		games[1].say.rpc_id(1, "%d" % number)
		await process_frame
	for game: Arena in games:
		await _until(func() -> bool: return game.heard.size() >= 20, "%s heard" % game.title)
	await _frames(5)
	var numbers := range(20).map(func(number: int) -> String: return "%d" % number)
	for game: Arena in games:
		_equal(game.heard.map(func(one: Array) -> String: return one[1]), numbers, "in order")
	_equal(gone, [], "disconnected")


func _closes() -> void:
	var games := await _gather(["ada", "ben", "cleo"])
	var gone: Array = []
	games[0].multiplayer.peer_disconnected.connect(func(id: int) -> void: gone.append(id))
	games[1].multiplayer.server_disconnected.connect(func() -> void: gone.append("ben"))
	var ben := games[1].id()
	var cleo := games[2].id()
	games[0].multiplayer.multiplayer_peer.disconnect_peer(ben)
	await _until(func() -> bool: return gone.size() == 2, "ben is gone: %s" % [gone])
	_same(gone, [ben, "ben"], "gone")
	_same(Array(games[2].multiplayer.get_peers()), [1], "cleo's peers")
	games[0].multiplayer.multiplayer_peer.refuse_new_connections = true
	await _frames(10)
	var failed: Array = []
	games[1].multiplayer.connection_failed.connect(func() -> void: failed.append(true))
	games[1].assign()
	await _until(func() -> bool: return failed.size() == 1, "refused")
	games[0].multiplayer.multiplayer_peer.refuse_new_connections = false
	await _frames(10)
	games[1].assign()
	await _until(games[1].is_connected_to_all.bind(2), "taken again")
	games[2].multiplayer.multiplayer_peer = null
	await _until(func() -> bool: return gone.has(cleo), "cleo has let go")
	games[0].multiplayer.multiplayer_peer.close()
	await _until(func() -> bool: return gone.count("ben") == 2, "the host has closed")


func _migrates() -> void:
	var games := await _gather(["ada", "ben", "cleo"])
	games[0].spawn("coin", 1)
	for game: Arena in games:
		game.migrates = true
		await _until(func() -> bool: return game.spawned() == ["coin"], "spawned")
	await games[0].network.rooms.hand_over({"coins": ["coin"], "of": games[0].id()})
	var ben := games[1].id()
	var cleo := games[2].id()
	games[0].network.disconnect_from_server()
	await _until(func() -> bool: return games[2].migrations.size() == 1, "cleo is told")
	await _until(games[2].is_connected_to_all.bind(1), "cleo goes on")
	for game: Arena in [games[1], games[2]]:
		await _until(func() -> bool: return game.spawned() == ["coin"], "restored at %s" % game.title)
		_equal(game.migrations.size(), 1, "migrations of %s" % game.title)
	_equal(games[1].migrations[0], [{"coins": ["coin"], "of": 1}, {ben: 1}], "ben was told")
	_equal(games[2].migrations[0], [null, {ben: 1}], "cleo was told")
	_equal([games[1].id(), games[2].id()], [1, cleo], "numbers")
	games[2].say.rpc_id(1, "on and on")
	await _until(func() -> bool: return [cleo, "on and on"] in games[1].heard, "they play on")


func _precedes() -> void:
	var ada := await _open("ada")
	ada.assign()
	await _frames(3)
	_equal(ada.multiplayer.multiplayer_peer.get_connection_status(), 1, "connecting")
	_check(ada.id() != 0, "a number")
	paused = true
	await ada.network.rooms.create("open")
	await _until(func() -> bool: return ada.id() == 1, "host")
	var ben := await _join("ben", ada.code())
	ben.say.rpc_id(1, "while paused")
	await _until(func() -> bool: return ada.heard.size() == 1, "heard while paused")
	paused = false


func _misses() -> void:
	var ada := await _open("ada")
	var failed: Array = []
	ada.multiplayer.connection_failed.connect(func() -> void: failed.append("ada"))
	ada.assign()
	_check(not (await ada.network.rooms.join("AAAAAA")).ok, "no such room")
	await _until(func() -> bool: return failed == ["ada"], "failed")
	ada.assign()
	await ada.network.rooms.create("open")
	await _until(func() -> bool: return ada.id() == 1, "another one")
	ada.network.disconnect_from_server()
	ada.assign()
	_check(not (await ada.network.rooms.create("open")).ok, "not connected")
	await _until(func() -> bool: return failed == ["ada", "ada"], "failed again")


func _makes() -> void:
	var ada := await _open("ada")
	await ada.network.rooms.create("open")
	ada.assign()
	_equal([ada.multiplayer.is_server(), ada.id()], [true, 1], "at once")
	_equal(ada.multiplayer.multiplayer_peer.get_connection_status(), 2, "connected")
	ada.spawn("one", 1)
	ada.say.rpc("to nobody else")
	var ben := await _join("ben", ada.code())
	await _until(func() -> bool: return ben.spawned() == ["one"], "spawned")
	ben.say.rpc_id(1, "hello")
	await _until(func() -> bool: return ada.heard.size() == 2, "ada heard")
	_equal(ada.heard, [[1, "to nobody else"], [ben.id(), "hello"]], "ada heard")


func _warns() -> void:
	var migration := EstragonMigration.new()
	var warnings := migration._get_configuration_warnings()
	_equal(warnings.size(), 2, "without anything: %s" % [warnings])
	migration.network = (await _open("ada")).network
	migration.target = migration
	warnings = migration._get_configuration_warnings()
	_equal(warnings.size(), 2, "without methods: %s" % [warnings])
	_check(warnings[0].ends_with("has no method state()."), warnings[0])
	migration.state = &"get_name"
	migration.restore = &"get_child"
	_equal(migration._get_configuration_warnings().size(), 0, "configured")
	migration.free()
	await _frames(1)


func _plain() -> void:
	var games := await _gather(["ada", "ben"])
	var plain := _stage("plain")
	var peer := WebSocketMultiplayerPeer.new()
	_equal(peer.create_client("%s/godot/%s" % [_url, games[0].code()]), OK, "connects")
	plain.multiplayer.multiplayer_peer = peer
	for one: Arena in [plain] + games:
		await _until(one.is_connected_to_all.bind(2), "%s is connected" % one.name)
	var id := plain.id()
	plain.say.rpc("from plain")
	plain.say.rpc_id(games[1].id(), "to ben")
	games[1].say.rpc_id(id, "from ben")
	games[0].say.rpc_id(id, "from ada")
	games[0].spawn("seen", 1)
	await _until(func() -> bool: return plain.heard.size() == 3, "plain heard")
	await _until(func() -> bool: return games[1].heard.size() == 2, "ben heard")
	await _until(func() -> bool: return plain.spawned() == ["seen"], "plain sees")
	_same(plain.heard, [[id, "from plain"], [games[1].id(), "from ben"], [1, "from ada"]], "plain")
	_same(games[1].heard, [[id, "from plain"], [id, "to ben"]], "ben")
	peer.close()
	await _until(func() -> bool: return games[0].multiplayer.get_peers().size() == 1, "plain left")


## Games in one room of which the first is the host.
func _gather(names: Array) -> Array[Arena]:
	var host := await _open(str(names[0]))
	await host.network.rooms.create("open")
	host.assign()
	await _until(func() -> bool: return host.id() == 1, "host")
	var games: Array[Arena] = [host]
	for name: String in names.slice(1):
		games.append(await _join(name, host.code()))
	for game: Arena in games:
		await _until(game.is_connected_to_all.bind(names.size() - 1), "%s is connected" % game.title)
	return games


func _join(name: String, code: String) -> Arena:
	var game := await _open(name)
	var joined := await game.network.rooms.join(code, name)
	_check(joined.ok, "joined: %s" % joined)
	game.assign()
	await _until(game.is_connected_to_all.bind(1), "%s is connected" % name)
	return game


func _open(name: String) -> Arena:
	var game := _stage(name)
	game.network = Network.new()
	game.add_child(game.network)
	game.listen()
	var opened := await game.network.connect_to_server(_url)
	_check(opened.ok, "connected: %s" % opened)
	return game


## A branch of the tree with a multiplayer of its own.
func _stage(name: String) -> Arena:
	var branch := Node.new()
	branch.name = "branch%d" % _games.size()
	root.add_child(branch)
	set_multiplayer(SceneMultiplayer.new(), branch.get_path())
	var game := Arena.new()
	game.title = name
	game.name = "arena"
	branch.add_child(game)
	_games.append(game)
	return game


func _tell(title: String, story: Callable) -> void:
	_problems.clear()
	await story.call()
	for game: Arena in _games:
		if game.network:
			game.network.disconnect_from_server()
		game.get_parent().free()
	_games.clear()
	await _frames(2)
	_count += 1
	if not _problems.is_empty():
		_failed += 1
	print("%sok %d - %s" % ["" if _problems.is_empty() else "not ", _count, title])
	for problem: String in _problems:
		print("# ", problem)


func _until(fits: Callable, what: String) -> void:
	var end := _world.now() + _PATIENCE_MS
	while not fits.call():
		if _world.now() > end or not _problems.is_empty():
			_problems.append("in vain: %s" % what)
			return
		await process_frame


func _frames(count: int) -> void:
	for _frame: int in count:
		await process_frame


func _check(fits: bool, what: String) -> void:
	if not fits:
		_problems.append(what)


func _equal(got: Variant, expected: Variant, what: String) -> void:
	var fits: bool = got == expected
	_check(fits, "%s: %s, expected %s" % [what, got, expected])


## The same in any order.
func _same(got: Array, expected: Array, what: String) -> void:
	var left := expected.duplicate()
	for one: Variant in got:
		left.erase(one)
	_check(left.is_empty() and got.size() == expected.size(), "%s: %s, expected %s" % [what, got, expected])
