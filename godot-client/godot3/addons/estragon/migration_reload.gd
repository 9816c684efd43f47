# Loads the current scene anew for the peer of another epoch.
class_name EstragonMigrationReload
extends Reference

# warning-ignore-all:return_value_discarded

var _multiplayer: MultiplayerAPI
var _peer: NetworkedMultiplayerPeer
var _scene: String
var _way: NodePath
var _arguments: Array


# Loads it anew, has `multiplayer` take `peer` as it enters the tree, before anything in it is ready, and
# calls `go_on` with these arguments of the node at `way`, seen from the scene, once all of it is.
func reload(
	multiplayer: MultiplayerAPI, peer: NetworkedMultiplayerPeer, way: NodePath, arguments: Array
) -> void:
	var tree: SceneTree = Engine.get_main_loop()
	_multiplayer = multiplayer
	_peer = peer
	_scene = tree.current_scene.filename
	_way = way
	_arguments = arguments
	# Bound to itself it lives until then.
	tree.connect("node_added", self, "_on_added", [self])
	tree.reload_current_scene()


func _on_added(node: Node, itself: Reference) -> void:
	var tree: SceneTree = Engine.get_main_loop()
	if node.get_parent() != tree.root or node.filename != _scene:
		return
	tree.disconnect("node_added", self, "_on_added")
	_multiplayer.network_peer = _peer
	node.connect("ready", self, "_on_ready", [node, itself], CONNECT_ONESHOT)


func _on_ready(scene: Node, _itself: Reference) -> void:
	var node := scene.get_node_or_null(_way)
	if node:
		node.callv("go_on", _arguments)
