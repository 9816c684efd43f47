# Several games of one engine, each a branch of the tree with a MultiplayerAPI and a Network of its own,
# the first with the tree's.
extends "res://test/telling.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const Arena := preload("res://test/arena.gd")

var _games: Array = []
# How the next of them connect.
var _options: Dictionary = {}


# Games in one room of which the first is the host.
func _gather(names: Array, options: Dictionary = {}, where: String = "main"):
	var host = yield(_host(names[0], options, where), "completed")
	var games := [host]
	for name in names.slice(1, names.size() - 1):
		games.append(yield(_join(name, host.code(), where), "completed"))
	for game in games:
		var others: int = names.size() - 1
		yield(_until(game, "has_peers", [others], game.title + " is connected"), "completed")
	return games


func _host(name: String, options: Dictionary = {}, where: String = "main"):
	var game = yield(_enter_game(name, where), "completed")
	yield(game.network.rooms.create("arena"), "completed")
	game.assign(options)
	yield(_until(game, "is_host", [], "host"), "completed")
	return game


func _join(name: String, code: String, where: String = "main"):
	var game = yield(_enter_game(name, where), "completed")
	var joined = yield(game.network.rooms.join(code, name), "completed")
	_check(joined.ok, "joined: %s" % joined)
	game.assign()
	yield(_until(game, "has_peers", [1], name + " is connected"), "completed")
	return game


func _enter_game(name: String, where: String = "main"):
	var network = yield(_open(where, _options), "completed")
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
	_options = {}
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


# The same in any order.
func _same(got: Array, expected: Array, what: String) -> void:
	var texts := [[], []]
	for index in 2:
		for one in [got, expected][index]:
			texts[index].append(JSON.print(one))
		texts[index].sort()
	_check(texts[0] == texts[1], "%s: %s, expected %s" % [what, got, expected])


static func _texts(heard: Array) -> Array:
	var texts := []
	for one in heard:
		texts.append(one[1])
	return texts
