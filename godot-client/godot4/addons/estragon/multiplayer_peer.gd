class_name EstragonMultiplayerPeer
extends MultiplayerPeerExtension
## Godot's own multiplayer through a room: [code]@rpc[/code], spawners and synchronizers among those
## who sit there. [method EstragonRooms.multiplayer_peer] makes one.
##
## It is connected once the room's host is there too, whose number is 1. A dropped connection is no
## disconnect: it comes back, and nothing reliable was lost. Let go of it, or call
## [method MultiplayerPeer.close], to leave.

## What a frame has around a packet, at most.
const _AROUND_BYTES := 512
const _MOST_BYTES := EstragonProtocol.LIMIT_MESSAGE_BYTES - _AROUND_BYTES

var _line: EstragonRelayLine
var _batch: EstragonRelayBatch = EstragonRelayBatch.new()
var _status: MultiplayerPeer.ConnectionStatus = MultiplayerPeer.CONNECTION_CONNECTING
var _id: int = 2
var _is_star: bool = false
var _is_refusing: bool = false
## Whether there is, or was, a peer 1.
var _is_begun: bool = false
## Whether the engine was told who is there.
var _is_met: bool = false
## Whether the engine has let go of it, or it was closed.
var _is_over: bool = false
var _queue: EstragonRelayQueue
## The numbers of the peers that the engine was told of.
var _known: Dictionary = {}
var _target: int = 0
var _channel: int = 0
var _mode: MultiplayerPeer.TransferMode = MultiplayerPeer.TRANSFER_MODE_RELIABLE
## That of the frames of this mode.
var _kind: int = EstragonProtocol.RELAY_RELIABLE_KIND


func _init(
	line: EstragonRelayLine = EstragonRelayLine.new(),
	queue: EstragonRelayQueue = EstragonRelayQueue.new()
) -> void:
	_line = line
	_queue = queue
	_batch.packed.connect(_line.send)


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and not _is_over:
		_batch.flush()
		_is_over = true
		_line.abandon()


## Is peer 1 at once, as nobody else can be.
func reign() -> void:
	_id = 1
	_status = CONNECTION_CONNECTED


## Begins an epoch with these peers, its own number among them. [param follows]: another peer of the
## same engine, so that it is connected at once.
func begin(
	id: int, epoch: int, is_star: bool, ids: Array[int], follows: bool = false
) -> void:
	_id = id
	_batch.epoch = epoch
	_is_star = is_star
	if ids.has(1):
		_is_begun = true
		_queue.then(_connect_to.bind(ids))
		if follows:
			_status = CONNECTION_CONNECTED


## Another peer is there, once all before was taken.
func add(id: int) -> void:
	_queue.then(_meet.bind(id))


## A peer is gone, once all before was taken.
func drop(id: int) -> void:
	_queue.then(_part.bind(id))


## It is over, once all before was taken; then [param then] is called.
func finish(then: Callable = Callable()) -> void:
	_queue.then(_end.bind(then))


## Whether it waits for a peer 1.
func is_connecting() -> bool:
	return _status == CONNECTION_CONNECTING


## Whether the engine was told who is there.
func is_met() -> bool:
	return _is_met


## Tells who is there, before the engine polls it, if that has taken it.
func introduce() -> void:
	var callables := peer_connected.get_connections().map(
		func(connection: Dictionary) -> Callable: return connection["callable"]
	)
	if callables.any(func(one: Callable) -> bool: return one.get_object() is MultiplayerAPI):
		_queue.happen()


## Whether it was connected in an epoch, or is about to be.
func was_begun() -> bool:
	return _is_begun


## Whether it was closed, or lost its relay.
func is_over() -> bool:
	return _is_over


func _poll() -> void:
	if _line.poll.is_valid():
		_line.poll.call()
	_queue.happen()


func _close() -> void:
	if _is_over:
		return
	_batch.flush()
	_is_over = true
	_status = CONNECTION_DISCONNECTED
	_queue.clear()
	_line.abandon()


func _disconnect_peer(id: int, _force: bool) -> void:
	if _id == 1:
		_batch.flush()
		_line.dismiss(id)
	elif id == 1:
		_close()


func _get_available_packet_count() -> int:
	return 1 if _queue.has_packet() else 0


func _get_packet_script() -> PackedByteArray:
	return _queue.take() if _queue.has_packet() else PackedByteArray()


func _get_packet_peer() -> int:
	return _queue.from


func _get_packet_channel() -> int:
	return _queue.channel


func _get_packet_mode() -> MultiplayerPeer.TransferMode:
	return _queue.mode


func _get_max_packet_size() -> int:
	return _MOST_BYTES


func _put_packet_script(packet: PackedByteArray) -> Error:
	if _status != CONNECTION_CONNECTED:
		return ERR_UNCONFIGURED
	if packet.is_empty() or packet.size() > _MOST_BYTES:
		return ERR_INVALID_PARAMETER
	_batch.put(packet, _target, _kind, _channel)
	return OK


func _set_transfer_channel(channel: int) -> void:
	_channel = channel


func _get_transfer_channel() -> int:
	return _channel


func _set_transfer_mode(mode: MultiplayerPeer.TransferMode) -> void:
	_mode = mode
	_kind = EstragonRelayFrame.kind_of(mode)


func _get_transfer_mode() -> MultiplayerPeer.TransferMode:
	return _mode


func _set_target_peer(peer: int) -> void:
	_target = peer


func _get_unique_id() -> int:
	return _id


func _is_server() -> bool:
	return _id == 1


func _is_server_relay_supported() -> bool:
	return _is_star


func _set_refuse_new_connections(enable: bool) -> void:
	_is_refusing = enable
	if _id == 1 and not _is_over:
		_line.refuse(enable)


func _is_refusing_new_connections() -> bool:
	return _is_refusing


func _get_connection_status() -> MultiplayerPeer.ConnectionStatus:
	return _status


func _connect_to(ids: Array[int]) -> void:
	_is_met = true
	_status = CONNECTION_CONNECTED
	_meet(1)
	for id: int in ids:
		_meet(id)


func _meet(id: int) -> void:
	if id != _id and not _known.has(id):
		_known[id] = true
		peer_connected.emit(id)
		if _id == 1:
			_batch.flush()
			_line.meet(id)


func _part(id: int) -> void:
	if _known.erase(id):
		peer_disconnected.emit(id)


func _end(then: Callable) -> void:
	_is_over = true
	_queue.clear()
	_part(1)
	_status = CONNECTION_DISCONNECTED
	if then.is_valid():
		then.call()
