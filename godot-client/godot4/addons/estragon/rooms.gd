class_name EstragonRooms
extends RefCounted
## The rooms this session sits in.

## We took a seat.
signal joined(room: EstragonRoom)
## We are no longer in it: left, or the session was lost.
signal left(room: EstragonRoom)

## The rooms we are in: [EstragonRoom] by code.
var all: Dictionary = {}

var _session: EstragonSession


func _init(session: EstragonSession) -> void:
	_session = session
	_session.answered.connect(_on_answered)
	_session.message_received.connect(_on_message)
	_session.snapshot_received.connect(_on_snapshot)
	_session.was_lost.connect(_close_all.unbind(1))
	_session.state_changed.connect(_on_state_changed)


## Takes a seat in a room of this kind, made if there is none with a free one. On success
## [member EstragonResult.room] is the room. [param data] is what the kind asks of who joins.
func join_or_create(kind: String, name: String = "", data: Variant = null) -> EstragonResult:
	var asked := _joining(name, data)
	asked["kind"] = kind
	return _seated(await _session.request("room.join_or_create", asked))


## Takes a seat in the room with this code; see [method join_or_create].
func join(code: String, name: String = "", data: Variant = null) -> EstragonResult:
	var asked := _joining(name, data)
	asked["code"] = code
	return _seated(await _session.request("room.join", asked))


## The room with this code; without one, the only room we are in. [code]null[/code] if there is none.
func room(code: String = "") -> EstragonRoom:
	if code:
		return all.get(code)
	return all.values()[0] if all.size() == 1 else null


func _joining(name: String, data: Variant) -> Dictionary:
	var asked := {}
	if name:
		asked["name"] = name
	if data != null:
		asked["data"] = data
	return asked


func _seated(result: EstragonResult) -> EstragonResult:
	if not result.ok:
		return result
	var about: Dictionary = result.data["room"]
	result.room = all.get(about["code"])
	return result


## Takes the seat when its reply comes, before what the server says of that room next.
func _on_answered(type: String, result: EstragonResult) -> void:
	if not result.ok or (type != "room.join" and type != "room.join_or_create"):
		return
	var added := _add(result.data)
	var infos: Array = result.data["members"]
	added.fill(infos)
	joined.emit(added)


## The seat a join's reply or a snapshot tells of.
func _add(seat: Dictionary) -> EstragonRoom:
	var about: Dictionary = seat["room"]
	var code: String = about["code"]
	if all.has(code):
		return all[code]
	var added := EstragonRoom.new(_session, seat)
	all[code] = added
	added.closed.connect(_on_closed.bind(code))
	return added


func _on_message(message: EstragonMessage) -> void:
	var its_room: EstragonRoom = all.get(message.room)
	if its_room:
		its_room.apply(message)


func _on_snapshot(pages: Array[Dictionary]) -> void:
	var seated := {}
	for page: Dictionary in pages:
		var seats: Array = page["rooms"]
		for seat: Dictionary in seats:
			var its_room := _add(seat)
			if not seated.has(its_room.code):
				its_room.members.clear()
				seated[its_room.code] = true
			var infos: Array = seat["members"]
			its_room.fill(infos)
	for code: String in all.keys():
		var its_room: EstragonRoom = all[code]
		if seated.has(code):
			its_room.members_changed.emit()
		else:
			its_room.closed.emit()


func _on_state_changed(state: EstragonSession.State, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CLOSED:
		_close_all()


func _close_all() -> void:
	for its_room: EstragonRoom in all.values():
		its_room.closed.emit()


func _on_closed(code: String) -> void:
	var closed: EstragonRoom = all.get(code)
	if closed:
		all.erase(code)
		left.emit(closed)
