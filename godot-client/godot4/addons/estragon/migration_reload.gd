class_name EstragonMigrationReload
extends RefCounted
## Loads the current scene anew for the peer of another epoch.

var _tree: SceneTree
var _path: String
var _multiplayer: MultiplayerAPI
var _peer: MultiplayerPeer
var _then: Callable


## Loads it anew, has [param multiplayer] take [param peer] as it enters the tree, before anything in
## it is ready, and calls [param then] with the scene once all of it is.
static func begin(
	tree: SceneTree, multiplayer: MultiplayerAPI, peer: MultiplayerPeer, then: Callable
) -> void:
	var one := EstragonMigrationReload.new()
	one._tree = tree
	one._path = tree.current_scene.scene_file_path
	one._multiplayer = multiplayer
	one._peer = peer
	one._then = then
	# Bound to itself it lives until then.
	tree.node_added.connect(one._on_added.bind(one))
	tree.reload_current_scene()


func _on_added(node: Node, _itself: EstragonMigrationReload) -> void:
	if node.get_parent() != _tree.root or node.scene_file_path != _path:
		return
	_tree.node_added.disconnect(_on_added)
	_multiplayer.multiplayer_peer = _peer
	node.ready.connect(_then.bind(node), CONNECT_ONE_SHOT)
