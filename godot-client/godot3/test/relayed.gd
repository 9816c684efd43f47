# Godot's own multiplayer through rooms: several games in one engine, each a branch of the tree with a
# MultiplayerAPI and a Network of its own, the first with the tree's; prints TAP. Godot before 3.6 says
# why it has none.
extends "res://test/telling.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const Arena := preload("res://test/arena.gd")
const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const _FIRST := 0x030600

var _games: Array = []


func _run() -> void:
	if Engine.get_version_info()["hex"] < _FIRST:
		_tell_all([["Godot before 3.6 says why it can be no peer", "_lacks"]])
		return
	_tell_all([
		["every call arrives exactly where it belongs", "_calls"],
		["who comes while others call understands what it hears", "_comes_late"],
		["a drop is no disconnect, and loses no call", "_drops"],
		["who is away for too long is gone, and hears that it is", "_expires"],
		["peers are disconnected, refused and closed as with ENet", "_closes"],
		["another host goes on with what was handed over", "_migrates"],
		["a host who was away for too long comes back as another peer", "_is_deposed"],
		["where the host dies the others play on", "_survives"],
		["a game with a migration node goes on by itself", "_follows"],
		["a game may be loaded anew under another host", "_reloads"],
		["in a star the others see the host alone", "_star"],
		["a peer may be assigned before there is a room, and the tree be paused", "_precedes"],
		["a client without the add-on plays along, in a mesh and in a star", "_plain"],
	])


func _lacks() -> void:
	var network := _make()
	var errors := Heard.new()
	network.connect("error_received", errors, "on_error")
	var peer = network.rooms.multiplayer_peer()
	yield(_until(errors, "has_count", [1], "told"), "completed")
	_check(peer == null, "no peer")
	_equal(errors.items, [[EstragonProtocol.UNSUPPORTED, "relay.open"]], "told")


func _calls() -> void:
	var games = yield(_gather(["ada", "ben", "cleo"]), "completed")
	var ids := _ids(games)
	_equal(ids[0], 1, "the host")
	for game in games:
		game.rpc("say", "all of " + game.title)
		yield(self, "idle_frame")
	for _twice in 2:
		games[0].rpc("order", "by the host")
		games[2].rpc_id(1, "ask", "by cleo")
		games[0].rpc_unreliable("tell", "unreliable")
		games[2].rpc_id(ids[1], "tell", "to ben")
		games[0].rpc_id(-ids[1], "tell", "all but ben")
		games[2].rpc_unreliable_id(1, "tell", "to ada")
		for _frame in 5:
			yield(self, "idle_frame")
	games[1].rpc_id(1, "order", "who may not")
	games[0].rset("mood", "glad")
	games[1].rset("mood", "who may not")
	games[2].rset_unreliable("score", 7)
	for game in games:
		yield(_until(game, "has_score", [7], game.title + " has the score"), "completed")
	var alls := [[1, "all of ada"], [ids[1], "all of ben"], [ids[2], "all of cleo"]]
	var from_ada := [[1, "ordered by the host"], [1, "unreliable"]]
	var to_ada := [[ids[2], "asked by cleo"], [ids[2], "to ada"]]
	_same(games[0].heard, alls + to_ada + to_ada, "ada heard")
	var to_ben := from_ada + [[ids[2], "to ben"]]
	_same(games[1].heard, alls + to_ben + to_ben, "ben heard")
	var to_cleo := from_ada + [[1, "all but ben"]]
	_same(games[2].heard, alls + to_cleo + to_cleo, "cleo heard")
	_equal([games[0].mood, games[1].mood, games[2].mood], ["none", "glad", "glad"], "moods")
	_same(games[0].told, [["peer", ids[1]], ["peer", ids[2]]], "the host was told")
	_equal(games[2].told, [["peer", 1], "connected", ["peer", ids[1]]], "cleo was told")


# Once they know each other the engine says a path once, and then a number for it.
func _comes_late() -> void:
	var games = yield(_gather(["ada", "ben"]), "completed")
	games[0].rpc("tell", "a first word")
	yield(_until(games[1], "has_heard", [1], "ben hears"), "completed")
	for _frame in 5:
		yield(self, "idle_frame")
	var cleo = yield(_enter_game("cleo"), "completed")
	yield(cleo.network.rooms.join(games[0].code()), "completed")
	cleo.assign()
	while not cleo.has_heard(1) and _problems.empty():
		games[0].rpc("tell", "another")
		yield(self, "idle_frame")
	_equal(cleo.heard[0], [1, "another"], "cleo heard")


func _drops() -> void:
	var games = yield(_gather(["ada", "ben"]), "completed")
	var ben: int = games[1].id()
	games[1].network.session.cut()
	var numbers := []
	for number in 20:
		numbers.append(str(number))
		games[0].rpc_id(ben, "tell", str(number))
		games[1].rpc_id(1, "tell", str(number))
		yield(self, "idle_frame")
	for game in games:
		yield(_until(game, "has_heard", [20], game.title + " heard"), "completed")
	for _frame in 5:
		yield(self, "idle_frame")
	for game in games:
		_equal(_texts(game.heard), numbers, "in order")
	_equal(games[0].told, [["peer", ben]], "ada was told")
	_equal(games[1].told, [["peer", 1], "connected"], "ben was told")


func _expires() -> void:
	var games = yield(_gather(["ada", "ben", "cleo"], {}, "brief"), "completed")
	var ben: int = games[1].id()
	games[1].network.session.cut()
	games[1].network.session._connections.come_back_after(1000.0)
	for index in [0, 2]:
		var what: String = games[index].title + " hears that he is gone"
		yield(_until(games[index], "was_told", [["gone", ben]], what), "completed")
	yield(_until(games[1], "was_told", ["lost"], "ben hears it"), "completed")
	_equal(games[1].told.slice(-2, -1), [["gone", 1], "lost"], "in this order")
	games[0].rpc("tell", "to who is left")
	yield(_until(games[2], "has_heard", [1], "they play on"), "completed")
	_equal(games[1].heard, [], "and he hears nothing")


func _closes() -> void:
	var games = yield(_gather(["ada", "ben", "cleo"]), "completed")
	var ids := _ids(games)
	games[0].rpc_id(ids[1], "tell", "goodbye")
	games[0].api.network_peer.disconnect_peer(ids[1])
	yield(_until(games[1], "was_told", ["lost"], "ben is disconnected"), "completed")
	yield(_until(games[2], "was_told", [["gone", ids[1]]], "cleo hears it"), "completed")
	yield(_until(games[0], "was_told", [["gone", ids[1]]], "ada hears it"), "completed")
	_equal(games[1].heard, [[1, "goodbye"]], "what was said before is heard")
	games[0].api.refuse_new_network_connections = true
	for _frame in 10:
		yield(self, "idle_frame")
	games[1].assign()
	yield(_until(games[1], "was_told", ["failed"], "refused"), "completed")
	games[0].api.refuse_new_network_connections = false
	for _frame in 10:
		yield(self, "idle_frame")
	games[1].assign()
	yield(_until(games[1], "has_peers", [2], "taken again"), "completed")
	for what in ["part", "tell"]:
		games[0].callv("rpc_id", [games[1].id(), what] + (["no more"] if what == "tell" else []))
	yield(_until(games[0], "was_told", [["gone", games[1].id()]], "he left amid it"), "completed")
	_equal(games[1].heard, [[1, "goodbye"]], "and heard no more")
	games[1].assign()
	yield(_until(games[1], "has_peers", [2], "there again"), "completed")
	games[2].rpc_id(1, "tell", "the last of cleo")
	games[2].api.network_peer = null
	yield(_until(games[0], "was_told", [["gone", ids[2]]], "cleo has let go"), "completed")
	_equal(games[0].heard, [[ids[2], "the last of cleo"]], "ada heard her out")
	var kept = games[1].api.network_peer
	var ben: int = games[1].id()
	games[1].api.network_peer = null
	yield(_until(games[0], "was_told", [["gone", ben]], "ben has, but for a variable"), "completed")
	_check(kept.is_over(), "which is over")
	games[1].assign()
	yield(_until(games[1], "has_peers", [1], "ben is back"), "completed")
	games[1].told.clear()
	games[0].api.network_peer.leave()
	yield(_until(games[1], "was_told", ["lost"], "the host has left"), "completed")
	_equal(games[0].network.rooms.all.size(), 1, "the relay, not the room")


func _migrates() -> void:
	var games = yield(_gather(["ada", "ben", "cleo"]), "completed")
	var ids := _ids(games)
	for game in games:
		game.migrates = true
	yield(games[0].network.rooms.hand_over({"score": 1}), "completed")
	var large := {"score": 5, "text": "x".repeat(40000)}
	yield(games[0].network.rooms.hand_over(large), "completed")
	for game in games.slice(1, 2):
		game.told.clear()
	games[0].network.disconnect_from_server()
	for index in [1, 2]:
		var game = games[index]
		yield(_until(game, "has_migrated", [1], game.title + " is told"), "completed")
		yield(_until(game, "has_peers", [1], game.title + " goes on"), "completed")
	_equal(_ids(games.slice(1, 2)), [1, ids[2]], "numbers")
	_equal(games[1].score, 5, "restored")
	_equal(str(games[1].migrations[0][0]["text"]).length(), 40000, "all of it")
	_equal([games[1].migrations[0][1], games[2].migrations], [{ids[1]: 1}, [[null, {ids[1]: 1}]]], "ids")
	_equal(games[1].told, [["gone", 1], "lost", ["peer", ids[2]]], "ben was told")
	_equal(games[2].told, [["gone", 1], "lost", ["peer", 1], "connected"], "cleo was told")
	games[2].rpc_id(1, "tell", "on and on")
	games[1].rpc("tell", "by the new host")
	yield(_until(games[1], "has_heard", [1], "ben hears"), "completed")
	yield(_until(games[2], "has_heard", [1], "cleo hears"), "completed")
	_equal([games[1].heard, games[2].heard], [[[ids[2], "on and on"]], [[1, "by the new host"]]], "play")


# What she says meanwhile is of an epoch that is over.
func _is_deposed() -> void:
	var games = yield(_gather(["ada", "ben", "cleo"]), "completed")
	var ben: int = games[1].id()
	var errors := Heard.new()
	for game in games:
		game.migrates = true
		game.network.connect("error_received", errors, "on_error")
	games[0].network.session.cut()
	games[0].network.session._connections.come_back_after(1200.0)
	games[0].rpc("tell", "late")
	for game in games:
		yield(_until(game, "has_migrated", [1], game.title + " is told"), "completed")
		yield(_until(game, "has_peers", [2], game.title + " goes on"), "completed")
	_equal([games[1].id(), games[0].id() > 1], [1, true], "numbers")
	_equal(games[0].migrations[0][1], {1: games[0].id(), ben: 1}, "ids")
	games[0].rpc("tell", "as a guest")
	for index in [1, 2]:
		yield(_until(games[index], "has_heard", [1], "she plays on"), "completed")
		_equal(games[index].heard, [[games[0].id(), "as a guest"]], "and nothing late")
	_equal(errors.items, [], "nobody is told an error")


# The host is an engine of its own: reigning.gd.
func _survives() -> void:
	var games := []
	for name in ["ben", "cleo"]:
		games.append(yield(_join(name, _place("reign")), "completed"))
	for game in games:
		game.migrates = true
		yield(_until(game, "has_peers", [2], game.title + " is connected"), "completed")
		yield(_until(game, "has_heard", [1], game.title + " hears the host"), "completed")
	print("# the host may die")
	var cleo: int = games[1].id()
	for game in games:
		yield(_until(game, "has_migrated", [1], game.title + " is told"), "completed")
		yield(_until(game, "has_peers", [1], game.title + " goes on"), "completed")
	_equal([games[0].id(), games[1].id(), games[0].score], [1, cleo, 3], "numbers and score")
	games[0].rpc("tell", "the king is dead")
	yield(_until(games[1], "has_heard", [2], "they play on"), "completed")
	_equal(games[1].heard[1], [1, "the king is dead"], "cleo hears")


func _follows() -> void:
	var games = yield(_gather(["ada", "ben", "cleo"]), "completed")
	var ids := _ids(games)
	for game in games:
		game.follow(ids[1])
	games[0].score = 9
	yield(_until(games[0], "was_asked", [games[0].asked + 2], "handed over"), "completed")
	games[0].network.disconnect_from_server()
	yield(_until(games[1], "has_score", [9], "ben has the score"), "completed")
	yield(_until(games[2], "has_peers", [1], "cleo goes on"), "completed")
	_equal(games[1].restored, [{"score": 9}, {ids[1]: 1}], "restored")
	_equal(games[2].restored, [], "by the host alone")
	_equal([games[1].owner_id(), games[2].owner_id()], [1, 1], "what is ben's is ben's")
	games[1].rpc("tell", "on and on")
	yield(_until(games[2], "has_heard", [1], "they play on"), "completed")


# The scene is loaded anew in the tree's own multiplayer, with the autoload's Network.
func _reloads() -> void:
	var network: Network = root.get_node("Network")
	yield(network.connect_to_server(_place("main")), "completed")
	_games.append(null) # The first has the tree's multiplayer, which is for the scene here.
	var ada = yield(_enter_game("ada"), "completed")
	yield(ada.network.rooms.create("arena"), "completed")
	ada.assign()
	yield(_until(ada, "is_host", [], "host"), "completed")
	ada.score = 4
	ada.follow(1)
	multiplayer.set_root_node(root)
	var scene: PackedScene = load("res://test/reloaded.tscn")
	var before := scene.instance()
	root.add_child(before)
	current_scene = before
	yield(network.rooms.join(ada.code()), "completed")
	multiplayer.network_peer = network.rooms.multiplayer_peer()
	yield(_until(ada, "has_peers", [1], "connected"), "completed")
	yield(_until(ada, "was_asked", [2], "handed over"), "completed")
	ada.network.disconnect_from_server()
	yield(_until(self, "_is_restored", [], "restored"), "completed")
	_check(not is_instance_valid(before), "the scene is another")
	_equal(current_scene.restored[0], {"score": 4}, "restored")
	_equal(current_scene.told, [["ready", true]], "ready with its peer")
	_equal(multiplayer.get_network_unique_id(), 1, "host")
	current_scene.free()
	network.disconnect_from_server()


func _is_restored() -> bool:
	return current_scene and not current_scene.restored.empty()


func _star() -> void:
	var games = yield(_gather(["ada", "ben", "cleo"], {"mode": "star"}), "completed")
	var ids := _ids(games)
	for game in games:
		game.rpc("tell", "of " + game.title)
	games[0].rpc_id(-ids[1], "tell", "not ben")
	yield(_until(games[0], "has_heard", [2], "ada hears"), "completed")
	yield(_until(games[2], "has_heard", [2], "cleo hears"), "completed")
	_same(games[0].heard, [[ids[1], "of ben"], [ids[2], "of cleo"]], "ada heard all")
	_equal(games[1].heard, [[1, "of ada"]], "ben heard ada")
	_equal(games[2].heard, [[1, "of ada"], [1, "not ben"]], "cleo heard ada")
	_equal(games[2].told, [["peer", 1], "connected"], "cleo was told of ada")
	var other = yield(_enter_game("dan"), "completed")
	yield(other.network.rooms.join(games[0].code()), "completed")
	other.assign({"mode": "mesh"})
	yield(_until(other, "was_told", ["failed"], "who expects a mesh is refused"), "completed")


func _precedes() -> void:
	var ada = yield(_enter_game("ada"), "completed")
	ada.assign()
	for _frame in 3:
		yield(self, "idle_frame")
	var peer: NetworkedMultiplayerPeer = ada.api.network_peer
	_equal(peer.get_connection_status(), NetworkedMultiplayerPeer.CONNECTION_CONNECTING, "status")
	_check(ada.id() != 0, "a number")
	paused = true
	yield(ada.network.rooms.create("arena"), "completed")
	yield(_until(ada, "is_host", [], "host"), "completed")
	var ben = yield(_join("ben", ada.code()), "completed")
	ben.rpc_id(1, "tell", "while paused")
	yield(_until(ada, "has_heard", [1], "heard while paused"), "completed")
	paused = false
	_equal(ada.told, [["peer", ben.id()]], "the host was told")


func _plain() -> void:
	for mode in ["mesh", "star"]:
		var games = yield(_gather(["ada", "ben"], {"mode": mode}), "completed")
		var plain = _stage("plain", null)
		var peer := WebSocketClient.new()
		var url: String = "%s/godot3/%s" % [_place("main"), games[0].code()]
		_equal(peer.connect_to_url(url, PoolStringArray(), true), OK, "connects")
		plain.api.network_peer = peer
		var others := 2 if mode == "mesh" else 1
		yield(_until(plain, "has_peers", [others], "plain is connected"), "completed")
		yield(_until(games[0], "has_peers", [2], "ada knows"), "completed")
		yield(_play_plain(games, plain, mode == "mesh"), "completed")
		peer.disconnect_from_host()
		yield(_until(games[0], "was_told", [["gone", plain.id()]], "plain left"), "completed")
		_clear()


func _play_plain(games: Array, plain, is_mesh: bool) -> void:
	var id: int = plain.id()
	var ben: int = games[1].id()
	for _twice in 2:
		plain.rpc("tell", "of plain")
		plain.rset("score", 4)
		games[0].rpc("tell", "of ada")
		if is_mesh:
			plain.rpc_id(ben, "tell", "to ben")
			games[1].rpc_id(id, "tell", "to plain")
		for _frame in 8:
			yield(self, "idle_frame")
	for game in games if is_mesh else [games[0]]:
		yield(_until(game, "has_score", [4], game.title + " has the score"), "completed")
	var of_ada := [[1, "of ada"], [1, "of ada"]]
	var of_plain := [[id, "of plain"], [id, "of plain"]]
	yield(_until(plain, "has_heard", [4 if is_mesh else 2], "plain hears"), "completed")
	var to_plain := [[ben, "to plain"], [ben, "to plain"]] if is_mesh else []
	var to_ben := of_plain + [[id, "to ben"], [id, "to ben"]] if is_mesh else []
	_same(plain.heard, of_ada + to_plain, "plain heard")
	_same(games[0].heard, of_plain, "ada heard")
	_same(games[1].heard, of_ada + to_ben, "ben heard")


# Games in one room of which the first is the host.
func _gather(names: Array, options: Dictionary = {}, where: String = "main"):
	var host = yield(_enter_game(names[0], where), "completed")
	yield(host.network.rooms.create("arena"), "completed")
	host.assign(options)
	yield(_until(host, "is_host", [], "host"), "completed")
	var games := [host]
	for name in names.slice(1, names.size() - 1):
		games.append(yield(_join(name, host.code(), where), "completed"))
	for game in games:
		var is_star: bool = options.get("mode") == "star" and game != host
		var others: int = 1 if is_star else names.size() - 1
		yield(_until(game, "has_peers", [others], game.title + " is connected"), "completed")
	return games


func _join(name: String, code: String, where: String = "main"):
	var game = yield(_enter_game(name, where), "completed")
	var joined = yield(game.network.rooms.join(code, name), "completed")
	_check(joined.ok, "joined: %s" % joined)
	game.assign()
	yield(_until(game, "has_peers", [1], name + " is connected"), "completed")
	return game


func _enter_game(name: String, where: String = "main"):
	var network = yield(_open(where), "completed")
	return _stage(name, network)


# A branch of the tree with a multiplayer of its own.
func _stage(name: String, network):
	var branch := Node.new()
	branch.name = "branch%d" % _games.size()
	root.add_child(branch)
	var game := Arena.new()
	game.title = name
	game.name = "arena"
	game.network = network
	var api: MultiplayerAPI = multiplayer
	if not _games.empty():
		api = MultiplayerAPI.new()
		game.custom_multiplayer = api
	api.set_root_node(branch)
	branch.add_child(game)
	game.listen(api)
	_games.append(game)
	return game


func _tell(name: String, method: String) -> void:
	yield(._tell(name, method), "completed")
	_clear()


func _clear() -> void:
	multiplayer.network_peer = null
	for game in _games:
		if game:
			game.get_parent().free()
	_games.clear()


func _ids(games: Array) -> Array:
	var ids := []
	for game in games:
		ids.append(game.id())
	return ids


static func _texts(heard: Array) -> Array:
	var texts := []
	for one in heard:
		texts.append(one[1])
	return texts


# The same in any order.
func _same(got: Array, expected: Array, what: String) -> void:
	var texts := [[], []]
	for index in 2:
		for one in [got, expected][index]:
			texts[index].append(JSON.print(one))
		texts[index].sort()
	_check(texts[0] == texts[1], "%s: %s, expected %s" % [what, got, expected])
