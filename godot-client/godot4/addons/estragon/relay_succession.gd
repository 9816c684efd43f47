class_name EstragonRelaySuccession
extends RefCounted
## How the engine goes from the peer of one epoch to that of the next, without an error line and
## without a renamed node.

## Calls [param offer] in this frame, once the engine has taken in that its peer is over, and before
## anything is processed. To be called in that peer's poll: the engine tells of the loss when it
## returns, and clears.
static func follow(offer: Callable) -> void:
	var tree := Engine.get_main_loop() as SceneTree
	tree.process_frame.connect(
		func() -> void:
			_free_spawned(tree)
			offer.call(),
		CONNECT_ONE_SHOT
	)


## What spawners have in the delete queue would keep its names until the end of the frame.
static func _free_spawned(tree: SceneTree) -> void:
	for found: Node in tree.root.find_children("*", "MultiplayerSpawner", true, false):
		var spawner: MultiplayerSpawner = found
		var parent := spawner.get_node_or_null(spawner.spawn_path)
		if parent == null:
			continue
		for child: Node in parent.get_children():
			if child.is_queued_for_deletion():
				child.free()
