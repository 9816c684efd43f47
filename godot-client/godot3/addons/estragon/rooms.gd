# The rooms this session sits in.
class_name EstragonRooms
extends Reference

# warning-ignore-all:return_value_discarded

# We took a seat; `room` is an EstragonRoom.
signal joined(room)
# We are no longer in it: left, kicked, the seat taken over, or the session lost.
signal left(room)
# The host of a room is another, for who was connected by `multiplayer_peer`: `peer` goes on with
# everybody who is left. Make it `get_tree().network_peer`, and where `get_tree().is_network_server()` is
# true restore the game from `handover`, what the host before said last by `hand_over` (null: nothing).
# `ids` has the numbers of those who have another now, by what they were. Nodes are as they were; who is
# whose `network_master` is for the game to say.
#
#     func _on_host_migrated(_room, peer, handover, ids):
#         get_tree().network_peer = peer
#         if get_tree().is_network_server(): restore(handover, ids)
signal host_migrated(room, peer, handover, ids)

const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonMultiplayerPeer := preload("multiplayer_peer.gd")
const EstragonRelay := preload("relay.gd")
const EstragonResult := preload("result.gd")
const EstragonRoom := preload("room.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonSession := preload("session.gd")
const EstragonStateFrame := preload("state_frame.gd")
# Blanks and dashes, those of Unicode included.
const _FILLERS := " \t\r\n-\u00a0\u2010\u2011\u2012\u2013\u2014\u2015"
const _JOINING := {"room.create": true, "room.join": true, "room.join_or_create": true}

# The rooms we are in: EstragonRoom by code.
var all: Dictionary = {}

var _session: EstragonSession
# The room that we made last: nobody else was its host before us.
var _made: String = ""
var _relay: EstragonRelay
# What rooms know, by its hash.
var _schemas: Dictionary = {}


func _init(session: EstragonSession) -> void:
	_session = session
	_session.connect("answered", self, "_on_answered")
	_session.connect("message_received", self, "_on_message")
	_session.connect("bytes_received", self, "_on_bytes")
	_session.connect("snapshot_received", self, "_on_snapshot")
	_session.connect("was_lost", self, "_on_lost")
	_session.connect("state_changed", self, "_on_state_changed")
	_relay = EstragonRelay.new(_session)
	_relay.connect("migrated", self, "_on_migrated")


# Makes a room of this kind and takes its first seat, as its host unless the kind says otherwise. On
# success the result's `room` is the room. `options` may hold `capacity`, `listed`, `properties`,
# `state` (what a room of the kind "open" knows), and `name` and `data` as for `join`.
func create(kind: String, options: Dictionary = {}) -> EstragonResult:
	var asked := options.duplicate()
	asked["kind"] = kind
	return _seated(yield(_session.request("room.create", asked), "completed"))


# Takes a seat in the first listed room of this kind that has one and says all of `properties`; in
# a new one if there is none. `name` is the name to be known by there, `data` what the kind asks of
# who joins. In place of `name` stands a Dictionary with any of `name`, `data`, `properties`, and
# `state`, what a new room of the kind "open" knows. On success the result's `room` is the room.
func join_or_create(
	kind: String, name = "", data = null, properties: Dictionary = {}
) -> EstragonResult:
	var asked := _joining(name, data)
	asked["kind"] = kind
	if not properties.empty():
		asked["properties"] = properties
	return _seated(yield(_session.request("room.join_or_create", asked), "completed"))


# Takes a seat in the room with this code, as a person types it: in either case, with blanks or
# dashes in it; see `join_or_create`. In place of `name` a Dictionary may have `name` and `data`.
func join(code: String, name = "", data = null) -> EstragonResult:
	var asked := _joining(name, data)
	asked["code"] = _typed(code)
	return _seated(yield(_session.request("room.join", asked), "completed"))


# The listed rooms, the oldest first: `rooms` of the result's data, and `next`, which asks for the
# next page, null for none. `filter` may hold `kind`, `properties`, `after` (that `next`), `limit`.
func list(filter: Dictionary = {}) -> EstragonResult:
	return yield(_session.request("room.list", filter), "completed")


# The room with this code; without one, the only room we are in. null if there is none.
func room(code: String = "") -> EstragonRoom:
	if code:
		return all.get(code)
	return all.values()[0] if all.size() == 1 else null


# Godot's own multiplayer among those who sit in a room, for `get_tree().network_peer`, in Godot 3.6: the
# room of `options`' `room`, a code, or the only one we are in, or else the next that we join: it has
# failed to connect where that fails. The room's host is peer 1; in a room that we have made it is so at
# once, as with ENet's `create_server`. As host, `mode` is "mesh" (all reach all) unless it says "star": everything goes by
# way of the host, as with ENet. The one made before is over. Godot before 3.6 can
# have none: it is null there, and `Network.error_received` tells UNSUPPORTED.
func multiplayer_peer(options: Dictionary = {}) -> EstragonMultiplayerPeer:
	var its_room := room(options.get("room", ""))
	var mode: String = options.get("mode", "")
	if not its_room:
		return _relay.make("", mode)
	return _relay.make(its_room.code, mode, its_room.code == _made and its_room.is_host)


# As host, says what the next one goes on from, as often as you like: the newest counts. Takes what
# `var2bytes` takes, 64 KiB of it.
func hand_over(value) -> EstragonResult:
	return yield(_relay.hand_over(value), "completed")


# Moves what rooms show, once a frame.
func poll() -> void:
	var now := _session.world.now()
	for its_room in all.values():
		its_room.state.poll(now)


# Who sent a message: a member, or a stand-in where it has left or the room's own logic speaks.
func sender(message: EstragonMessage) -> EstragonMember:
	var number := EstragonMember.number_of(message.from)
	var its_room := room(message.room)
	if its_room and its_room.members.has(number):
		return its_room.members[number]
	return EstragonMember.new(message.from)


func _joining(name, data) -> Dictionary:
	if typeof(name) == TYPE_DICTIONARY:
		return name.duplicate()
	var asked := {}
	if name:
		asked["name"] = name
	if data != null:
		asked["data"] = data
	return asked


# A code as it was typed: without blanks and dashes.
func _typed(code: String) -> String:
	var typed := ""
	for character in code.to_upper():
		if not character in _FILLERS:
			typed += character
	return typed


func _seated(result: EstragonResult) -> EstragonResult:
	if result.peek():
		_relay.miss()
	else:
		result.room = all.get(result.data["room"]["code"])
	return result


# Takes the seat when its reply comes, before what the server says of that room next.
func _on_answered(type: String, result: EstragonResult) -> void:
	if result.peek() or not _JOINING.has(type):
		return
	var added := _add(result.data)
	added.fill(result.data["members"])
	if type == "room.create":
		_made = added.code
	_relay.enter(added.code, added.code == _made and added.is_host)
	emit_signal("joined", added)


# The seat a join's reply or a snapshot tells of.
func _add(seat: Dictionary) -> EstragonRoom:
	var code: String = seat["room"]["code"]
	if all.has(code):
		return all[code]
	var added := EstragonRoom.new(_session, seat, _schemas)
	all[code] = added
	added.connect("closed", self, "_on_closed", [code])
	return added


func _on_message(message: EstragonMessage) -> void:
	var its_room: EstragonRoom = all.get(message.room)
	if its_room:
		its_room.apply(message)


func _on_bytes(frame: PoolByteArray) -> void:
	if frame.size() == 0 or frame[0] & EstragonProtocol.KIND_MASK != EstragonProtocol.STATE_DOWN_KIND:
		return
	var number := EstragonStateFrame.room_of(frame)
	for its_room in all.values():
		if its_room.state.number == number:
			its_room.state.receive(frame)
			_session.states[number] = its_room.state.have


func _on_snapshot(pages: Array) -> void:
	var known := all.keys()
	var told := {}
	for page in pages:
		for seat in page["rooms"]:
			var code: String = _add(seat).code
			var before: Dictionary = told.get(code, {"room": seat["room"], "members": []})
			before["members"] += seat["members"]
			told[code] = before
	for code in all.keys():
		var its_room: EstragonRoom = all[code]
		if told.has(code):
			its_room.restore(told[code]["room"], told[code]["members"])
			if not known.has(code):
				_relay.enter(code)
		else:
			its_room.emit_signal("closed")


func _on_state_changed(state: int, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CLOSED:
		_close_all()
	elif state == EstragonSession.State.OPEN:
		for its_room in all.values():
			its_room.state.resume()


func _on_lost(_reason: String) -> void:
	_close_all()


func _close_all() -> void:
	for its_room in all.values():
		its_room.emit_signal("closed")


func _on_closed(code: String) -> void:
	var closed: EstragonRoom = all.get(code)
	if closed:
		all.erase(code)
		_relay.leave(code)
		_session.states.erase(closed.state.number)
		emit_signal("left", closed)


func _on_migrated(
	code: String, peer: EstragonMultiplayerPeer, handover, ids: Dictionary
) -> void:
	if all.has(code):
		emit_signal("host_migrated", all[code], peer, handover, ids)
