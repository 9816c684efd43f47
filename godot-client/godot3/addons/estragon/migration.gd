# Has a game of `Network.rooms.multiplayer_peer()` go on under another host, when its own has left or was
# away for too long.
#
# While we are the host it asks `target` for all that the next one needs, and hands that over. When the
# host is another, it assigns the fresh peer, and on the new host gives the `target` what was handed over.
# Nodes are as they were: below `target`, those of the new host's old number have it for their master still.
#
#     func state() -> Dictionary:
#         return {"round": round_number, "scores": scores}
#
#     func restore(handover: Dictionary, ids: Dictionary) -> void:
#         round_number = handover["round"]
#         for id in handover["scores"]: scores[ids.get(id, id)] = handover["scores"][id]
#
# After that `network_peer_connected` tells the new host of everybody who is there, as it told the first
# one: only then can it call them.
tool
class_name EstragonMigration
extends Node

# warning-ignore-all:return_value_discarded

# The fresh peer is assigned, and where we are the new host `target` was given what was handed over.
signal migrated(is_host)

enum Mode {
	# The scene stays as it is.
	RESTORE,
	# The current scene is loaded anew, and has the fresh peer before anything in it is ready.
	RELOAD,
}

const EstragonMigrationReload := preload("migration_reload.gd")
const EstragonMultiplayerPeer := preload("multiplayer_peer.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")
# What is answered to a host that is none any more, and was not told so yet.
const _OVERTAKEN := [EstragonProtocol.PERMISSION_DENIED, EstragonProtocol.NOT_A_PEER]

# The path of the node whose `state` is handed over, and who gets it by `restore`.
export(NodePath) var target := NodePath() setget _set_target
# What becomes of the scene.
export(Mode) var mode: int = Mode.RESTORE
# The method of `target` that returns all that the next host needs: what `var2bytes` takes, 64 KiB of it.
export(String) var state: String = "state" setget _set_state
# The method of `target` that the new host goes on by. It is called with what the last `state` returned,
# and with the numbers of those peers who have another now, by what they were; not at all where nothing
# was handed over.
export(String) var restore: String = "restore" setget _set_restore
# How many seconds there are between two `state`. What has not changed is not sent.
export(float, 0.05, 60.0, 0.05) var every: float = 0.5

# Whose rooms these are: the autoload `Network` unless set before it is in the tree.
var network: Node

var _waited: float = 0.0
# What was handed over last in this reign.
var _last := PoolByteArray()


func _ready() -> void:
	if Engine.editor_hint:
		set_process(false)
		return
	if not network:
		network = get_node_or_null("/root/Network")
	if network:
		network.get("rooms").connect("host_migrated", self, "_on_migrated")
	var warning := _get_configuration_warning()
	if warning:
		push_error("%s: %s" % [get_path(), warning])
		set_process(false)


func _process(delta: float) -> void:
	_waited += delta
	if not _reigns():
		_waited = every
		_last = PoolByteArray()
	elif _waited >= every:
		_waited = 0.0
		_hand_over()


func _get_configuration_warning() -> String:
	var may_come := Engine.editor_hint and ProjectSettings.has_setting("autoload/Network")
	if not network and not may_come:
		return "There is no autoload Network: enable the plugin Estragon."
	var whose := get_node_or_null(target) if target else null
	if not whose:
		return "It has no target to ask for what is handed over."
	for method in [state, restore]:
		if not Engine.editor_hint and not whose.has_method(method):
			return "Its target %s has no method %s()." % [whose.name, method]
	return ""


# Whether it is for us to hand over.
func _reigns() -> bool:
	var peer := _multiplayer().network_peer as EstragonMultiplayerPeer
	var is_first := peer != null and peer.get_unique_id() == 1 and peer.is_open()
	return is_first and network.get("state") == EstragonSession.State.OPEN


# That of `target`: in Godot 3 every node may have its own.
func _multiplayer() -> MultiplayerAPI:
	return get_node(target).multiplayer


func _hand_over() -> void:
	var value = get_node(target).call(state)
	var bytes := var2bytes(value)
	if bytes == _last:
		return
	_last = bytes
	_send(network, value)


# Static, as the scene may be another before the answer comes.
static func _send(through: Node, value) -> void:
	var result: EstragonResult = yield(through.get("rooms").hand_over(value), "completed")
	var problem := result.peek()
	if problem and problem.code in _OVERTAKEN:
		result.ignore()


func _on_migrated(_room, peer: EstragonMultiplayerPeer, handover, ids: Dictionary) -> void:
	var scene := get_tree().current_scene
	if mode == Mode.RELOAD and scene and _multiplayer().network_peer != peer:
		var is_inside := scene == self or scene.is_a_parent_of(self)
		var way := scene.get_path_to(self) if is_inside else get_path()
		var anew := EstragonMigrationReload.new()
		anew.reload(_multiplayer(), peer, way, [handover, ids])
		return
	_multiplayer().network_peer = peer
	for old in ids:
		if ids[old] == 1:
			_give(get_node(target), old)
	go_on(handover, ids)


# With the peer assigned, has the game go on.
func go_on(handover, ids: Dictionary) -> void:
	var is_host := _multiplayer().is_network_server()
	if is_host and handover != null:
		get_node(target).call(restore, handover, ids)
	emit_signal("migrated", is_host)


# Gives peer 1 the nodes that it had by its old number.
func _give(node: Node, old: int) -> void:
	if node.get_network_master() == old:
		node.set_network_master(1, false)
	for child in node.get_children():
		_give(child, old)


func _set_target(value: NodePath) -> void:
	target = value
	update_configuration_warning()


func _set_state(value: String) -> void:
	state = value
	update_configuration_warning()


func _set_restore(value: String) -> void:
	restore = value
	update_configuration_warning()
