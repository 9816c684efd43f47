# Godot's own multiplayer through a room, in Godot 3.6: `remote`, `master`, `puppet`, `rset` among those
# who sit there. `Network.rooms.multiplayer_peer()` makes one, for `get_tree().network_peer`.
#
# It is connected once the room's host is there too, whose number is 1. A dropped connection is no
# disconnect: it comes back, and nothing reliable was lost. Let go of it, or call `leave`, to leave.
# What comes is taken at the begin of a frame; a MultiplayerAPI of your own takes it as you poll it.
class_name EstragonMultiplayerPeer
extends NetworkedMultiplayerPeer

# warning-ignore-all:return_value_discarded

const EstragonProtocol := preload("protocol.gd")
const EstragonRelayBatch := preload("relay_batch.gd")
const EstragonRelayFrame := preload("relay_frame.gd")

# An EstragonRelay, which makes this script that of a NetworkedMultiplayerCustom. (Godot before 3.6 has
# none, and must be able to read this.)
var _relay: Reference
# What it is known by when it is let go of, and cannot be asked any more.
var _own_id: int = get_instance_id()
# Whether there is, or was, a peer 1.
var _is_begun: bool = false
# Whether the engine has let go of it, or it was closed.
var _is_over: bool = false
# Whether it ever was the peer of a MultiplayerAPI.
var _was_assigned: bool = false
# Whether peer 1 said that it refuses new ones.
var _is_refusing: bool = false
# What came and was not taken yet, in order: frames, and methods, with their arguments, for once those
# before are taken.
var _queue: Array = []
var _at: int = 0
# The numbers of the peers that the engine was told of.
var _known: Dictionary = {}
# What was put and not sent yet.
var _batch := EstragonRelayBatch.new()


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and _relay and not _is_over:
		_batch.flush()
		_is_over = true
		_relay.call("abandon", _own_id)


# Belongs to this EstragonRelay from now on.
func prepare(relay: Reference) -> void:
	_relay = relay
	_batch.connect("packed", relay, "send")
	connect("packet_generated", self, "_on_packet_generated")
	_be(CONNECTION_CONNECTING)
	_number(2)


# Begins an epoch with these peers, its own number among them.
func begin(id: int, epoch: int, ids: Array) -> void:
	_number(id)
	_batch.epoch = epoch
	if ids.has(1):
		_is_begun = true
		_queue.append(["_connect_to", [ids]])


# A frame came.
func receive(frame: PoolByteArray) -> void:
	_queue.append(frame)


# Another peer is there, once all before was taken.
func add(id: int) -> void:
	_queue.append(["_meet", [id]])


# A peer is gone, once all before was taken.
func drop(id: int) -> void:
	_queue.append(["_part", [id]])


# It is over, once all before was taken; then `method` of the relay is called, where there is one.
func finish(method: String = "", arguments: Array = []) -> void:
	_queue.append(["_end", [method, arguments]])


# Whether it is connected.
func is_open() -> bool:
	return get_connection_status() == CONNECTION_CONNECTED


# Whether it was connected in an epoch, or is about to be.
func was_begun() -> bool:
	return _is_begun


# Whether it was closed, or lost its relay.
func is_over() -> bool:
	return _is_over


# Whether no MultiplayerAPI has it any more.
func is_let_go() -> bool:
	return _was_assigned and _engine() == null


# Brings the engine what came, in order, as far as it takes it now.
func take() -> void:
	var engine := _engine()
	_was_assigned = _was_assigned or engine != null
	while engine and not _is_over and _at < _queue.size():
		var next = _queue[_at]
		if typeof(next) != TYPE_ARRAY:
			_at += 1
			_deliver(next)
		elif get_available_packet_count() > 0 and not _has_taken(engine):
			break
		elif not _is_over:
			_at += 1
			callv(next[0], next[1])
			engine = _engine()
	if _at >= _queue.size():
		_queue.clear()
		_at = 0
	if engine and get_available_packet_count() > 0:
		_has_taken(engine)
	_tell_refusing()


# Leaves the relay, not the room: the others hear that it is gone. It is disconnected, without a signal.
func leave() -> void:
	if _is_over:
		return
	_batch.flush()
	_is_over = true
	_queue.clear()
	_at = 0
	_discard()
	_be(CONNECTION_DISCONNECTED)
	_relay.call("abandon", _own_id)


# The same, by the name that NetworkedMultiplayerENet has for it.
func close_connection(_wait_usec: int = 100) -> void:
	leave()


# As peer 1, disconnects another; as another, leaves where `id` is 1.
func disconnect_peer(id: int, _now: bool = false) -> void:
	if get_unique_id() == 1:
		_batch.flush()
		_relay.call("dismiss", id)
	elif id == 1:
		leave()


# The MultiplayerAPI whose peer it is; null for none.
func _engine() -> MultiplayerAPI:
	for connection in get_signal_connection_list("peer_connected"):
		if connection["target"] is MultiplayerAPI:
			return connection["target"]
	return null


func _deliver(frame: PoolByteArray) -> void:
	var at := EstragonRelayFrame.from_at(frame)
	var packet := EstragonRelayFrame.packet_of(frame, at)
	call("deliver_packet", packet, EstragonRelayFrame.from_of(frame, at))


# Whether the engine has taken what was delivered. The tree's own takes it now; others when the game
# polls them.
func _has_taken(engine: MultiplayerAPI) -> bool:
	var tree: SceneTree = Engine.get_main_loop()
	if tree.multiplayer_poll and tree.multiplayer == engine:
		engine.poll()
	return get_available_packet_count() == 0


# What was delivered and not taken never will be: the engine would take it as peer 1's.
func _discard() -> void:
	while get_available_packet_count() > 0:
		get_packet()


func _tell_refusing() -> void:
	if get_unique_id() != 1 or _is_over or is_refusing_new_connections() == _is_refusing:
		return
	_is_refusing = is_refusing_new_connections()
	_relay.call("refuse", _is_refusing)


# Changes its status without the engine's own signals; ours come in their place.
func _be(status: int) -> void:
	set_block_signals(true)
	call("set_connection_status", status)
	set_block_signals(false)


# Takes a number, and is connecting still: by itself the engine would have peer 1 connected at once.
func _number(id: int) -> void:
	set_block_signals(true)
	call("initialize", id)
	if id == 1:
		call("set_connection_status", CONNECTION_DISCONNECTED)
		call("set_connection_status", CONNECTION_CONNECTING)
	set_block_signals(false)


# What is for all goes to those whom the engine knows of: nobody else was told what it abbreviates.
func _on_packet_generated(target: int, packet: PoolByteArray, mode: int) -> void:
	var targets := _named_by(target)
	if not (packet.empty() or targets.empty() or _is_over):
		_batch.put(packet, targets, _kind_of(mode))


func _named_by(target: int) -> Array:
	if target > 0 or _known.size() > EstragonProtocol.MAX_TARGETS:
		return [target]
	var named := _known.keys()
	named.erase(-target)
	return named


func _kind_of(mode: int) -> int:
	match mode:
		TRANSFER_MODE_UNRELIABLE:
			return EstragonProtocol.RELAY_UNRELIABLE_KIND
		TRANSFER_MODE_UNRELIABLE_ORDERED:
			return EstragonProtocol.RELAY_UNRELIABLE_KIND | EstragonProtocol.RELAY_IS_ORDERED
	return EstragonProtocol.RELAY_RELIABLE_KIND


func _connect_to(ids: Array) -> void:
	_be(CONNECTION_CONNECTED)
	_meet(1)
	if get_unique_id() != 1:
		emit_signal("connection_succeeded")
	for id in ids:
		_meet(id)


func _meet(id: int) -> void:
	if id != get_unique_id() and not _known.has(id) and not _is_over:
		_known[id] = true
		emit_signal("peer_connected", id)


func _part(id: int) -> void:
	if _known.erase(id):
		emit_signal("peer_disconnected", id)


func _end(method: String, arguments: Array) -> void:
	var was_open := is_open()
	_is_over = true
	_part(1)
	_be(CONNECTION_DISCONNECTED)
	emit_signal("server_disconnected" if was_open else "connection_failed")
	if method:
		_relay.callv(method, arguments)
