# Godot's own multiplayer through rooms, in Godot 3.6; prints TAP. Godot before that says why it has none.
extends "res://test/reigns.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const _FIRST := 0x030600


func _run() -> void:
	if Engine.get_version_info()["hex"] < _FIRST:
		_tell_all([["Godot before 3.6 says why it can be no peer", "_lacks"]])
		return
	_tell_all([
		["every call arrives exactly where it belongs", "_calls"],
		["who comes while others call understands what it hears", "_comes_late"],
		["a newcomer hears the host before the others", "_greets"],
		["a drop is no disconnect, and loses no call", "_drops"],
		["who is away for too long is gone, and hears that it is", "_expires"],
		["whose counts begin again is gone, and may be a peer again", "_is_reset"],
		["what is too large is told, and nothing else is lost", "_exceeds"],
		["peers are disconnected, refused and closed as with ENet", "_closes"],
		["a host who leaves the relay may come back to it", "_returns"],
		["another host goes on with what was handed over", "_migrates"],
		["a host who was away for too long comes back as another peer", "_is_deposed"],
		["where the host dies the others play on", "_survives"],
		["a game with a migration node goes on by itself", "_follows"],
		["a game may be loaded anew under another host", "_reloads"],
		["in a star everything goes by way of the host", "_star"],
		["the host of a star need not pass anything on", "_polices"],
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
	var sent := []
	for game in games:
		var before: int = game.network.session._outgoing.sent
		game.rpc("say", "all of " + game.title)
		for _frame in 3:
			yield(self, "idle_frame")
		sent.append(game.network.session._outgoing.sent - before)
	_check(sent[0] == 2, "a path and a call go to two as one frame each: %s" % [sent])
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


# The host tells a newcomer what there is, and is the last to know of it; what the others say waits.
func _greets() -> void:
	var games = yield(_gather(["ada", "ben"]), "completed")
	for game in games:
		game.make("coin")
	games[0].greets = true
	games[0].network.lag({"delay": 60, "seed": 1})
	var cleo = yield(_enter_game("cleo"), "completed")
	yield(cleo.network.rooms.join(games[0].code()), "completed")
	cleo.assign()
	while not cleo.has_heard(3) and _problems.empty():
		if games[1].has_peers(2):
			games[1].get_node("coin").rpc("tell", "of the coin")
		yield(self, "idle_frame")
	_equal(cleo.heard[0], [1, "made coin"], "first of all")


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


func _is_reset() -> void:
	var games = yield(_gather(["ada", "ben"]), "completed")
	var ben: int = games[1].id()
	games[1].network.session._resume.received += 1
	games[0].rpc_id(ben, "tell", "lost or not")
	yield(_until(games[1], "was_told", ["lost"], "ben hears it"), "completed")
	yield(_until(games[0], "was_told", [["gone", ben]], "ada hears it"), "completed")
	games[1].assign()
	yield(_until(games[1], "has_peers", [1], "ben is there again"), "completed")
	_check(games[1].id() != ben, "by another number")


func _exceeds() -> void:
	var games = yield(_gather(["ada", "ben"]), "completed")
	var errors := Heard.new()
	games[0].network.connect("error_received", errors, "on_error")
	games[0].rpc("tell", "before")
	games[0].rpc("tell", "x".repeat(EstragonProtocol.LIMIT_MESSAGE_BYTES))
	games[0].rpc("tell", "x".repeat(EstragonProtocol.LIMIT_MESSAGE_BYTES - 100))
	games[0].rpc("tell", "after")
	yield(_until(games[1], "has_heard", [3], "ben hears"), "completed")
	_equal([games[1].heard[0], games[1].heard[2]], [[1, "before"], [1, "after"]], "heard")
	_equal(errors.items, [[EstragonProtocol.TOO_LARGE, "relay_reliable"]], "told")


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
	_check(ada.is_host() and ada.api.network_peer.is_open(), "who made it is its server at once")
	var ben = yield(_join("ben", ada.code()), "completed")
	ben.rpc_id(1, "tell", "while paused")
	yield(_until(ada, "has_heard", [1], "heard while paused"), "completed")
	paused = false
	_equal(ada.told, [["peer", ben.id()]], "the host was told") # Not that it is connected.
	var dan = yield(_enter_game("dan"), "completed")
	yield(dan.network.rooms.join(ada.code()), "completed")
	dan.network.rooms.all.clear() # As a game knows of none that was started again.
	dan.assign()
	dan.network.session.cut()
	yield(_until(dan, "has_peers", [2], "it is told where it sits"), "completed")
	var cleo = yield(_enter_game("cleo"), "completed")
	cleo.assign()
	var missed = yield(cleo.network.rooms.join("NOROOM"), "completed")
	yield(_until(cleo, "was_told", ["failed"], "where there is no room it fails"), "completed")
	_check(not missed.ok, "missed: %s" % missed)


func _plain() -> void:
	for mode in ["mesh", "star"]:
		var games = yield(_gather(["ada", "ben"], {"mode": mode}), "completed")
		var plain = _stage("plain", null)
		var peer := WebSocketClient.new()
		var url: String = "%s/godot3/%s" % [_place("main"), games[0].code()]
		_equal(peer.connect_to_url(url, PoolStringArray(), true), OK, "connects")
		plain.api.network_peer = peer
		for game in [plain] + games:
			yield(_until(game, "has_peers", [2], game.title + " is connected"), "completed")
		yield(_play_plain(games, plain), "completed")
		peer.disconnect_from_host()
		for game in games:
			yield(_until(game, "was_told", [["gone", plain.id()]], "plain left"), "completed")
		_clear()


# Twice, as once they know each other the engine says a path in short.
func _play_plain(games: Array, plain) -> void:
	var id: int = plain.id()
	var ben: int = games[1].id()
	for times in [1, 2]:
		plain.rpc("tell", "of plain")
		plain.rset("score", times)
		plain.rpc_id(ben, "tell", "to ben")
		games[0].rpc("tell", "of ada")
		games[1].rpc_id(id, "tell", "to plain")
		yield(_until(plain, "has_heard", [2 * times], "plain hears"), "completed")
		for game in games:
			yield(_until(game, "has_score", [times], game.title + " has the score"), "completed")
		yield(_until(games[1], "has_heard", [3 * times], "ben hears"), "completed")
	var of_ada := [[1, "of ada"], [1, "of ada"]]
	var of_plain := [[id, "of plain"], [id, "of plain"]]
	_same(plain.heard, of_ada + [[ben, "to plain"], [ben, "to plain"]], "plain heard")
	_same(games[0].heard, of_plain, "ada heard")
	_same(games[1].heard, of_ada + of_plain + [[id, "to ben"], [id, "to ben"]], "ben heard")
