# The rooms this session sits in.
class_name EstragonRooms
extends Reference

# warning-ignore-all:return_value_discarded

# We took a seat; `room` is an EstragonRoom.
signal joined(room)
# We are no longer in it: left, or the session was lost.
signal left(room)

const EstragonMessage := preload("message.gd")
const EstragonResult := preload("result.gd")
const EstragonRoom := preload("room.gd")
const EstragonSession := preload("session.gd")

# The rooms we are in: EstragonRoom by code.
var all: Dictionary = {}

var _session: EstragonSession


func _init(session: EstragonSession) -> void:
	_session = session
	_session.connect("answered", self, "_on_answered")
	_session.connect("message_received", self, "_on_message")
	_session.connect("snapshot_received", self, "_on_snapshot")
	_session.connect("was_lost", self, "_on_lost")
	_session.connect("state_changed", self, "_on_state_changed")


# Takes a seat in a room of this kind, made if there is none with a free one. On success the
# result's `room` is the room. `data` is what the kind asks of who joins.
func join_or_create(kind: String, name: String = "", data = null) -> EstragonResult:
	var asked := _joining(name, data)
	asked["kind"] = kind
	return _seated(yield(_session.request("room.join_or_create", asked), "completed"))


# Takes a seat in the room with this code; see `join_or_create`.
func join(code: String, name: String = "", data = null) -> EstragonResult:
	var asked := _joining(name, data)
	asked["code"] = code
	return _seated(yield(_session.request("room.join", asked), "completed"))


# The room with this code; without one, the only room we are in. null if there is none.
func room(code: String = "") -> EstragonRoom:
	if code:
		return all.get(code)
	return all.values()[0] if all.size() == 1 else null


func _joining(name: String, data) -> Dictionary:
	var asked := {}
	if name:
		asked["name"] = name
	if data != null:
		asked["data"] = data
	return asked


func _seated(result: EstragonResult) -> EstragonResult:
	if result.ok:
		result.room = all.get(result.data["room"]["code"])
	return result


# Takes the seat when its reply comes, before what the server says of that room next.
func _on_answered(type: String, result: EstragonResult) -> void:
	if not result.ok or (type != "room.join" and type != "room.join_or_create"):
		return
	var added := _add(result.data)
	added.fill(result.data["members"])
	emit_signal("joined", added)


# The seat a join's reply or a snapshot tells of.
func _add(seat: Dictionary) -> EstragonRoom:
	var code: String = seat["room"]["code"]
	if all.has(code):
		return all[code]
	var added := EstragonRoom.new(_session, seat)
	all[code] = added
	added.connect("closed", self, "_on_closed", [code])
	return added


func _on_message(message: EstragonMessage) -> void:
	var its_room: EstragonRoom = all.get(message.room)
	if its_room:
		its_room.apply(message)


func _on_snapshot(pages: Array) -> void:
	var seated := {}
	for page in pages:
		for seat in page["rooms"]:
			var its_room := _add(seat)
			if not seated.has(its_room.code):
				its_room.members.clear()
				seated[its_room.code] = true
			its_room.fill(seat["members"])
	for code in all.keys():
		var its_room: EstragonRoom = all[code]
		its_room.emit_signal("members_changed" if seated.has(code) else "closed")


func _on_state_changed(state: int, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CLOSED:
		_close_all()


func _on_lost(_reason: String) -> void:
	_close_all()


func _close_all() -> void:
	for its_room in all.values():
		its_room.emit_signal("closed")


func _on_closed(code: String) -> void:
	var closed: EstragonRoom = all.get(code)
	if closed:
		all.erase(code)
		emit_signal("left", closed)
