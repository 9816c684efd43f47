# What comes: counted, checked against the tables, and brought to who waits for it.
class_name EstragonIncoming
extends Reference

# warning-ignore-all:return_value_discarded

# A message cannot be read, for this reason.
signal warned(text)
# The server refused something that was no request; `error` is an EstragonError.
signal error_received(error)

const EstragonError := preload("error.gd")
const EstragonLiveness := preload("liveness.gd")
const EstragonMessage := preload("message.gd")
const EstragonOutgoing := preload("outgoing.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonRequests := preload("requests.gd")
const EstragonResult := preload("result.gd")
const EstragonResume := preload("resume.gd")
# What a relay refuses of bytes that were under way when it changed.
const _OVERTAKEN := [EstragonProtocol.RELAY_EPOCH, EstragonProtocol.NOT_A_PEER]

var _resume: EstragonResume
var _requests: EstragonRequests
var _outgoing: EstragonOutgoing
var _liveness: EstragonLiveness


func _init(
	resume: EstragonResume,
	requests: EstragonRequests,
	outgoing: EstragonOutgoing,
	liveness: EstragonLiveness
) -> void:
	_resume = resume
	_requests = requests
	_outgoing = outgoing
	_liveness = liveness


# Reads text; returns what it says unless that was for the session itself, and null then.
func read(text: String) -> EstragonMessage:
	_liveness.silent = 0
	var parsed := JSON.parse(text)
	var frame = parsed.get_result() if parsed.get_error() == OK else null
	var is_counted := EstragonMessage.is_counted(frame)
	if is_counted:
		_resume.received += 1
	if typeof(frame) != TYPE_DICTIONARY:
		emit_signal("warned", "the server sent what is no message: %s" % text.left(80))
		return null
	var message := EstragonMessage.new(frame, _resume.agrees)
	if message.problem:
		emit_signal("warned", message.problem)
		if is_counted:
			_decline(message)
		return null
	return null if message.type == "" or _is_ours(message) else message


# Counts a binary frame: what is of no binary kind does, as text without a type does.
func count(bytes: PoolByteArray) -> void:
	_liveness.silent = 0
	var kind: int = bytes[0] if bytes.size() > 0 else 0
	if kind < EstragonProtocol.BINARY_KINDS or kind & EstragonProtocol.COUNTED_BIT:
		_resume.received += 1


# Answers a question that cannot be read, so that nobody waits for its answer.
func _decline(message: EstragonMessage) -> void:
	if message.id and not message.re:
		var error := EstragonError.new(EstragonProtocol.REMOTE_ERROR, message.problem)
		_outgoing.answer("error", message.id, error.to_answer(message.type))


# Whether the message was for the session itself, which has it now.
func _is_ours(message: EstragonMessage) -> bool:
	if message.re:
		_settle(message)
		return true
	match message.type:
		"welcome", "session.ack", "session.reset", "session.snapshot":
			_resume.take(message)
		"error":
			var error := _error(message)
			if not (error.request.begins_with("relay_") and error.code in _OVERTAKEN):
				emit_signal("error_received", error)
		_:
			return false
	return true


# Brings an answer to what waits for it.
func _settle(message: EstragonMessage) -> void:
	if message.re == _resume.claim_id:
		_resume.judge(message)
	elif message.re == _liveness.ping_id:
		_liveness.hear(message)
	elif message.type == "session.hello":
		_resume.hear_hello(message.data)
	elif message.type != "error":
		_requests.answer(message.re, EstragonResult.new(message.data))
	elif not _requests.answer(message.re, EstragonResult.new({}, _error(message))):
		emit_signal("error_received", _error(message))


func _error(message: EstragonMessage) -> EstragonError:
	var error := EstragonError.new("")
	error.update(message.data)
	return error
