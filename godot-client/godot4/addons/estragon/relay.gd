class_name EstragonRelay
extends RefCounted
## The peer that this session is in a room's relay: games have it by
## [method EstragonRooms.multiplayer_peer].

## Another epoch has begun for a peer that was connected, see [signal EstragonRooms.host_migrated].
signal migrated(
	room: String, peer: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary
)

## In place of the code of a room that is yet to be made.
const _NEW_ROOM := "new"

## The frame in which the engine last polled a peer, and the session with it.
var polled_in: int:
	get:
		return _watch.polled_in

var _session: EstragonSession
## The peer there is, which only the engine and the game keep alive.
var _current: WeakRef
## What comes for it.
var _queue: EstragonRelayQueue
var _asks: EstragonRelayAsks
var _watch: EstragonRelayWatch
## For which peer, by its instance, an answer is awaited; 0 for none. And of which room.
var _asked_for: int = 0
var _asked_room: String = ""
var _handover: EstragonRelayHandover = EstragonRelayHandover.new()


func _init(session: EstragonSession) -> void:
	_session = session
	_asks = EstragonRelayAsks.new(session)
	_watch = EstragonRelayWatch.new(session)
	_session.answered.connect(_on_answered)
	_session.message_received.connect(_on_message)
	_session.was_reset.connect(_on_begun_again.unbind(1))
	_session.was_lost.connect(_on_begun_again.unbind(1))
	_session.state_changed.connect(_on_state_changed)


## A new peer, of the room with the code [param room] or, empty, of the next that is joined; the one
## before is over. [param is_first]: nobody else can be peer 1 there.
func make(room: String, mode: String, is_first: bool = false) -> EstragonMultiplayerPeer:
	var before := _peer()
	if before:
		before.close()
	var made := _make()
	_asks.mode = mode
	_asks.room = ""
	if room:
		enter(room, is_first)
	return made


## A room was joined, in which nobody else can be peer 1 where [param is_first] says so.
func enter(room: String, is_first: bool) -> void:
	var peer := _peer()
	if peer == null or _asks.room:
		return
	_asks.room = room
	if is_first:
		peer.reign()
	_open()


## See [method EstragonRooms.dedicate]: of the room with the code [param room] or, empty, of one that
## [param making] describes.
func dedicate(room: String, making: Dictionary, mode: String) -> EstragonResult:
	var peer := make("", mode)
	_asks.room = room if room else _NEW_ROOM
	while _asked_for:
		await _session.answered
	_asked_for = peer.get_instance_id()
	_asked_room = room
	var result := await _asks.dedicate(room, making)
	if not result.peek():
		result.peer = peer
	return result


## A room was left.
func leave(room: String) -> void:
	if room == _asks.room:
		_lose()


## No room was joined: who waited for one does so no longer.
func miss() -> void:
	var peer := _peer()
	if peer and not _asks.room:
		peer.finish()


## See [method EstragonRooms.hand_over].
func hand_over(value: Variant) -> EstragonResult:
	return await _asks.hand_over(value)


## To be called once a frame: a connected peer that nobody polls is over.
func look() -> void:
	var peer := _peer()
	if _watch.look(peer != null and _asks.is_open and peer.is_met()):
		peer.close()


func _peer() -> EstragonMultiplayerPeer:
	if _current == null:
		return null
	var peer: EstragonMultiplayerPeer = _current.get_ref()
	return peer if peer and not peer.is_over() else null


## A peer that is the current one from now on, on a line of its own.
func _make() -> EstragonMultiplayerPeer:
	var line := EstragonRelayLine.new()
	_queue = EstragonRelayQueue.new()
	var made := EstragonMultiplayerPeer.new(line, _queue)
	var id := made.get_instance_id()
	line.poll = _watch.poll.bind(id)
	line.sent.connect(_asks.send)
	line.dismissed.connect(_asks.dismiss)
	line.met.connect(_asks.meet)
	line.refused.connect(_asks.refuse)
	line.abandoned.connect(_abandon.bind(id))
	_current = weakref(made)
	_watch.begin(id)
	return made


## A peer was let go of, or closed.
func _abandon(id: int) -> void:
	if id != _watch.current:
		return
	_forget()
	_handover.give_up()
	if _asks.room and _asks.is_open:
		_asks.close()
	_asks.is_open = false
	_asks.room = ""


## Asks for the peer there is, unless an answer for one before it is still to come: then after that.
func _open() -> void:
	if _asked_for:
		return
	_asked_for = _watch.current
	_asked_room = _asks.room
	_asks.open()


func _on_answered(type: String, result: EstragonResult) -> void:
	if type != "relay.open":
		return
	var peer := _peer()
	var is_stale := _asked_for != _watch.current
	_asked_for = 0
	if is_stale:
		if not result.peek():
			var made: Dictionary = result.data.get("room", {"code": _asked_room})
			var code: String = made["code"]
			_asks.give_back(code)
		if peer and _asks.room:
			_open()
		return
	if result.peek():
		if peer:
			peer.finish()
		return
	var data := result.data
	if data.has("room"):
		_asks.room = data["room"]["code"]
	var id: int = data["peer"]
	var is_another := peer != null and id != 1 and not peer.is_connecting()
	if peer == null or is_another:
		_asks.close()
		if peer:
			peer.finish()
		return
	_asks.is_open = true
	_begin(peer, id, data)
	if peer.get_unique_id() == 1 and peer.is_refusing_new_connections():
		_asks.refuse(true)
	_expect_handover(data, func(handover: Variant) -> void:
		if handover != null:
			_emit_migrated(peer, handover, {}))


func _on_message(message: EstragonMessage) -> void:
	if message.room != _asks.room or not message.type.begins_with("relay."):
		return
	if message.type == "relay.handed_over":
		_handover.take(str(message.data["data"]))
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


## Who was connected is no longer, and gets a fresh peer; who waited goes on with its own.
func _on_epoch(peer: EstragonMultiplayerPeer, data: Dictionary) -> void:
	var ids := {}
	for change: Array in data["ids"]:
		ids[change[0]] = change[1]
	var id: int = ids.get(peer.get_unique_id(), peer.get_unique_id())
	if not peer.was_begun():
		_begin(peer, id, data)
		return
	var fresh := _make()
	_begin(fresh, id, data, true)
	_expect_handover(data if id == 1 else {}, func(handover: Variant) -> void:
		peer.finish(_replace.bind(fresh, handover, ids)))


func _begin(
	peer: EstragonMultiplayerPeer, id: int, data: Dictionary, follows: bool = false
) -> void:
	var ids: Array[int] = []
	for one: Dictionary in data["peers"]:
		var its_id: int = one["peer"]
		ids.append(its_id)
	var epoch: int = data["epoch"]
	var mode: String = data["mode"]
	peer.begin(id, epoch, mode == "star", ids, follows)
	_session.bring_relayed(_queue)


## The engine has let go of the old peer: the fresh one is offered.
func _replace(fresh: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary) -> void:
	EstragonRelaySuccession.follow(func() -> void:
		if not fresh.is_over():
			_emit_migrated(fresh, handover, ids)
			fresh.introduce())


func _emit_migrated(peer: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary) -> void:
	migrated.emit(_asks.room, peer, handover, ids)


func _expect_handover(data: Dictionary, then: Callable) -> void:
	var bytes: int = data.get("handover", 0)
	_handover.expect(bytes, then)


## What waits for a room still does.
func _on_begun_again() -> void:
	if _asks.room:
		_lose()


## There is no peer any more.
func _forget() -> void:
	_current = null
	_watch.current = 0
	_queue = null
	_session.bring_relayed(null)


## Nothing of the relay is left: what came before is still taken.
func _lose() -> void:
	var peer := _peer()
	_forget()
	_asks.is_open = false
	_asks.room = ""
	if peer:
		peer.finish()
	_handover.give_up()


func _on_state_changed(state: EstragonSession.State, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CLOSED:
		_lose()
