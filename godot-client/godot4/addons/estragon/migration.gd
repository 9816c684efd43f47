@tool
class_name EstragonMigration
extends Node
## Has a game of [method EstragonRooms.multiplayer_peer] go on under another host, when its own has
## left or was away for too long.
##
## While we are the host it asks [member target] for all that the next one needs, and hands that over.
## When the host is another, it assigns the fresh peer, and on the new host gives the
## [member target] what was handed over. The engine has freed by then whatever was spawned.
## [codeblock]
## func state() -> Dictionary:
##     return {"coins": coins.map(func(coin): return coin.position), "scores": scores}
##
## func restore(handover: Dictionary, ids: Dictionary) -> void:
##     for place in handover["coins"]: spawn_coin(place)
##     for id in handover["scores"]: scores[ids.get(id, id)] = handover["scores"][id]
## [/codeblock]
## After that [signal MultiplayerAPI.peer_connected] tells the new host of everybody who is there, as
## it told the first one: what spawns a player there need not be written twice.

## The fresh peer is assigned, and where we are the new host [member target] was given what was handed
## over.
signal migrated(is_host: bool)

## What becomes of the scene under another host.
enum Mode {
	## The scene stays; the engine frees what was spawned, and nothing else.
	RESTORE,
	## The current scene is loaded anew, and has the fresh peer before anything in it is ready. One that
	## was made without a file stays.
	RELOAD,
}

const _Network := preload("network.gd")
## What comes of it where we are no host any more and were not told so yet, or leave.
const _OVERTAKEN: Array[String] = [
	EstragonProtocol.PERMISSION_DENIED, EstragonProtocol.NOT_A_PEER, EstragonProtocol.CLOSED
]

## Whose [member state] is handed over, and who gets it by [member restore].
@export var target: Node:
	set(value):
		target = value
		update_configuration_warnings()
## What becomes of the scene.
@export var mode: Mode = Mode.RESTORE
## The method of [member target] that returns all that the next host needs: what
## [code]var_to_bytes[/code] takes, 64 KiB of it.
@export var state: StringName = &"state":
	set(value):
		state = value
		update_configuration_warnings()
## The method of [member target] that the new host goes on by. It is called with what the last
## [member state] returned, and with the numbers of those peers who have another now, by what they
## were; not at all where nothing was handed over.
@export var restore: StringName = &"restore":
	set(value):
		restore = value
		update_configuration_warnings()
## How many seconds there are between two [member state]. What has not changed is not sent.
@export_range(0.05, 60.0, 0.05, "or_greater", "suffix:s") var every: float = 0.5

## Whose rooms these are: the autoload [code]Network[/code] unless set before it is in the tree.
var network: _Network

var _waited: float = 0.0
## What was handed over last in this reign.
var _last: PackedByteArray = PackedByteArray()


func _ready() -> void:
	if Engine.is_editor_hint():
		set_process(false)
		return
	if network == null:
		network = get_node_or_null(^"/root/Network")
	if network:
		network.rooms.host_migrated.connect(_on_migrated)
	for warning: String in _get_configuration_warnings():
		push_error("%s: %s" % [get_path(), warning])
		set_process(false)


func _process(delta: float) -> void:
	_waited += delta
	if not _reigns():
		_waited = every
		_last = PackedByteArray()
	elif _waited >= every:
		_waited = 0.0
		_hand_over()


func _get_configuration_warnings() -> PackedStringArray:
	var warnings := PackedStringArray()
	var may_come := Engine.is_editor_hint() and ProjectSettings.has_setting("autoload/Network")
	if network == null and not may_come:
		warnings.append("There is no autoload Network: enable the plugin Estragon.")
	if target == null:
		warnings.append("It has no target to ask for what is handed over.")
		return warnings
	for method: StringName in [state, restore]:
		if not target.has_method(method):
			warnings.append("Its target %s has no method %s()." % [target.name, method])
	return warnings


## Whether it is for us to hand over.
func _reigns() -> bool:
	var peer := multiplayer.multiplayer_peer as EstragonMultiplayerPeer
	return (
		peer != null
		and peer.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED
		and peer.get_unique_id() == 1
		and network.state == EstragonSession.State.OPEN
	)


func _hand_over() -> void:
	var value: Variant = target.call(state)
	var bytes := var_to_bytes(value)
	if bytes != _last:
		_last = bytes
		_send(network, value)


## Static, as the scene may be another before the answer comes.
static func _send(its_network: _Network, value: Variant) -> void:
	var result := await its_network.rooms.hand_over(value)
	var problem := result.peek()
	if problem and problem.code in _OVERTAKEN:
		result.ignore()


func _on_migrated(
	_room: EstragonRoom, peer: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary
) -> void:
	var scene := get_tree().current_scene
	var has_file := scene != null and scene.scene_file_path != ""
	if mode == Mode.RELOAD and has_file and multiplayer.multiplayer_peer != peer:
		var is_inside := scene == self or scene.is_ancestor_of(self)
		var outside: EstragonMigration = null if is_inside else self
		var way := scene.get_path_to(self)
		EstragonMigrationReload.begin(get_tree(), multiplayer, peer, func(anew: Node) -> void:
			var one: EstragonMigration = outside if outside else anew.get_node_or_null(way)
			if one:
				one._finish(handover, ids))
		return
	multiplayer.multiplayer_peer = peer
	_finish(handover, ids)


func _finish(handover: Variant, ids: Dictionary) -> void:
	var is_host := multiplayer.is_server()
	if is_host and handover != null:
		target.call(restore, handover, ids)
	migrated.emit(is_host)
