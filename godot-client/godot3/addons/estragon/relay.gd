# The peer that this session is in a room's relay: games have it by `Network.rooms.multiplayer_peer()`.
class_name EstragonRelay
extends Reference

# warning-ignore-all:return_value_discarded

# Another epoch has begun for a peer that was connected, see `host_migrated` of EstragonRooms.
signal migrated(room, peer, handover, ids)

const EstragonError := preload("error.gd")
const EstragonMessage := preload("message.gd")
const EstragonMultiplayerPeer := preload("multiplayer_peer.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonRelayFrame := preload("relay_frame.gd")
const EstragonRelayHandover := preload("relay_handover.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")
# What a peer is made of, in Godot 3.6.
const _CUSTOM := "NetworkedMultiplayerCustom"
# A peer that was no MultiplayerAPI's for so long is held by nothing but a variable of the game's.
const _LET_GO_MS := 1000.0
# And so often may it have been looked at.
const _LOOKS := 10

var _session: EstragonSession
# The peers that are not over, the newest last, which only the engine and the game keep alive.
var _peers: Array = []
# The instance id of the newest; 0 for none.
var _current_id: int = 0
var _room: String = ""
var _mode: String = ""
# Whether the server takes us for a peer.
var _is_open: bool = false
# Of a peer that takes over.
var _handover := EstragonRelayHandover.new()
var _had_at: float = 0.0
var _looks: int = 0


func _init(session: EstragonSession) -> void:
	_session = session
	_session.connect("answered", self, "_on_answered")
	_session.connect("message_received", self, "_on_message")
	_session.connect("bytes_received", self, "_on_bytes")
	_session.connect("was_reset", self, "_on_begun_again")
	_session.connect("was_lost", self, "_on_begun_again")
	_session.connect("state_changed", self, "_on_state_changed")


# A new peer, of the room with the code `room` or, empty, of the next that is joined; the one before is
# over. `is_first`: nobody else can be peer 1 there. null where this engine can have none, which
# `Network.error_received` tells.
func make(room: String, mode: String, is_first: bool = false) -> EstragonMultiplayerPeer:
	var before := _peer()
	if before:
		before.leave()
	if not ClassDB.class_exists(_CUSTOM):
		var engine: String = Engine.get_version_info()["string"]
		var text := "relay.open: expected Godot 3.6, which has %s; this is %s" % [_CUSTOM, engine]
		_session.unsent(EstragonError.new(EstragonProtocol.UNSUPPORTED, text), "relay.open")
		return null
	var made := _new_peer()
	_mode = mode
	_room = ""
	if room:
		enter(room, is_first)
	return made


# A room was joined, in which nobody else can be peer 1 where `is_first` says so.
func enter(room: String, is_first: bool = false) -> void:
	var peer := _peer()
	if peer == null or _room:
		return
	_room = room
	if is_first:
		peer.reign()
	var asked := {"engine": 3, "meets": true}
	if _mode:
		asked["mode"] = _mode
	_ask("relay.open", asked)


# A room was left.
func leave(room: String) -> void:
	if room == _room:
		_lose()


# No room was joined: who waited for one does so no longer.
func miss() -> void:
	var peer := _peer()
	if peer and not _room:
		peer.finish()


# See `EstragonRooms.hand_over`.
func hand_over(value) -> EstragonResult:
	var result: EstragonResult
	for data in EstragonRelayHandover.parts_of(value):
		var asked = _session.request("relay.hand_over", data, {"room": _room})
		result = yield(asked, "completed")
		if result.peek():
			break
	return result


# Sends a frame of a peer's.
func send(frame: PoolByteArray, is_reliable: bool) -> void:
	if not _is_open:
		return
	if is_reliable:
		_session.send_bytes("relay_reliable", frame)
	else:
		_session.send_droppable("relay_unreliable", frame)


# As peer 1, disconnects another.
func dismiss(id: int) -> void:
	_ask("relay.close", {"peer": id})


# As peer 1, has said to a newcomer what it says to one. Where we are that no longer it is refused, and
# nobody's loss.
func meet(id: int) -> void:
	var asked = _session.request("relay.met", {"peer": id}, {"room": _room})
	var result: EstragonResult = yield(asked, "completed")
	result.ignore()


# As peer 1, refuses new peers, or takes them again.
func refuse(enable: bool) -> void:
	if _is_open:
		_ask("relay.refuse", {"refuse": enable})


# A peer was let go of, or has left.
func abandon(id: int) -> void:
	if id != _current_id:
		return
	_current_id = 0
	if _room and _is_open:
		_ask("relay.close", {})
	_is_open = false
	_room = ""


# The peer there is, or null.
func _peer() -> EstragonMultiplayerPeer:
	if _current_id == 0 or _peers.empty():
		return null
	var peer: EstragonMultiplayerPeer = _peers.back().get_ref()
	return peer if peer and not peer.is_over() else null


func _new_peer() -> EstragonMultiplayerPeer:
	var made: NetworkedMultiplayerPeer = ClassDB.instance(_CUSTOM)
	made.set_script(EstragonMultiplayerPeer)
	made.call("prepare", self)
	if _peers.empty():
		Engine.get_main_loop().connect("idle_frame", self, "_on_frame")
	_peers.append(weakref(made))
	_current_id = made.get_instance_id()
	return made as EstragonMultiplayerPeer


# Brings what came to the engine, once a frame, before anything is processed: a NetworkedMultiplayerCustom
# cannot be told when the engine polls it.
func _on_frame() -> void:
	_session.poll()
	for held in _peers.duplicate():
		var peer: EstragonMultiplayerPeer = held.get_ref()
		if peer:
			peer.take()
		if not peer or peer.is_over():
			_peers.erase(held)
	_look()
	if _peers.empty():
		Engine.get_main_loop().disconnect("idle_frame", self, "_on_frame")


# A peer that the engine had, and has no more, is over.
func _look() -> void:
	var peer := _peer()
	if peer == null or not peer.is_let_go():
		_had_at = _session.world.now()
		_looks = 0
		return
	_looks += 1
	if _looks > _LOOKS and _session.world.now() - _had_at > _LET_GO_MS:
		peer.leave()


func _on_answered(type: String, result: EstragonResult) -> void:
	if type != "relay.open":
		return
	var peer := _peer()
	if result.peek():
		if peer:
			peer.finish()
		return
	var id: int = result.data["peer"]
	var is_another := peer != null and id != 1 and peer.is_open()
	if peer == null or is_another:
		_ask("relay.close", {})
		if peer:
			peer.finish()
		return
	_is_open = true
	_begin(peer, id, result.data, false)
	_handover.expect(result.data["handover"], self, "_go_on", [peer])


func _on_message(message: EstragonMessage) -> void:
	if message.room != _room or not message.type.begins_with("relay."):
		return
	if message.type == "relay.handed_over":
		_handover.take(str(message.data["data"]))
		return
	var peer := _peer()
	if peer == null:
		return
	match message.type:
		"relay.peer":
			peer.add(message.data["peer"])
		"relay.gone":
			if message.data["peer"] == peer.get_unique_id():
				_lose()
			else:
				peer.drop(message.data["peer"])
		"relay.epoch":
			_on_epoch(peer, message.data)


func _on_bytes(bytes: PoolByteArray) -> void:
	var kind: int = bytes[0] & EstragonProtocol.KIND_MASK if bytes.size() > 0 else 0
	var is_ours := (
		kind == EstragonProtocol.RELAY_RELIABLE_KIND
		or kind == EstragonProtocol.RELAY_UNRELIABLE_KIND
	)
	var peer: EstragonMultiplayerPeer = _peer() if is_ours and _is_open else null
	if peer and EstragonRelayFrame.is_whole(bytes):
		peer.receive(bytes)
	elif peer:
		var text := "relay: the server sent what is no frame: " + bytes.hex_encode().left(80)
		_session.emit_signal("warned", text)


# Who was connected is no longer, and gets a fresh peer; who waited goes on with its own.
func _on_epoch(peer: EstragonMultiplayerPeer, data: Dictionary) -> void:
	var ids := {}
	for change in data["ids"]:
		ids[change[0]] = change[1]
	var id: int = ids.get(peer.get_unique_id(), peer.get_unique_id())
	if not peer.was_begun():
		_begin(peer, id, data, false)
		return
	var fresh := _new_peer()
	_begin(fresh, id, data, true)
	var bytes: int = data["handover"] if id == 1 else 0
	_handover.expect(bytes, self, "_part", [peer, fresh, ids])


func _begin(peer: EstragonMultiplayerPeer, id: int, data: Dictionary, follows: bool) -> void:
	var ids := []
	for one in data["peers"]:
		ids.append(one["peer"])
	peer.begin(id, data["epoch"], ids, data["mode"] == "star", follows)


# Of who opens its relay as peer 1, where there was one before.
func _go_on(peer: EstragonMultiplayerPeer, handover) -> void:
	if handover != null:
		emit_signal("migrated", _room, peer, handover, {})


# Once all before was taken, the engine is told of the loss, and then of the fresh one.
func _part(
	peer: EstragonMultiplayerPeer, fresh: EstragonMultiplayerPeer, ids: Dictionary, handover
) -> void:
	peer.finish("_replace", [fresh, ids, handover])


func _replace(fresh: EstragonMultiplayerPeer, ids: Dictionary, handover) -> void:
	if not fresh.is_over():
		emit_signal("migrated", _room, fresh, handover, ids)


# Nothing of the relay is left: what came before is still taken.
func _lose() -> void:
	var peer := _peer()
	_current_id = 0
	_is_open = false
	_room = ""
	_handover.give_up()
	if peer:
		peer.finish()


# What waits for a room still does.
func _on_begun_again(_reason: String) -> void:
	if _room:
		_lose()


func _on_state_changed(state: int, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CLOSED:
		_lose()


# Asks, and leaves it to `Network.error_received` to tell of a failure.
func _ask(type: String, data: Dictionary) -> void:
	_session.request(type, data, {"room": _room})
