extends Node
## A game of relayed.gd: what it is called, what it has spawned, and how it goes on under another host.

const Network := preload("res://addons/estragon/network.gd")

var title: String = ""
var network: Network
## From whom, and what.
var heard: Array = []
## Whether it goes on under another host, and what it was told then.
var migrates: bool = false
var migrations: Array = []

var _spawner: MultiplayerSpawner = MultiplayerSpawner.new()
var _field: Node = Node.new()


func _ready() -> void:
	_field.name = "field"
	add_child(_field)
	_spawner.name = "spawner"
	_spawner.spawn_function = _make
	add_child(_spawner)
	_spawner.spawn_path = _spawner.get_path_to(_field)


func listen() -> void:
	network.rooms.host_migrated.connect(_on_migrated)


@rpc("any_peer", "call_local")
func say(text: String) -> void:
	heard.append([multiplayer.get_remote_sender_id(), text])


@rpc
func order(text: String) -> void:
	heard.append([multiplayer.get_remote_sender_id(), "ordered %s" % text])


func assign() -> void:
	multiplayer.multiplayer_peer = network.rooms.multiplayer_peer()


func id() -> int:
	return multiplayer.get_unique_id()


func code() -> String:
	return network.rooms.room().code


func is_connected_to_all(others: int) -> bool:
	return multiplayer.has_multiplayer_peer() and multiplayer.get_peers().size() >= others


func spawn(its_name: String, number: int, text: String = "") -> void:
	_spawner.spawn({"name": its_name, "number": number, "text": text})


func spawned() -> Array:
	return _field.get_children().map(func(child: Node) -> String: return str(child.name))


func node(its_name: String) -> Node2D:
	return _field.get_node(its_name)


func _make(data: Dictionary) -> Node:
	var made := Node2D.new()
	made.name = str(data["name"])
	made.set_meta("text", data["text"])
	var synchronizer := MultiplayerSynchronizer.new()
	var config := SceneReplicationConfig.new()
	config.add_property(^".:position")
	synchronizer.replication_config = config
	made.add_child(synchronizer)
	return made


func _on_migrated(
	_room: EstragonRoom, peer: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary
) -> void:
	migrations.append([handover, ids])
	if not migrates:
		return
	multiplayer.multiplayer_peer = peer
	if multiplayer.is_server():
		var state: Dictionary = handover
		for coin: String in state["coins"]:
			spawn(coin, 1)
