class_name EstragonArrival
extends RefCounted
## A packet that came, and how it is answered, where it asks.

## What came.
var packet: EstragonPacket
## Who sent it: the member 0 is the server.
var from: EstragonMember
## The code of the room it is about; empty for none.
var room: String = ""

var _session: EstragonSession
var _packets: EstragonPacketSet
## What it asks under: a number where it came in bytes, text where it came as JSON.
var _id: Variant
var _generation: int


func _init(session: EstragonSession, packets: EstragonPacketSet, id: Variant) -> void:
	_session = session
	_packets = packets
	_id = id
	_generation = session.generation


## Whether nobody waits for it any more: the session was reset or lost.
func is_over() -> bool:
	return _generation != _session.generation


## Answers with [param value]; an [EstragonError], or what JSON cannot hold, says that it failed.
func answer(value: Variant) -> void:
	if is_over():
		return
	var error: EstragonError = value if value is EstragonError else _problem(value)
	if not error and _id != null:
		error = _say(value)
	if error:
		refuse(error)


## Answers that it is not accepted, or why there is no answer.
func refuse(error: EstragonError) -> void:
	if is_over():
		return
	if error.code != EstragonProtocol.VALIDATION_FAILED or _id == null:
		_session.warned.emit("%s: %s" % [packet.name if packet else "packet", error.message])
	if _id == null:
		return
	var told := {"code": error.code, "status": error.status, "request": "packet"}
	if not error.code in [EstragonProtocol.VALIDATION_FAILED, EstragonProtocol.UNREGISTERED_HANDLER]:
		told["code"] = EstragonProtocol.REMOTE_ERROR
		told["status"] = EstragonProtocol.ERROR_STATUS[told["code"]]
	told["message"] = error.message.left(1_000)
	if error.cause != null:
		told["cause"] = error.cause
	var unsent := _session.answer("error", _id, told)
	if unsent:
		_session.warned.emit("packet: not answered: %s" % unsent)


func _problem(value: Variant) -> EstragonError:
	var text := EstragonSchema.problem({"kind": "json"}, value, packet.name + ".respond")
	return EstragonError.local(EstragonProtocol.REMOTE_ERROR, text) if text else null


func _say(value: Variant) -> EstragonError:
	if typeof(_id) != TYPE_INT:
		return _session.answer("packet", _id, {"value": value})
	var number: int = _id
	return _session.answer_whole("packet", _packets.answer(number, value))
