class_name EstragonQuestion
extends RefCounted
## A question that the server puts to us for somebody else: answered once, or not at all when
## nobody waits for the answer any more.

const _MOST_CHARACTERS := 1_000

## The name of the handler it is for.
var name: String
## Who asks.
var from: EstragonMember
## How long the asker waits, in seconds; [code]INF[/code] as long as both are here.
var timeout: float
## The code of the room it was asked in.
var room: String

var _session: EstragonSession
var _rooms: EstragonRooms
var _type: String
var _id: String
var _generation: int
var _deadline: float


func _init(session: EstragonSession, rooms: EstragonRooms, message: EstragonMessage) -> void:
	_session = session
	_rooms = rooms
	_type = message.type
	_id = message.id
	_generation = session.generation
	name = message.data["name"]
	from = rooms.sender(message)
	room = message.room
	var timeout_ms: int = message.data.get("timeout", EstragonProtocol.LIMIT_ASK_MS)
	timeout = INF if timeout_ms >= EstragonProtocol.MOST_TOLD_MS else timeout_ms / 1000.0
	_deadline = session.world.now() + timeout_ms


## Answers with [param value]; an [EstragonError], or what JSON cannot hold, says that it failed.
func answer(value: Variant) -> void:
	if not _is_awaited():
		return
	var error := EstragonHandlers.failure(_type, value)
	if not error:
		error = _session.answer(_type, _id, {"value": value})
	if error:
		_session.warned.emit("%s %s: %s" % [_type, name, error.message])
		refuse(error)


## Answers that there is no value, and why.
func refuse(error: EstragonError) -> void:
	var unsent := _session.answer("error", _id, _failure(_type, error))
	if unsent:
		_session.warned.emit("%s %s: not answered: %s" % [_type, name, unsent])


## What answers a question that cannot even be read, so that whoever waits need not wait for long.
static func unreadable(message: EstragonMessage) -> Dictionary:
	return _failure(
		message.type, EstragonError.local(EstragonProtocol.REMOTE_ERROR, message.problem)
	)


## What an error says that answers a message of [param type].
static func _failure(type: String, error: EstragonError) -> Dictionary:
	var is_absent := error.code == EstragonProtocol.UNREGISTERED_HANDLER
	var code := error.code if is_absent else EstragonProtocol.REMOTE_ERROR
	return {
		"code": code,
		"status": EstragonProtocol.ERROR_STATUS[code],
		"message": error.message.left(_MOST_CHARACTERS),
		"request": type,
	}


## Whether the asker still waits, as far as we know.
func _is_awaited() -> bool:
	if _session.generation != _generation or (room and not _rooms.room(room)):
		return false
	if _session.world.now() <= _deadline:
		return true
	_session.warned.emit("%s %s: not answered: %s s were over" % [_type, name, timeout])
	return false
