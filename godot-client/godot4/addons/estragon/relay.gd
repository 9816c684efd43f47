class_name EstragonRelay
extends RefCounted
## The peer that this session is in a room's relay: games have it by
## [method EstragonRooms.multiplayer_peer].

## Another epoch has begun for a peer that was connected, see [signal EstragonRooms.host_migrated].
signal migrated(
	room: String, peer: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary
)

## As many bytes of what is handed over fit one message as base64.
const _PART_BYTES := 36_000
## A peer that the engine did not poll for so long is held by nothing but a variable of the game's.
const _UNPOLLED_MS := 1_000.0
## And so often may it have been looked at.
const _LOOKS := 10

## In place of the code of a room that is yet to be made.
const _NEW_ROOM := "new"

var _session: EstragonSession
## The peer there is, which only the engine and the game keep alive.
var _current: WeakRef
var _current_id: int = 0
var _room: String = ""
var _mode: String = ""
## Whether the server takes us for a peer.
var _is_open: bool = false
## Of a peer that takes over: what is called once all of what was handed over is here.
var _then: Callable = Callable()
var _parts: PackedByteArray = PackedByteArray()
var _awaited: int = 0
var _polled_at: float = 0.0
var _looks: int = 0
var _is_pumping: bool = false


func _init(session: EstragonSession) -> void:
	_session = session
	_session.answered.connect(_on_answered)
	_session.message_received.connect(_on_message)
	_session.bytes_received.connect(_on_bytes)
	_session.was_reset.connect(_on_begun_again.unbind(1))
	_session.was_lost.connect(_on_begun_again.unbind(1))
	_session.state_changed.connect(_on_state_changed)


## A new peer, of the room with the code [param room] or, empty, of the next that is joined; the one
## before is over.
func make(room: String, mode: String) -> EstragonMultiplayerPeer:
	var before := _peer()
	if before:
		before.close()
	var made := EstragonMultiplayerPeer.new(self)
	_hold(made)
	_mode = mode
	_room = ""
	if room:
		enter(room)
	return made


## A room was joined.
func enter(room: String) -> void:
	if _peer() == null or _room:
		return
	_room = room
	var asked := {"engine": 4}
	if _mode:
		asked["mode"] = _mode
	_ask("relay.open", asked)


## See [method EstragonRooms.dedicate]: of the room with the code [param room] or, empty, of one that
## [param making] describes.
func dedicate(room: String, making: Dictionary, mode: String) -> EstragonResult:
	var peer := make("", mode)
	_room = room if room else _NEW_ROOM
	var asked := {"engine": 4, "dedicated": true}
	if not room:
		asked["make"] = making
	if mode:
		asked["mode"] = mode
	var result := await _session.request("relay.open", asked, {"room": room} if room else {})
	if not result.peek():
		result.peer = peer
	return result


## A room was left.
func leave(room: String) -> void:
	if room == _room:
		_lose()


## See [method EstragonRooms.hand_over].
func hand_over(value: Variant) -> EstragonResult:
	var bytes := var_to_bytes(value)
	var at := 0
	while true:
		var part := bytes.slice(at, at + _PART_BYTES)
		at += _PART_BYTES
		var more := at < bytes.size()
		var data := {"data": Marshalls.raw_to_base64(part), "more": more}
		var result := await _session.request("relay.hand_over", data, {"room": _room})
		if result.peek() or not more:
			return result
	return null


## Sends a frame of a peer's.
func send(frame: PackedByteArray, is_reliable: bool) -> void:
	if not _is_open:
		return
	if is_reliable:
		_session.send_bytes("relay_reliable", frame)
	else:
		_session.send_droppable("relay_unreliable", frame)


## Has what was put leave at the end of this frame.
func flush_soon(peer: EstragonMultiplayerPeer) -> void:
	peer.flush.call_deferred()


## As peer 1, disconnects another.
func dismiss(id: int) -> void:
	_ask("relay.close", {"peer": id})


## As peer 1, refuses new peers, or takes them again.
func refuse(enable: bool) -> void:
	if _is_open:
		_ask("relay.refuse", {"refuse": enable})


## The engine has polled a peer: what came is brought to it.
func polled(peer: EstragonMultiplayerPeer) -> void:
	if peer.get_instance_id() == _current_id:
		_polled_at = _session.world.now()
		_looks = 0
	if _is_pumping:
		return
	_is_pumping = true
	_session.poll()
	_is_pumping = false


## To be called once a frame: a connected peer that nobody polls is over.
func look() -> void:
	var peer := _peer()
	if peer == null or not _is_open or peer.is_connecting():
		_polled_at = _session.world.now()
		_looks = 0
		return
	_looks += 1
	if _looks > _LOOKS and _session.world.now() - _polled_at > _UNPOLLED_MS:
		peer.close()


## A peer was let go of, or closed.
func abandon(id: int) -> void:
	if id != _current_id:
		return
	_current = null
	_current_id = 0
	_then = Callable()
	if _room and _is_open:
		_ask("relay.close", {})
	_is_open = false
	_room = ""


func _peer() -> EstragonMultiplayerPeer:
	if _current == null:
		return null
	var peer: EstragonMultiplayerPeer = _current.get_ref()
	return peer if peer and not peer.is_over() else null


func _hold(peer: EstragonMultiplayerPeer) -> void:
	_current = weakref(peer)
	_current_id = peer.get_instance_id()
	_polled_at = _session.world.now()
	_looks = 0


func _on_answered(type: String, result: EstragonResult) -> void:
	if type != "relay.open":
		return
	var peer := _peer()
	if not result.peek() and result.data.has("room"):
		_room = result.data["room"]["code"]
	if result.peek() or peer == null:
		if not result.peek():
			_ask("relay.close", {})
		elif peer:
			peer.finish()
		return
	_is_open = true
	var data := result.data
	var id: int = data["peer"]
	_begin(peer, id, data)
	if peer.get_unique_id() == 1 and peer.is_refusing_new_connections():
		refuse(true)
	_await_handover(data, func(handover: Variant) -> void:
		if handover != null:
			_emit_migrated(peer, handover, {}))


func _on_message(message: EstragonMessage) -> void:
	if message.room != _room or not message.type.begins_with("relay."):
		return
	if message.type == "relay.handed_over":
		_take_part(str(message.data["data"]))
		return
	var peer := _peer()
	if peer == null:
		return
	match message.type:
		"relay.peer":
			var id: int = message.data["peer"]
			peer.add(id)
		"relay.gone":
			var id: int = message.data["peer"]
			if id == peer.get_unique_id():
				_lose()
			else:
				peer.drop(id)
		"relay.epoch":
			_on_epoch(peer, message.data)


func _on_bytes(bytes: PackedByteArray) -> void:
	var kind := bytes[0] & EstragonProtocol.KIND_MASK if bytes else 0
	var is_ours := (
		kind == EstragonProtocol.RELAY_RELIABLE_KIND
		or kind == EstragonProtocol.RELAY_UNRELIABLE_KIND
	)
	var peer := _peer() if is_ours and _is_open else null
	if peer and EstragonRelayFrame.from_at(bytes) > 0:
		peer.receive(bytes)


## Who was connected is no longer, and gets a fresh peer; who waited goes on with its own.
func _on_epoch(peer: EstragonMultiplayerPeer, data: Dictionary) -> void:
	var ids := {}
	for change: Array in data["ids"]:
		ids[change[0]] = change[1]
	var id: int = ids.get(peer.get_unique_id(), peer.get_unique_id())
	if not peer.was_begun():
		_begin(peer, id, data)
		return
	var fresh := EstragonMultiplayerPeer.new(self)
	_hold(fresh)
	_begin(fresh, id, data)
	_await_handover(data if id == 1 else {}, func(handover: Variant) -> void:
		peer.finish(_replace.bind(fresh, handover, ids)))


func _begin(peer: EstragonMultiplayerPeer, id: int, data: Dictionary) -> void:
	var ids: Array[int] = []
	for one: Dictionary in data["peers"]:
		var its_id: int = one["peer"]
		ids.append(its_id)
	var epoch: int = data["epoch"]
	var mode: String = data["mode"]
	peer.begin(id, epoch, mode == "star", ids)


## In the old peer's poll: the engine tells of the loss when it returns, and clears; the fresh one is
## offered later in this frame, before anything is processed.
func _replace(fresh: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary) -> void:
	var tree := Engine.get_main_loop() as SceneTree
	tree.process_frame.connect(
		func() -> void:
			_free_spawned(tree)
			if not fresh.is_over():
				_emit_migrated(fresh, handover, ids),
		CONNECT_ONE_SHOT
	)


func _emit_migrated(peer: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary) -> void:
	migrated.emit(_room, peer, handover, ids)


## What spawners have in the delete queue would keep its names until the end of the frame.
func _free_spawned(tree: SceneTree) -> void:
	for found: Node in tree.root.find_children("*", "MultiplayerSpawner", true, false):
		var spawner: MultiplayerSpawner = found
		var parent := spawner.get_node_or_null(spawner.spawn_path)
		if parent == null:
			continue
		for child: Node in parent.get_children():
			if child.is_queued_for_deletion():
				child.free()


## Calls [param then] with what was handed over, once all of it has come; [code]null[/code] for
## nothing.
func _await_handover(data: Dictionary, then: Callable) -> void:
	_parts = PackedByteArray()
	_awaited = data.get("handover", 0)
	if _awaited == 0:
		then.call(null)
	else:
		_then = then


func _take_part(data: String) -> void:
	_parts.append_array(Marshalls.base64_to_raw(data))
	if _parts.size() < _awaited or not _then.is_valid():
		return
	var then := _then
	_then = Callable()
	then.call(bytes_to_var(_parts))
	_parts = PackedByteArray()


## What waits for a room still does.
func _on_begun_again() -> void:
	if _room:
		_lose()


## Nothing of the relay is left: what came before is still taken.
func _lose() -> void:
	var peer := _peer()
	_current = null
	_current_id = 0
	_is_open = false
	_room = ""
	_then = Callable()
	if peer:
		peer.finish()


func _on_state_changed(state: EstragonSession.State, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CLOSED:
		_lose()


## Asks, and leaves it to [code]Network.error_received[/code] to tell of a failure.
func _ask(type: String, data: Dictionary) -> void:
	_session.request(type, data, {"room": _room})
