# A question that the server puts to us for somebody else: answered once, or not at all when nobody
# waits for the answer any more.
class_name EstragonQuestion
extends Reference

const EstragonError := preload("error.gd")
const EstragonHandlers := preload("handlers.gd")
const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSession := preload("session.gd")

# The name of the handler it is for.
var name: String
# Who asks.
var from: EstragonMember
# How long the asker waits, in seconds.
var timeout: float

var _session: EstragonSession
var _rooms: EstragonRooms
var _type: String
var _id: String
var _room: String
var _generation: int
var _deadline: float


func _init(session: EstragonSession, rooms: EstragonRooms, message: EstragonMessage) -> void:
	_session = session
	_rooms = rooms
	_type = message.type
	_id = message.id
	_room = message.room
	_generation = session.generation
	name = message.data["name"]
	from = rooms.sender(message)
	var timeout_ms: int = message.data.get("timeout", EstragonProtocol.LIMIT_ASK_MS)
	timeout = INF if timeout_ms >= EstragonProtocol.MOST_TOLD_MS else timeout_ms / 1000.0
	_deadline = session.world.now() + timeout_ms


# Has the handler of its name answer it, which may take its time.
func put_to(handlers: EstragonHandlers, args: Array) -> void:
	var result = handlers.run(name, args)
	if result is GDScriptFunctionState:
		result = yield(result, "completed")
	answer(result)


# Answers with the value of `result`, or with why there is none.
func answer(result: EstragonResult) -> void:
	if not is_awaited():
		if _is_late():
			_warn("not answered: %s s were over" % timeout)
		return
	var error := result.error
	if not error:
		error = _session.answer(_type, _id, {"value": result.value})
		if error:
			_warn(error.message)
	if error:
		_refuse(error)


# Whether the asker still waits, as far as we know: not when its time is over, the room was left, or
# the session was reset or lost.
func is_awaited() -> bool:
	if _is_late() or _generation != _session.generation:
		return false
	return not _room or _rooms.room(_room) != null


func _is_late() -> bool:
	return _session.world.now() > _deadline


func _refuse(error: EstragonError) -> void:
	var unsent := _session.answer("error", _id, error.to_answer(_type))
	if unsent:
		_warn("not answered: %s" % unsent)


func _warn(text: String) -> void:
	_session.emit_signal("warned", "%s %s: %s" % [_type, name, text])
