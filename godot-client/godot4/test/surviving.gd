extends Node
## The game of surviving.tscn: its host moves a beacon and coins, everybody moves a figure of its own
## and calls the others in every frame; under another host it goes on. /root/game, a survivor.gd, looks
## at it.

const Survivor := preload("res://test/survivor.gd")
const COINS := 5

var _figures: Dictionary = {}
var _survivor: Survivor

@onready var migration: EstragonMigration = $Migration
@onready var field: Node = $Field
@onready var _spawner: MultiplayerSpawner = $Spawner


func _ready() -> void:
	_survivor = get_node(^"/root/game")
	_survivor.enter(self)
	_spawner.spawn_function = _make
	migration.mode = _survivor.mode
	multiplayer.peer_connected.connect(_on_peer_connected)
	multiplayer.peer_disconnected.connect(_on_peer_disconnected)
	multiplayer.server_disconnected.connect(_on_server_disconnected)


func _process(_delta: float) -> void:
	if not multiplayer.has_multiplayer_peer():
		return
	if multiplayer.is_server() and beacon():
		beacon().position.x += 1.0
	var own := figure(multiplayer.get_unique_id())
	if own and not own.is_queued_for_deletion():
		own.position.x += 1.0
		_survivor.call_all(self)


## As the first host, makes all there is.
func begin(mark: String) -> void:
	_spawner.spawn({"name": "beacon", "text": mark, "x": 0.0, "of": 1})
	for index: int in COINS:
		_spawner.spawn({"name": "coin%d" % index, "text": "", "x": 10.0 * index, "of": 1})
	_add_figure(1)


## What the next host needs: see [EstragonMigration].
func state() -> Dictionary:
	if beacon() == null:
		return {}
	var figures := {}
	for child: Spawned in field.get_children():
		if str(child.name).begins_with("figure"):
			figures[child.get_multiplayer_authority()] = child.position.x
	var coins := {}
	for index: int in COINS:
		var coin: Spawned = field.get_node("coin%d" % index)
		coins[str(coin.name)] = coin.position.x
	return {
		"mark": beacon().text, "beat": beacon().position.x, "coins": coins, "figures": figures
	}


func restore(handover: Dictionary, ids: Dictionary) -> void:
	_survivor.note("restored")
	call_unreliably.rpc(0) # To nobody yet, but a game may well call here.
	var mark: String = handover["mark"]
	_spawner.spawn({"name": "beacon", "text": mark, "x": handover["beat"], "of": 1})
	var coins: Dictionary = handover["coins"]
	for coin: String in coins:
		_spawner.spawn({"name": coin, "text": "", "x": coins[coin], "of": 1})
	var figures: Dictionary = handover["figures"]
	for id: int in figures:
		_figures[ids.get(id, id)] = figures[id]
	_add_figure(1)


func beacon() -> Spawned:
	return field.get_node_or_null("beacon")


func figure(id: int) -> Spawned:
	return field.get_node_or_null("figure%d" % id)


@rpc("any_peer", "call_remote", "reliable")
func call_reliably(epoch: int, number: int) -> void:
	_survivor.hear(multiplayer.get_remote_sender_id(), epoch, number)


@rpc("any_peer", "call_remote", "unreliable")
func call_unreliably(epoch: int) -> void:
	_survivor.hear(multiplayer.get_remote_sender_id(), epoch, -1)


## Whoever comes has a figure: those whom the last host knew, where they were.
func _add_figure(id: int) -> void:
	var x: float = _figures.get(id, 0.0)
	_spawner.spawn({"name": "figure%d" % id, "text": "", "x": x, "of": id})


func _on_peer_connected(id: int) -> void:
	_survivor.note("%d came" % id)
	if multiplayer.is_server():
		_add_figure(id)


func _on_peer_disconnected(id: int) -> void:
	_survivor.note("%d went" % id)
	if multiplayer.is_server() and figure(id):
		figure(id).queue_free()


func _on_server_disconnected() -> void:
	_survivor.note("server went")


func _make(data: Dictionary) -> Node:
	var made := Spawned.new()
	made.name = str(data["name"])
	made.text = str(data["text"])
	made.position.x = data["x"]
	var config := SceneReplicationConfig.new()
	config.add_property(^".:position")
	config.add_property(^".:text")
	var synchronizer := MultiplayerSynchronizer.new()
	synchronizer.name = "synchronizer"
	synchronizer.replication_config = config
	made.add_child(synchronizer)
	var authority: int = data["of"]
	made.set_multiplayer_authority(authority)
	return made


class Spawned:
	extends Node2D
	## Told by its owner.
	var text: String = ""
