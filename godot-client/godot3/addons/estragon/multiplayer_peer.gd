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
const EstragonRelayEngine := preload("relay_engine.gd")
const EstragonRelayFrame := preload("relay_frame.gd")
const EstragonRelayStar := preload("relay_star.gd")

# As peer 1 of a star, whether the others are told of each other, and what they say to each other is passed
# on; without it they know the host alone. (As of NetworkedMultiplayerENet; set it before others come.)
var server_relay: bool = true setget _set_server_relay

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
# What came and was not taken yet, in order: packets, with from whom, and methods, with their arguments,
# for once those before are taken.
var _queue: Array = []
var _at: int = 0
# The numbers of the peers that the engine was told of.
var _known: Dictionary = {}
# What its packets are wrapped in; null in a mesh.
var _star: EstragonRelayStar
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
	EstragonRelayEngine.number(self, 2)


# Is peer 1 at once, as nobody else can be.
func reign() -> void:
	EstragonRelayEngine.number(self, 1)
	EstragonRelayEngine.change(self, CONNECTION_CONNECTED)


# Begins an epoch with these peers, its own number among them. `follows`: another peer of the same engine,
# so that it is connected at once.
func begin(id: int, epoch: int, ids: Array, is_star: bool, follows: bool) -> void:
	EstragonRelayEngine.number(self, id)
	_batch.epoch = epoch
	if not ids.has(1):
		return
	_is_begun = true
	_queue.append(["_connect_to", [ids]])
	if follows:
		EstragonRelayEngine.change(self, CONNECTION_CONNECTED)
	if is_star:
		_stand(id, ids)


# A frame came.
func receive(frame: PoolByteArray) -> void:
	var at := EstragonRelayFrame.from_at(frame)
	var from := EstragonRelayFrame.from_of(frame, at)
	var packet := EstragonRelayFrame.packet_of(frame, at)
	if _star:
		_star.hear(packet, from, frame[0])
	else:
		_hear(packet, from)


# Another peer is there, once all before was taken.
func add(id: int) -> void:
	if _star and get_unique_id() == 1:
		_star.add(id)
	_queue.append(["_meet", [id]])


# A peer is gone, once all before was taken.
func drop(id: int) -> void:
	if _star and get_unique_id() == 1:
		_star.drop(id)
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
	return _was_assigned and EstragonRelayEngine.of(self) == null


# Brings the engine what came, in order, as far as it takes it now.
func take() -> void:
	var is_assigned := EstragonRelayEngine.of(self) != null
	_was_assigned = _was_assigned or is_assigned
	while is_assigned and not _is_over and _at < _queue.size():
		var next = _queue[_at]
		if typeof(next[0]) == TYPE_RAW_ARRAY:
			_at += 1
			callv("deliver_packet", next)
		elif not EstragonRelayEngine.has_taken(self):
			break
		elif not _is_over:
			_at += 1
			callv(next[0], next[1])
			is_assigned = EstragonRelayEngine.of(self) != null
	if _at >= _queue.size():
		_queue.clear()
		_at = 0
	EstragonRelayEngine.has_taken(self)
	_tell_refusing()


# Leaves the relay, not the room: the others hear that it is gone. It is disconnected, without a signal.
func leave() -> void:
	if _is_over:
		return
	_batch.flush()
	_is_over = true
	_queue.clear()
	_at = 0
	EstragonRelayEngine.discard(self)
	EstragonRelayEngine.change(self, CONNECTION_DISCONNECTED)
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


func _hear(packet: PoolByteArray, from: int) -> void:
	_queue.append([packet, from])


# Peer 1 of a star says who is there.
func _on_told(id: int, is_there: bool) -> void:
	_queue.append(["_meet" if is_there else "_part", [id]])


func _stand(id: int, ids: Array) -> void:
	_star = EstragonRelayStar.new(id)
	_star.passes_on = server_relay
	_star.connect("heard", self, "_hear")
	_star.connect("told", self, "_on_told")
	_star.connect("put", _batch, "put")
	for other in ids if id == 1 else []:
		if other != 1:
			_star.add(other)


func _set_server_relay(value: bool) -> void:
	server_relay = value
	if _star:
		_star.passes_on = value


func _tell_refusing() -> void:
	if get_unique_id() != 1 or _is_over or is_refusing_new_connections() == _is_refusing:
		return
	_is_refusing = is_refusing_new_connections()
	_relay.call("refuse", _is_refusing)


# What is for all goes to those whom the engine knows of: nobody else was told what it abbreviates.
func _on_packet_generated(target: int, packet: PoolByteArray, mode: int) -> void:
	var targets := _named_by(target)
	if packet.empty() or targets.empty() or _is_over:
		return
	if _star:
		_star.say(packet, targets, _kind_of(mode))
	else:
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
	EstragonRelayEngine.change(self, CONNECTION_CONNECTED)
	_meet(1)
	if get_unique_id() != 1:
		emit_signal("connection_succeeded")
	for id in ids:
		_meet(id)


func _meet(id: int) -> void:
	if id != get_unique_id() and not _known.has(id) and not _is_over:
		_known[id] = true
		emit_signal("peer_connected", id)
		if get_unique_id() == 1:
			_batch.flush()
			_relay.call("meet", id)


func _part(id: int) -> void:
	if _known.erase(id):
		emit_signal("peer_disconnected", id)


func _end(method: String, arguments: Array) -> void:
	var was_open := is_open()
	_is_over = true
	_part(1)
	EstragonRelayEngine.change(self, CONNECTION_DISCONNECTED)
	emit_signal("server_disconnected" if was_open else "connection_failed")
	if method:
		_relay.callv(method, arguments)
