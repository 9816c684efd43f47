# What this client sends: counted frames until they have arrived, of *latest* messages the newest.
class_name EstragonOutgoing
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonError := preload("error.gd")
const EstragonLedger := preload("ledger.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonText := preload("text.gd")
# What a socket needs beside a message, at most.
const _OVERHEAD := 16

# Whether counted frames may be written: the connection carries our session.
var is_live: bool = false
# An EstragonLink, or what a test puts in its place; null while there is no connection.
var link: Reference
# The counted frames that the server may lack.
var ledger := EstragonLedger.new()
# How many counted frames the server of this connection has or was sent.
var written: int = 0
# How many counted frames were ever written to any connection.
var ever_written: int = 0

var _held: Dictionary = {}
# The numbers of the answers that were never written.
var _unwritten_answers: Dictionary = {}
# Bytes written to this connection that the server has not yet acknowledged.
var _in_flight: int = 0
var _message_bytes: int = EstragonProtocol.LIMIT_MESSAGE_BYTES
var _outbound_bytes: int = 0


# Writes to `its_link` from now on, whose buffer takes so many bytes; nothing counted yet.
func use(its_link: Reference, outbound_bytes: int) -> void:
	is_live = false
	link = its_link
	_outbound_bytes = outbound_bytes


# The connection is gone: what is counted, and the newest of what is latest, waits for another.
func drop() -> void:
	is_live = false
	link = null


# The server has `count` frames: writes what it lacks, and from now on at once.
func go_live(count: int) -> void:
	is_live = true
	written = count
	_in_flight = 0
	flush()


# How much a server takes and keeps, as its welcome says.
func take_limits(limits: Dictionary) -> void:
	_message_bytes = limits["message_bytes"]
	ledger.set_budget(limits["resume_bytes"], limits["resume_frames"])


# Sends a counted frame, text or bytes: it is written as soon as the socket takes it. Returns what
# keeps it from being sent.
func push(type: String, frame) -> EstragonError:
	var bytes: int = frame.to_utf8().size() if typeof(frame) == TYPE_STRING else frame.size()
	var most := int(min(_message_bytes, _outbound_bytes - _OVERHEAD))
	if bytes > most:
		return EstragonError.new(
			EstragonProtocol.TOO_LARGE, "%s: %d bytes; expected at most %d" % [type, bytes, most]
		)
	var must_wait: bool = (
		not is_live
		or written < ledger.sent
		or not link.call("has_room", bytes, _in_flight)
	)
	if must_wait and ledger.is_full(bytes):
		return EstragonError.new(EstragonProtocol.BUFFER_FULL)
	ledger.push(frame, bytes)
	if not must_wait and link.call("send", frame) == OK:
		_count_written(bytes)
	return null


# The same with the answer to a question, which means nothing once the counts begin again.
func push_answer(type: String, frame) -> EstragonError:
	var error := push(type, frame)
	if not error and ever_written < ledger.sent:
		_unwritten_answers[ledger.sent] = true
	return error


# Sends a text whose newest is all that counts: of those with the same `key` only that one is kept.
func post(key: String, text: String) -> void:
	if not is_live or written < ledger.sent or _write(text) != OK:
		_held[key] = text


# Writes a message that belongs to this connection alone and is not counted.
func say(message: Dictionary) -> void:
	_write(EstragonText.of(message))


# Writes counted frames in order, as many as the socket takes; the rest waits for the next poll.
func flush() -> void:
	if not is_live:
		return
	while written < ledger.sent:
		var size := ledger.size_at(written + 1)
		if not link.call("has_room", size, _in_flight):
			return
		if link.call("send", ledger.frame_at(written + 1)) != OK:
			return
		_count_written(size)
	_unwritten_answers.clear()
	for key in _held.keys():
		if _write(_held[key]) != OK:
			return
		_held.erase(key)


# The server has `count` frames.
func acknowledge(count: int) -> void:
	var bytes_before := ledger.bytes
	ledger.acknowledge(count)
	_in_flight = int(max(0, _in_flight - (bytes_before - ledger.bytes)))
	if count == written:
		_in_flight = 0


# The same session, its counts from 0: what was never written is still to be sent, save answers.
# Returns what the numbers of those frames have become.
func begin_again() -> Dictionary:
	var anew := []
	for count in range(ever_written + 1, ledger.sent + 1):
		if not _unwritten_answers.has(count):
			anew.append([count, ledger.frame_at(count), ledger.size_at(count)])
	_restart()
	var numbers := {}
	for one in anew:
		ledger.push(one[1], one[2])
		numbers[one[0]] = ledger.sent
	return numbers


# Another session: nothing said before concerns it.
func forget() -> void:
	_restart()
	_held.clear()


func _restart() -> void:
	ledger.reset()
	_unwritten_answers.clear()
	written = 0
	ever_written = 0
	_in_flight = 0


func _count_written(size: int) -> void:
	written += 1
	_in_flight += size
	ever_written = int(max(ever_written, written))


func _write(text: String) -> int:
	if not link.call("has_room", text.length() * 4, _in_flight):
		return ERR_BUSY
	return link.call("send", text)
