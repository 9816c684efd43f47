# What this client sends, no faster than the server admits it: counted frames in order, until they have
# arrived, of *latest* messages the newest.
class_name EstragonOutgoing
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonError := preload("error.gd")
const EstragonLatest := preload("latest.gd")
const EstragonLedger := preload("ledger.gd")
const EstragonMessage := preload("message.gd")
const EstragonPacer := preload("pacer.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonText := preload("text.gd")
const EstragonWorld := preload("world.gd")
# What a socket needs beside a message, at most.
const _FRAME_OVERHEAD := 16

# The connection there is, an EstragonLink or what stands in its place; null for none.
var link: Reference
# Rises with every connection that comes or goes.
var turn: int = 0
# Whether the connection carries the session, so that counted frames may be written.
var is_live: bool = false
# Whether nothing is sent any more.
var is_closed: bool = true
# How many counted frames were written to this connection, or had arrived before it.
var written: int = 0
# The highest number that was ever written to any.
var ever_written: int = 0
# How many counted frames there ever were.
var sent: int setget , _get_sent
# How many of the oldest cannot be sent again.
var forgotten: int setget , _get_forgotten

var _world: EstragonWorld
var _ledger := EstragonLedger.new()
var _pacer := EstragonPacer.new()
var _latest := EstragonLatest.new(_pacer)
# When the last counted frame may go: none overtakes another.
var _last_at: float = 0.0
# When those counted frames may go that must wait for it, by their numbers.
var _due: Dictionary = {}
# The numbers of the answers that were never written.
var _unwritten_answers: Dictionary = {}
# Bytes written to this connection that the server has not yet acknowledged.
var _in_flight: int = 0
var _message_bytes: int = EstragonProtocol.LIMIT_MESSAGE_BYTES
var _outbound_bytes: int = 0


func _init(world: EstragonWorld) -> void:
	_world = world


# A connection's buffer takes so many bytes.
func set_buffer(outbound_bytes: int) -> void:
	_outbound_bytes = outbound_bytes


# What the server takes and keeps, as its welcome says.
func set_limits(limits: Dictionary) -> void:
	_message_bytes = limits["message_bytes"]
	_ledger.set_budget(limits["resume_bytes"], limits["resume_frames"])


# What the server admits, as its welcome says.
func set_rates(rates: Dictionary) -> void:
	_pacer.set_rates(rates)


# Writes to a connection from now on, nothing counted yet; null where there is none.
func use(its_link: Reference) -> void:
	turn += 1
	link = its_link
	is_live = false


# The connection carries the session, of which its server has `count` frames.
func go_live(count: int) -> void:
	is_live = true
	written = count
	_in_flight = 0
	flush()


# Checks a message against the tables and pushes it; see EstragonMessage.compose.
func send(
	type: String, data: Dictionary, envelope: Dictionary, request_id: String = ""
) -> EstragonError:
	if is_closed:
		return EstragonError.new(EstragonProtocol.CLOSED)
	var problem := EstragonMessage.invalid(type, data)
	if problem:
		return problem
	return push(type, EstragonMessage.compose(type, data, envelope, request_id))


# Adds a counted frame, text or bytes, and writes it as soon as the socket takes it; returns what
# keeps it from being sent. `is_answer`: of what the server asked, which means nothing once the
# counts begin again.
func push(type: String, frame, is_answer: bool = false) -> EstragonError:
	if is_closed:
		return EstragonError.new(EstragonProtocol.CLOSED)
	var bytes: int = frame.to_utf8().size() if typeof(frame) == TYPE_STRING else frame.size()
	var problem := _oversize(type, bytes)
	if problem:
		return problem
	var rate := "" if is_answer else EstragonPacer.rate_of(type)
	var now := _world.now()
	var next := _pacer.next(rate, now)
	if next - now > EstragonProtocol.MOST_WAIT_MS:
		var error := EstragonError.new(EstragonProtocol.RATE_LIMITED)
		error.message = "%s: %s" % [rate, error.message]
		error.retry_ms = int(ceil(next - now - EstragonProtocol.MOST_WAIT_MS))
		return error
	var at: float = next if next > _last_at else _last_at # `max` knows seven digits in Godot 3.2.
	var must_wait: bool = (
		not is_live
		or written < _ledger.sent
		or at > now
		or not link.call("has_room", bytes, _in_flight)
	)
	if must_wait and _ledger.is_full(bytes):
		return EstragonError.new(EstragonProtocol.BUFFER_FULL)
	_pacer.take(rate, at)
	_last_at = at
	_ledger.push(frame, bytes)
	if at > now:
		_due[_ledger.sent] = at
	if not must_wait and link.call("send", frame) == OK:
		_count_written(bytes)
	if is_answer and ever_written < _ledger.sent:
		_unwritten_answers[_ledger.sent] = true
	return null


# Writes a frame that is not counted, unless the socket or its rate does not take it now; whether it
# did.
func send_droppable(type: String, frame: PoolByteArray) -> bool:
	var rate := EstragonPacer.rate_of(type)
	var now := _world.now()
	var has_room: bool = is_live and link.call("has_room", frame.size(), _in_flight)
	if not has_room or _pacer.next(rate, now) > now:
		return false
	_pacer.take(rate, now)
	return link.call("send", frame) == OK


# Answers what the server asked under the id `re`, a text or a binary frame's number.
func answer(type: String, re, data: Dictionary) -> EstragonError:
	return push(type, EstragonText.of({"type": type, "re": re, "data": data}), true)


# Writes a latest message as soon as it may go; until then it waits in place of an older one of its
# type, room and `key`.
func post(
	type: String, data: Dictionary, envelope: Dictionary, key: String = ""
) -> EstragonError:
	var problem := EstragonMessage.invalid(type, data)
	if problem:
		return problem
	var text := EstragonMessage.compose(type, data, envelope, "")
	problem = _oversize(type, text.to_utf8().size())
	if problem:
		return problem
	var whose := "%s %s %s" % [type, envelope.get("room", ""), key]
	_latest.hold(whose, EstragonPacer.rate_of(type), text, _world.now())
	flush()
	return null


# Writes a message of the connection's own, which is not counted.
func write(message: Dictionary) -> void:
	_write(EstragonText.of(message))


# Writes what may go by now, in order, as much as the socket takes; the rest waits for the next poll.
func flush() -> void:
	var now := _world.now()
	if is_live and _flush_counted(now):
		_flush_latest(now)


# The server has `count` frames.
func acknowledge(count: int) -> void:
	var bytes_before := _ledger.bytes
	_ledger.acknowledge(count)
	_in_flight = int(max(0, _in_flight - (bytes_before - _ledger.bytes)))
	if count == written:
		_in_flight = 0


# The same session, its counts from 0: what was never written is still to be sent, save answers.
# Returns what the numbers of those frames have become.
func begin_again() -> Dictionary:
	var anew := []
	for count in range(ever_written + 1, _ledger.sent + 1):
		if not _unwritten_answers.has(count):
			var at: float = _due.get(count, 0.0)
			anew.append([count, _ledger.frame_at(count), _ledger.size_at(count), at])
	_restart()
	var numbers := {}
	for one in anew:
		_ledger.push(one[1], one[2])
		numbers[one[0]] = _ledger.sent
		if one[3] > 0.0:
			_due[_ledger.sent] = one[3]
	return numbers


# Another session: nothing said before concerns it.
func forget() -> void:
	_restart()
	_latest.forget()
	_pacer.forget()
	_last_at = 0.0


# Whether the socket takes more.
func _flush_counted(now: float) -> bool:
	while written < _ledger.sent:
		var next := written + 1
		var size := _ledger.size_at(next)
		if _due.get(next, 0.0) > now:
			return true
		if not link.call("has_room", size, _in_flight):
			return false
		if link.call("send", _ledger.frame_at(next)) != OK:
			return false
		_due.erase(next)
		_unwritten_answers.erase(next)
		_count_written(size)
	return true


func _flush_latest(now: float) -> void:
	for key in _latest.keys():
		if not _latest.is_due(key, now):
			continue
		if _write(_latest.text_of(key)) != OK:
			return
		_latest.went(key)


func _oversize(type: String, bytes: int) -> EstragonError:
	var most := int(min(_message_bytes, _outbound_bytes - _FRAME_OVERHEAD))
	if bytes <= most:
		return null
	var text := "%s: %d bytes; expected at most %d" % [type, bytes, most]
	return EstragonError.new(EstragonProtocol.TOO_LARGE, text)


func _restart() -> void:
	_ledger.reset()
	_due.clear()
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


func _get_sent() -> int:
	return _ledger.sent


func _get_forgotten() -> int:
	return _ledger.forgotten
