# A packet that came, and how it is answered, where it asks.
class_name EstragonArrival
extends Reference

const EstragonError := preload("error.gd")
const EstragonMember := preload("member.gd")
const EstragonPacket := preload("packet.gd")
const EstragonPacketSet := preload("packet_set.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonSchema := preload("schema.gd")
const EstragonSession := preload("session.gd")

# What came.
var packet: EstragonPacket
# Who sent it: the member 0 is the server.
var from: EstragonMember
# The code of the room it is about; empty for none.
var room: String = ""

var _session: EstragonSession
var _packets: EstragonPacketSet
# What it asks under: a number where it came in bytes, text where it came as JSON.
var _id
var _generation: int


func _init(session: EstragonSession, packets: EstragonPacketSet, id) -> void:
	_session = session
	_packets = packets
	_id = id
	_generation = session.generation


# Whether nobody waits for it any more: the session was reset or lost.
func is_over() -> bool:
	return _generation != _session.generation


# Answers with `value`; an EstragonError, or what JSON cannot hold, says that it failed.
func answer(value) -> void:
	if is_over():
		return
	var error: EstragonError = value if value is EstragonError else _problem(value)
	if not error and _id != null:
		error = _say(value)
	if error:
		refuse(error)


# Answers that it is not accepted, or why there is no answer.
func refuse(error: EstragonError) -> void:
	if is_over():
		return
	var is_invalid := error.code == EstragonProtocol.VALIDATION_FAILED
	if not is_invalid or _id == null:
		var name: String = packet.name if packet else "packet"
		_session.emit_signal("warned", "%s: %s" % [name, error.message])
	if _id == null:
		return
	var told := error.to_answer("packet")
	if is_invalid:
		told["code"] = error.code
		told["status"] = error.status
	if error.cause != null:
		told["cause"] = error.cause
	var unsent := _session.answer("error", _id, told)
	if unsent:
		_session.emit_signal("warned", "packet: not answered: %s" % unsent)


func _problem(value) -> EstragonError:
	var text := EstragonSchema.problem({"kind": "json"}, value, packet.name + ".respond")
	return EstragonError.new(EstragonProtocol.REMOTE_ERROR, text) if text else null


func _say(value) -> EstragonError:
	if typeof(_id) != TYPE_INT:
		return _session.answer("packet", _id, {"value": value})
	return _session.answer_whole("packet", _packets.answer(_id, value))
