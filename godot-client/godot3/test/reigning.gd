# A game that is the host of a room until it is ended: says its code, hands over a score and greets who
# comes. The server is at ESTRAGON_URL.
extends SceneTree

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const Arena := preload("res://test/arena.gd")
const Network := preload("res://addons/estragon/network.gd")

var _game: Arena


func _initialize() -> void:
	call_deferred("_run")


func _run() -> void:
	var network := Network.new()
	root.add_child(network)
	yield(network.connect_to_server(OS.get_environment("ESTRAGON_URL")), "completed")
	var made = yield(network.rooms.create("arena"), "completed")
	_game = Arena.new()
	_game.network = network
	_game.name = "arena"
	root.add_child(_game)
	_game.listen(multiplayer)
	multiplayer.connect("network_peer_connected", self, "_on_peer")
	_game.assign()
	while not _game.is_host():
		yield(self, "idle_frame")
	var handed = yield(network.rooms.hand_over({"score": 3}), "completed")
	print(made.room.code if handed.ok else "not handed over: %s" % handed)


func _on_peer(id: int) -> void:
	_game.rpc_id(id, "tell", "welcome")
