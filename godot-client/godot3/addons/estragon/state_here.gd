# What the rows of a room need of it: whose they are, which time is shown, and a way to the server.
class_name EstragonStateHere
extends Reference

# warning-ignore-all:return_value_discarded

# What was asked anew will not come.
signal unanswered

const EstragonError := preload("error.gd")
const EstragonPlayback := preload("playback.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")

# Which time of the room is shown.
var playback: EstragonPlayback = EstragonPlayback.new(50.0)
# Whether something was written that is to be sent.
var is_wanted: bool = false

var _session: EstragonSession
var _room: WeakRef
var _code: String


# `room` is an EstragonRoom, which has this one's.
func _init(session: EstragonSession, room: Reference) -> void:
	_session = session
	_room = weakref(room)
	_code = room.get("code")


# This machine's time in milliseconds.
func now() -> float:
	return _session.world.now()


# Our own member number; 0 for none.
func you() -> int:
	var room = _room.get_ref()
	return room.you if room else 0


# Whether a row of this owner is ours to write, in a table that `writer` writes.
func may_write(writer: String, owner: int) -> bool:
	var room = _room.get_ref()
	if not room:
		return false
	return writer == "owner" and owner == room.you or writer == "host" and room.is_host


# Whether the game stands still.
func is_paused() -> bool:
	return _session.world.is_paused()


# Something was written.
func want() -> void:
	is_wanted = true


# Adds a row to a table.
func add(table: String, values: Dictionary, owner: int) -> EstragonResult:
	var asked := {"table": table, "values": values}
	if owner > 0:
		asked["owner"] = owner
	return yield(_session.request("state.add", asked, {"room": _code}), "completed")


# Removes one.
func remove(table: String, slot: int) -> EstragonResult:
	var asked := {"table": table, "slot": slot}
	return yield(_session.request("state.remove", asked, {"room": _code}), "completed")


# Sends what was written or done; whether that is possible just now.
func send(frame: PoolByteArray) -> bool:
	return _session.send_droppable("state_up", frame)


# What came does not follow what we have.
func resync() -> void:
	var asked = _session.request("state.resync", {}, {"room": _code})
	var result: EstragonResult = yield(asked, "completed")
	if result.peek():
		result.ignore()
		emit_signal("unanswered")


# Says what could not be written.
func tell(error: EstragonError) -> void:
	_session.unsent(error, "state_up")


# Something its developer should know.
func warn(text: String) -> void:
	_session.emit_signal("warned", "%s: %s" % [_code, text])
