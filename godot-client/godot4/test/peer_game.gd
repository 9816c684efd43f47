extends Node
## A game of puppet.gd among others of its kind: what it says, spawns and hears by Godot's own
## multiplayer.

const Network := preload("res://addons/estragon/network.gd")
const Scene := preload("res://test/peer_scene.gd")
## Nothing is lost for being larger than a packet of UDP.
const _STATE_BYTES := 60_000

var network: Network = Network.new()
## By what, from whom, and what.
var heard: Array = []
## What the engine told of peers, in order.
var told: Array = []

var _raw: int = 0
var _spawner: MultiplayerSpawner = MultiplayerSpawner.new()
var _field: Node = Node.new()


func _ready() -> void:
	process_mode = Node.PROCESS_MODE_ALWAYS
	add_child(network)
	_field.name = "field"
	add_child(_field)
	_spawner.name = "spawner"
	_spawner.spawn_function = _make
	add_child(_spawner)
	_spawner.spawn_path = _spawner.get_path_to(_field)
	var scene: SceneMultiplayer = multiplayer
	scene.max_sync_packet_size = _STATE_BYTES
	scene.peer_packet.connect(func(_from: int, _packet: PackedByteArray) -> void: _raw += 1)
	multiplayer.peer_connected.connect(func(id: int) -> void: told.append("%d came" % id))
	multiplayer.peer_disconnected.connect(func(id: int) -> void: told.append("%d went" % id))
	multiplayer.connected_to_server.connect(func() -> void: told.append("connected"))
	multiplayer.connection_failed.connect(func() -> void: told.append("failed"))
	multiplayer.server_disconnected.connect(func() -> void: told.append("server went"))


@rpc("any_peer", "call_local", "reliable")
func any_local(text: String) -> void:
	_hear("any_local", text)


@rpc("any_peer", "call_remote", "reliable")
func any_remote(text: String) -> void:
	_hear("any_remote", text)


@rpc("authority", "call_local", "reliable")
func authority_local(text: String) -> void:
	_hear("authority_local", text)


@rpc("authority", "call_remote", "reliable")
func authority_remote(text: String) -> void:
	_hear("authority_remote", text)


@rpc("any_peer", "call_remote", "unreliable", 1)
func unreliable(text: String) -> void:
	_hear("unreliable", text)


@rpc("any_peer", "call_remote", "unreliable_ordered", 2)
func ordered(text: String) -> void:
	_hear("ordered", text)


@rpc("any_peer", "call_remote", "reliable", 1)
func channel_1(text: String) -> void:
	_hear("channel_1", text)


@rpc("any_peer", "call_remote", "reliable", 7)
func channel_7(text: String) -> void:
	_hear("channel_7", text)


func open(url: String) -> String:
	return str(await network.connect_to_server(url))


## What it is lasts longer than its process; to be said before it opens.
func persist() -> void:
	network.persist_session = true


## Makes a room; returns its code.
func create() -> String:
	var created := await network.rooms.create("open")
	return created.room.code if created.ok else str(created)


func join(code: String) -> String:
	return str(await network.rooms.join(code))


## Leaves the room and whatever was spawned there.
func leave() -> void:
	multiplayer.multiplayer_peer = null
	for its_room: EstragonRoom in network.rooms.all.values():
		await its_room.leave()
	for child: Node in _field.get_children():
		child.free()
	heard.clear()
	told.clear()


## Assigns the peer of the only room there is, or is to be.
func assign(options: Dictionary = {}) -> int:
	multiplayer.multiplayer_peer = network.rooms.multiplayer_peer(options)
	return number()


## Is peer 1 of a room without a seat there; returns the room's code.
func dedicate(options: Dictionary = {}) -> String:
	var dedicated := await network.rooms.dedicate(options)
	if not dedicated.ok:
		return str(dedicated)
	multiplayer.multiplayer_peer = dedicated.peer
	return str(dedicated.data["room"]["code"])


## Assigns a peer and lets go of it at once.
func hesitate() -> void:
	assign()
	release()


## Assigns one of Godot's own, which needs no add-on.
func assign_stock(url: String) -> int:
	var peer := WebSocketMultiplayerPeer.new()
	var error := peer.create_client(url)
	multiplayer.multiplayer_peer = peer
	return error


## Lets go of the peer there is.
func release() -> void:
	multiplayer.multiplayer_peer = null


func cut() -> void:
	network.session.cut()


func close() -> void:
	multiplayer.multiplayer_peer.close()


func disconnect_peer(id: int) -> void:
	multiplayer.multiplayer_peer.disconnect_peer(id)


func refuse(yes: bool) -> void:
	multiplayer.multiplayer_peer.refuse_new_connections = yes


func number() -> int:
	return multiplayer.get_unique_id()


func status() -> int:
	return multiplayer.multiplayer_peer.get_connection_status()


func peers() -> Array:
	return Array(multiplayer.get_peers())


func is_server() -> bool:
	return multiplayer.is_server()


## What was heard since the last time.
func take_heard() -> Array:
	var all := heard
	heard = []
	return all


func get_heard() -> Array:
	return heard


func get_told() -> Array:
	return told


func take_told() -> Array:
	var all := told
	told = []
	return all


## Calls one of the above at a peer, at all (0) or at all but one (−n); returns the engine's error.
func say(method: String, target: int, text: String) -> int:
	return rpc_id(target, method, text) if target else rpc(method, text)


## The same so many times in one frame, numbered.
func say_often(method: String, target: int, count: int, text: String = "") -> void:
	for index: int in count:
		say(method, target, "%d%s" % [index, text])


## The same once a frame.
func say_steadily(method: String, target: int, count: int, text: String = "") -> void:
	for index: int in count:
		say(method, target, "%d%s" % [index, text])
		await get_tree().process_frame


## How many packets came that are nobody's call.
func take_raw() -> int:
	var count := _raw
	_raw = 0
	return count


## Whether the others of a star may reach each other by way of this one.
func pass_on(yes: bool) -> void:
	var scene: SceneMultiplayer = multiplayer
	scene.server_relay = yes


## Who may call what only an authority may.
func give(authority: int) -> void:
	set_multiplayer_authority(authority, false)


## Spawns a node; [param seen_by] are the peers who may see it, all where it is empty.
func spawn(its_name: String, text: String = "", seen_by: Array = []) -> void:
	_spawner.spawn({"name": its_name, "text": text, "seen_by": seen_by})


## Goes on under another host, who spawns again what was handed over.
func survive() -> void:
	var migration := EstragonMigration.new()
	migration.network = network
	migration.target = self
	migration.state = &"texts"
	migration.restore = &"respawn"
	add_child(migration)


## As host, hands over what was spawned; returns what came of it.
func hand_over() -> String:
	var handed := await network.rooms.hand_over(texts())
	return "" if handed.ok else str(handed)


## What was spawned, by name.
func texts() -> Dictionary:
	var all := {}
	for child: Spawned in _field.get_children():
		all[str(child.name)] = child.text
	return all


func respawn(handover: Dictionary, _ids: Dictionary) -> void:
	told.append("restored")
	for its_name: String in handover:
		spawn(its_name, str(handover[its_name]))


func despawn(its_name: String) -> void:
	_field.get_node(its_name).queue_free()


func spawned() -> Array:
	return _field.get_children().map(func(child: Node) -> String: return str(child.name))


func place(its_name: String, x: float) -> void:
	var node: Node2D = _field.get_node(its_name)
	node.position.x = x


func text_of(its_name: String) -> String:
	return str(_field.get_node(its_name).get("text"))


func place_of(its_name: String) -> float:
	var node: Node2D = _field.get_node_or_null(its_name)
	return node.position.x if node else -1.0


func write(its_name: String, text: String) -> void:
	_field.get_node(its_name).set("text", text)


## Whether a peer may see a node.
func show(its_name: String, peer: int, yes: bool) -> void:
	var synchronizer: MultiplayerSynchronizer = _field.get_node(its_name).get_node("synchronizer")
	synchronizer.set_visibility_for(peer, yes)


## Changes the scene of the tree.
func enter(its_name: String) -> void:
	var scene := Scene.new()
	scene.name = its_name
	var packed := PackedScene.new()
	packed.pack(scene)
	scene.free()
	get_tree().change_scene_to_packed(packed)
	while get_tree().current_scene == null or str(get_tree().current_scene.name) != its_name:
		await get_tree().process_frame
	var entered: Scene = get_tree().current_scene
	entered.greeted.connect(
		func(from: int, text: String) -> void: heard.append(["greeted", from, text])
	)


## To all who are in this scene.
func greet(text: String) -> void:
	var scene: Scene = get_tree().current_scene
	scene.greet.rpc(text)


## Another peer has a say in a node from now on.
func hand(its_name: String, authority: int) -> void:
	_field.get_node(its_name).set_multiplayer_authority(authority)


func pause(yes: bool) -> void:
	get_tree().paused = yes


func room_code() -> String:
	return network.rooms.room().code if network.rooms.room() else ""


func _make(data: Dictionary) -> Node:
	var made := Spawned.new()
	made.name = str(data["name"])
	made.text = str(data["text"])
	var seen_by: Array = data["seen_by"]
	var synchronizer := MultiplayerSynchronizer.new()
	synchronizer.name = "synchronizer"
	var config := SceneReplicationConfig.new()
	config.add_property(^".:position")
	config.add_property(^".:text")
	synchronizer.replication_config = config
	synchronizer.public_visibility = seen_by.is_empty()
	for one: float in seen_by:
		synchronizer.set_visibility_for(int(one), true)
	made.add_child(synchronizer)
	return made


func _hear(method: String, text: String) -> void:
	heard.append([method, multiplayer.get_remote_sender_id(), text])


class Spawned:
	extends Node2D
	## What a spawn packet and every state carry.
	var text: String = ""
