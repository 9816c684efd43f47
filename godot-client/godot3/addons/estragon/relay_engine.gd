# How an EstragonMultiplayerPeer, a NetworkedMultiplayerCustom, stands with the engine.
class_name EstragonRelayEngine
extends Reference

const _CONNECTING := NetworkedMultiplayerPeer.CONNECTION_CONNECTING
const _DISCONNECTED := NetworkedMultiplayerPeer.CONNECTION_DISCONNECTED


# The MultiplayerAPI whose peer it is; null for none.
static func of(peer: NetworkedMultiplayerPeer) -> MultiplayerAPI:
	for connection in peer.get_signal_connection_list("peer_connected"):
		if connection["target"] is MultiplayerAPI:
			return connection["target"]
	return null


# Whether the engine has taken what was delivered. The tree's own takes it now; others when the game
# polls them.
static func has_taken(peer: NetworkedMultiplayerPeer) -> bool:
	if peer.get_available_packet_count() == 0:
		return true
	var tree: SceneTree = Engine.get_main_loop()
	if tree.multiplayer_poll and tree.multiplayer == of(peer):
		tree.multiplayer.poll()
	return peer.get_available_packet_count() == 0


# What was delivered and not taken never will be: the engine would take it as peer 1's.
static func discard(peer: NetworkedMultiplayerPeer) -> void:
	while peer.get_available_packet_count() > 0:
		# warning-ignore:return_value_discarded
		peer.get_packet()


# Changes its status without the engine's own signals; ours come in their place.
static func change(peer: NetworkedMultiplayerPeer, status: int) -> void:
	peer.set_block_signals(true)
	peer.call("set_connection_status", status)
	peer.set_block_signals(false)


# Gives it a number; it is connecting still: by itself the engine would have peer 1 connected at once.
# Whose number it is keeps its status.
static func number(peer: NetworkedMultiplayerPeer, id: int) -> void:
	if peer.get_unique_id() == id:
		return
	change(peer, _CONNECTING)
	peer.set_block_signals(true)
	peer.call("initialize", id)
	peer.set_block_signals(false)
	if id == 1:
		change(peer, _DISCONNECTED)
		change(peer, _CONNECTING)
