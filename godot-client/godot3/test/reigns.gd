# How games of Godot 3 go by way of their host, and on under another.
extends "res://test/branches.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access


func _returns() -> void:
	var games = yield(_gather(["ada", "ben"]), "completed")
	var ben: int = games[1].id()
	games[1].migrates = true
	yield(games[0].network.rooms.hand_over({"score": 6}), "completed")
	games[0].api.network_peer.leave()
	yield(_until(games[1], "was_told", ["lost"], "the host has left"), "completed")
	_equal(games[0].network.rooms.all.size(), 1, "the relay, not the room")
	_equal([games[1].id(), games[1].migrations], [ben, [[null, {}]]], "ben waits with a fresh peer")
	games[0].assign()
	yield(_until(games[0], "has_migrated", [1], "what was handed over is there"), "completed")
	_equal(games[0].migrations, [[{"score": 6}, {}]], "for the host")
	yield(_until(games[1], "has_peers", [1], "ben is connected"), "completed")
	games[1].rpc_id(1, "tell", "welcome back")
	yield(_until(games[0], "has_heard", [1], "ada hears"), "completed")
	_equal(games[0].heard, [[ben, "welcome back"]], "heard")


# What is handed over comes in parts, as they take no more at once.
func _migrates() -> void:
	_options = {"inbound_bytes": 16384}
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
		game.calls = true
		yield(_until(game, "has_peers", [2], game.title + " is connected"), "completed")
		yield(_until(game, "has_heard", [1], game.title + " hears the host"), "completed")
	print("# the host may die")
	var cleo: int = games[1].id()
	for game in games:
		yield(_until(game, "has_migrated", [1], game.title + " is told"), "completed")
		yield(_until(game, "has_peers", [1], game.title + " goes on"), "completed")
	_equal([games[0].id(), games[1].id(), games[0].score], [1, cleo, 3], "numbers and score")
	games[0].rpc("tell", "the king is dead")
	yield(_until(games[1], "has_heard", [3], "they play on"), "completed")
	_equal(games[0].heard, [[1, "welcome"], [1, "at once"]], "ben is connected at once")
	_equal(games[1].heard.slice(1, 2), [[cleo, "at once"], [1, "the king is dead"]], "cleo hears")


func _follows() -> void:
	var games = yield(_gather(["ada", "ben", "cleo", "dan"], {"mode": "star"}), "completed")
	var ids := _ids(games)
	for game in games:
		game.follow(ids[1])
	games[0].score = 9
	yield(_until(games[0], "was_asked", [games[0].asked + 2], "handed over"), "completed")
	games[0].network.disconnect_from_server()
	yield(_until(games[1], "has_score", [9], "ben has the score"), "completed")
	for game in games.slice(1, 3):
		yield(_until(game, "has_peers", [2], game.title + " goes on"), "completed")
		_equal(game.owner_id(), 1, "what is ben's is ben's at " + game.title)
		var restored: Array = [{"score": 9}, {ids[1]: 1}] if game == games[1] else []
		_equal(game.restored, restored, "restored at " + game.title)
	games[2].rpc("tell", "on and on")
	yield(_until(games[3], "has_heard", [1], "they play on"), "completed")
	_equal(games[3].heard, [[ids[2], "on and on"]], "by way of ben")


# The scene is loaded anew in the tree's own multiplayer, with the autoload's Network.
func _reloads() -> void:
	var network: Network = root.get_node("Network")
	yield(network.connect_to_server(_place("main")), "completed")
	_games.append(null) # The first has the tree's multiplayer, which is for the scene here.
	var ada = yield(_host("ada"), "completed")
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
		game.rpc("say", "of " + game.title)
	games[2].rpc_id(ids[1], "tell", "to ben")
	games[1].rpc_unreliable_id(-1, "tell", "not to the host")
	games[0].rpc_id(-ids[1], "tell", "not to ben")
	for index in 3:
		var what: String = games[index].title + " has heard all"
		yield(_until(games[index], "has_heard", [[3, 4, 5][index]], what), "completed")
	var of_all := [[1, "of ada"], [ids[1], "of ben"], [ids[2], "of cleo"]]
	_same(games[0].heard, of_all, "ada heard")
	_same(games[1].heard, of_all + [[ids[2], "to ben"]], "ben heard")
	var of_others := [[ids[1], "not to the host"], [1, "not to ben"]]
	_same(games[2].heard, of_all + of_others, "cleo heard")
	games[1].api.network_peer = null
	yield(_until(games[2], "was_told", [["gone", ids[1]]], "cleo hears that ben left"), "completed")
	_equal(games[2].told.slice(0, 2), [["peer", 1], "connected", ["peer", ids[1]]], "cleo was told")
	var other = yield(_enter_game("dan"), "completed")
	yield(other.network.rooms.join(games[0].code()), "completed")
	other.assign({"mode": "mesh"})
	yield(_until(other, "was_told", ["failed"], "who expects a mesh is refused"), "completed")


# As with ENet, where a host does not pass on.
func _polices() -> void:
	var ada = yield(_host("ada", {"mode": "star"}), "completed")
	ada.api.network_peer.server_relay = false
	var ben = yield(_join("ben", ada.code()), "completed")
	var cleo = yield(_join("cleo", ada.code()), "completed")
	ben.rpc("tell", "of ben")
	yield(_until(ada, "has_heard", [1], "ada hears"), "completed")
	ada.rpc("tell", "of ada")
	yield(_until(cleo, "has_heard", [1], "cleo hears"), "completed")
	_equal([ada.heard, cleo.heard], [[[ben.id(), "of ben"]], [[1, "of ada"]]], "heard")
	_equal([ben.told, cleo.told], [[["peer", 1], "connected"], [["peer", 1], "connected"]], "told")
