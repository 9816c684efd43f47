/* What Godot 4.2 has of multiplayer, as names of its class reference that stand there since 4.0 or 4.1. */

/**
 * What a MultiplayerPeerExtension may override. `_get_packet` and `_put_packet` take pointers, which
 * GDScript has not.
 */
export const PEER_VIRTUALS = [
  ...['_close', '_disconnect_peer', '_get_available_packet_count', '_get_connection_status'],
  ...['_get_max_packet_size', '_get_packet_channel', '_get_packet_mode', '_get_packet_peer'],
  ...['_get_packet_script', '_get_transfer_channel', '_get_transfer_mode', '_get_unique_id'],
  ...['_is_refusing_new_connections', '_is_server', '_is_server_relay_supported', '_poll'],
  ...['_put_packet_script', '_set_refuse_new_connections', '_set_target_peer'],
  ...['_set_transfer_channel', '_set_transfer_mode'],
]

/** Constants, signals and types of a MultiplayerPeer. */
export const PEER_NAMES = [
  ...['TRANSFER_MODE_UNRELIABLE', 'TRANSFER_MODE_UNRELIABLE_ORDERED', 'TRANSFER_MODE_RELIABLE'],
  ...['CONNECTION_DISCONNECTED', 'CONNECTION_CONNECTING', 'CONNECTION_CONNECTED'],
  ...['TARGET_PEER_BROADCAST', 'TARGET_PEER_SERVER', 'ConnectionStatus', 'TransferMode'],
  ...['peer_connected', 'peer_disconnected'],
]

/** What games ask of their own multiplayer, and of a node that spawns. */
export const MULTIPLAYER_NAMES = [
  ...['multiplayer_peer', 'is_server', 'get_unique_id', 'get_peers', 'get_remote_sender_id'],
  ...['has_multiplayer_peer', 'poll', 'rpc', 'server_disconnected', 'connected_to_server'],
  ...['connection_failed', 'peer_connected', 'peer_disconnected'],
]

/** What GDScript and its types have learnt since. */
export const LATER = [
  / is not /,
  /\bDictionary\[/,
  /@abstract\b/,
  /@warning_ignore_(start|restore)\b/,
  /\.get_or_add\(/,
  /\.r?find_custom\(/,
  /\.\.\.\w+: Array/,
]
