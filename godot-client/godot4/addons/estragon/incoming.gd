class_name EstragonIncoming
extends RefCounted
## What comes: counted, checked against the tables, and brought to who waits for it.

## A message cannot be read, for this reason.
signal warned(text: String)
## The server refused something that was no request.
signal error_received(error: EstragonError)

## What a relay refuses of bytes that were under way when it changed.
const _OVERTAKEN: Array[String] = [EstragonProtocol.RELAY_EPOCH, EstragonProtocol.NOT_A_PEER]

## Where what comes of a relay goes; [code]null[/code] while this is no peer of one.
var relayed: EstragonRelayQueue

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


## Reads text; returns what it says unless that was for the session itself, and
## [code]null[/code] then.
func read(text: String) -> EstragonMessage:
	_liveness.silent = 0
	var json := JSON.new()
	var frame: Variant = json.data if json.parse(text) == OK else null
	var is_counted := EstragonMessage.is_counted(frame)
	if is_counted:
		_resume.received += 1
	if typeof(frame) != TYPE_DICTIONARY:
		warned.emit("the server sent what is no message: %s" % text.left(80))
		return null
	var about: Dictionary = frame
	var message := EstragonMessage.read(about, _resume.agrees)
	if message.problem:
		if message.id and not message.re and is_counted:
			_outgoing.answer("error", message.id, EstragonQuestion.unreadable(message))
		warned.emit(message.problem)
		return null
	return null if message.type == "" or _is_ours(message) else message


## Counts a binary frame: what is of no binary kind does, as text without a type does. Whether it is
## of a relay that we are a peer of, which has it now.
func take(bytes: PackedByteArray) -> bool:
	_liveness.silent = 0
	var kind := bytes[0] if bytes else 0
	if kind < EstragonProtocol.BINARY_KINDS or kind & EstragonProtocol.COUNTED_BIT:
		_resume.received += 1
	kind &= EstragonProtocol.KIND_MASK
	var is_relayed := relayed and (
		kind == EstragonProtocol.RELAY_RELIABLE_KIND
		or kind == EstragonProtocol.RELAY_UNRELIABLE_KIND
	)
	if is_relayed and not relayed.receive(bytes):
		var said := bytes.hex_encode().left(80)
		warned.emit("relay: the server sent what is no frame: %s" % said)
	return is_relayed


## Whether the message was for the session itself, which has it now.
func _is_ours(message: EstragonMessage) -> bool:
	if message.re:
		_settle(message)
		return true
	match message.type:
		"welcome", "session.ack", "session.reset", "session.snapshot":
			_resume.take(message)
		"error":
			var error := EstragonError.from_data(message.data)
			if not (error.request.begins_with("relay_") and error.code in _OVERTAKEN):
				error_received.emit(error)
		_:
			return false
	return true


## Brings an answer to what waits for it.
func _settle(message: EstragonMessage) -> void:
	if message.re == _resume.claim_id:
		_resume.judge(message)
	elif message.re == _liveness.ping_id:
		_liveness.hear(message)
	elif message.type == "session.hello":
		_resume.hear_hello(message.data)
	elif message.type == "error":
		var error := EstragonError.from_data(message.data)
		if not _requests.answer(message.re, EstragonResult.failure(error)):
			error_received.emit(error)
	else:
		_requests.answer(message.re, EstragonResult.success(message.data))
