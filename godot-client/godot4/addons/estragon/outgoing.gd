class_name EstragonOutgoing
extends RefCounted
## What this client sends, no faster than the server admits it: counted frames in order, until they
## have arrived, of latest ones the newest.

const _FRAME_OVERHEAD := 16

## The connection there is; [code]null[/code] for none.
var link: EstragonLink
## Its number: rises with every change.
var connection: int = 0
## Whether it carries the session, so that counted frames may be written.
var is_live: bool = false
## Whether nothing is sent any more.
var is_closed: bool = true
## How many counted frames were written to this connection.
var written: int = 0
## How large a message the server takes.
var message_bytes: int = EstragonProtocol.LIMIT_MESSAGE_BYTES
## The highest number that was ever written to any.
var ever_written: int = 0
## How many counted frames there ever were.
var sent: int:
	get:
		return _ledger.sent
## How many of the oldest cannot be sent again.
var forgotten: int:
	get:
		return _ledger.forgotten

var _world: EstragonWorld
var _ledger: EstragonLedger = EstragonLedger.new()
var _pacer: EstragonPacer = EstragonPacer.new()
## When the last counted frame may go: none overtakes another.
var _last_at: float = 0.0
## When those counted frames may go that must wait for it, by their numbers.
var _due: Dictionary = {}
## The latest frames that wait, with their classes, by their keys.
var _held: Dictionary = {}
## When the next latest frame of a class may go.
var _turns: Dictionary = {}
## The numbers of the answers that were never written.
var _unwritten_answers: Dictionary = {}
var _outbound_bytes: int = 0


func _init(world: EstragonWorld) -> void:
	_world = world


## A connection's buffer takes [param outbound_bytes].
func set_buffer(outbound_bytes: int) -> void:
	_outbound_bytes = outbound_bytes


## What the server takes and keeps, as its welcome says.
func set_limits(limits: Dictionary) -> void:
	message_bytes = limits["message_bytes"]
	var resume_bytes: int = limits["resume_bytes"]
	var resume_frames: int = limits["resume_frames"]
	_ledger.set_budget(resume_bytes, resume_frames)


## What the server admits, as its welcome says.
func set_rates(rates: Dictionary) -> void:
	_pacer.set_rates(rates)


## Checks a message against the tables and pushes it; see [method EstragonMessage.compose].
func send(
	type: String, data: Dictionary, envelope: Dictionary, id: String = ""
) -> EstragonError:
	if is_closed:
		return EstragonError.local(EstragonProtocol.CLOSED)
	var problem := EstragonMessage.invalid(type, data)
	if problem:
		return problem
	return push(type, EstragonMessage.compose(type, data, envelope, id))


## Adds a counted frame and writes it as soon as the socket takes it; returns why it could not be.
## [param is_answer]: of what the server asked, which means nothing once the counts begin again.
func push(type: String, frame: Variant, is_answer: bool = false) -> EstragonError:
	if is_closed:
		return EstragonError.local(EstragonProtocol.CLOSED)
	var bytes := _size(frame)
	var problem := _oversize(type, bytes)
	if problem:
		return problem
	var rate := "" if is_answer else EstragonPacer.rate_of(type)
	var now := _world.now()
	var next := _pacer.next(rate, now)
	if next - now > EstragonProtocol.MOST_WAIT_MS:
		return EstragonError.too_fast(rate, next - now - EstragonProtocol.MOST_WAIT_MS)
	var at := maxf(next, _last_at)
	var must_wait := (
		not is_live or written < _ledger.sent or at > now or not link.has_room(bytes)
	)
	if must_wait and _ledger.is_full(bytes):
		return EstragonError.local(EstragonProtocol.BUFFER_FULL)
	_pacer.take(rate, at)
	_last_at = at
	_ledger.push(frame, bytes)
	if at > now:
		_due[_ledger.sent] = at
	if not must_wait and link.send(frame) == OK:
		written = _ledger.sent
		ever_written = maxi(ever_written, written)
	if is_answer and ever_written < _ledger.sent:
		_unwritten_answers[_ledger.sent] = true
	return null


## Answers what the server asked under the id [param re].
func answer(type: String, re: Variant, data: Dictionary) -> EstragonError:
	return push(type, EstragonMessage.to_text({"type": type, "re": re, "data": data}), true)


## Writes a latest message as soon as it may go; until then it waits in place of an older one of its
## type, room and [param key]: behind all others that wait, unless they wait for their turns, of which
## every key is to have one.
func post(
	type: String, data: Dictionary, envelope: Dictionary, key: String = ""
) -> EstragonError:
	var problem := EstragonMessage.invalid(type, data)
	if problem:
		return problem
	var text := EstragonMessage.compose(type, data, envelope)
	problem = _oversize(type, _size(text))
	if problem:
		return problem
	_hold("%s %s %s" % [type, envelope.get("room", ""), key], EstragonPacer.rate_of(type), text)
	if is_live:
		flush()
	return null


## Writes a frame that is not counted, unless the socket or its rate does not take it now; whether it
## did.
func send_droppable(type: String, frame: PackedByteArray) -> bool:
	var rate := EstragonPacer.rate_of(type)
	var now := _world.now()
	if not is_live or not link.has_room(frame.size()) or _pacer.next(rate, now) > now:
		return false
	_pacer.take(rate, now)
	return link.send(frame) == OK


## Writes what may go by now, in order, as much as the socket takes; the rest waits for the next call.
func flush() -> void:
	if written == _ledger.sent and _held.is_empty():
		return
	var now := _world.now()
	if _flush_counted(now) and _held:
		_flush_latest(now)


## Writes a message of the connection's own, which is not counted.
func write(message: Dictionary) -> void:
	var text := EstragonMessage.to_text(message)
	if link.has_room(text.length() * 4):
		link.send(text)


## Writes to a connection from now on; [param its_link] is [code]null[/code] where there is none.
func use(its_link: EstragonLink) -> void:
	connection += 1
	link = its_link
	is_live = false


## The same connection has another link.
func go_on(its_link: EstragonLink) -> void:
	link = its_link


## The connection carries the session, of which its server has [param count] frames.
func go_live(count: int) -> void:
	is_live = true
	written = count
	flush()


## The server has [param count] frames.
func acknowledge(count: int) -> void:
	_ledger.acknowledge(count)


## The same session, its count from 0: what was never written is still to be sent, save answers,
## which nobody waits for any more. Returns the numbers of those.
func begin_again() -> Array[int]:
	var frames: Array = []
	var sizes := PackedInt32Array()
	var times: Array[float] = []
	var dropped: Array[int] = []
	for number: int in range(ever_written + 1, _ledger.sent + 1):
		if _unwritten_answers.has(number):
			dropped.append(number)
			continue
		frames.append(_ledger.frame_at(number))
		sizes.append(_ledger.size_at(number))
		times.append(_due.get(number, 0.0))
	_restart()
	for index: int in frames.size():
		_ledger.push(frames[index], sizes[index])
		if times[index] > 0.0:
			_due[_ledger.sent] = times[index]
	return dropped


## Another session: nothing said before concerns it.
func forget() -> void:
	_restart()
	_held.clear()
	_turns.clear()
	_pacer.forget()
	_last_at = 0.0


## Whether the socket takes more.
func _flush_counted(now: float) -> bool:
	while written < _ledger.sent:
		var next := written + 1
		var at: float = _due.get(next, 0.0)
		if at > now:
			return true
		if not link.has_room(_ledger.size_at(next)) or link.send(_ledger.frame_at(next)) != OK:
			return false
		_due.erase(next)
		_unwritten_answers.erase(next)
		written = next
		ever_written = maxi(ever_written, next)
	return true


func _flush_latest(now: float) -> void:
	for key: String in _held.keys():
		var rate: String = _held[key][0]
		var text: String = _held[key][1]
		if not _is_due(rate, now):
			continue
		if not link.has_room(text.length() * 4) or link.send(text) != OK:
			return
		_turns.erase(rate)
		_held.erase(key)


## Whether a latest frame of this class may go; if not, it has its turn.
func _is_due(rate: String, now: float) -> bool:
	if not _turns.has(rate):
		var next := _pacer.next(rate, now)
		_pacer.take(rate, next)
		_turns[rate] = next
	var at: float = _turns[rate]
	return at <= now


## A room keeps no more of one member for others, so neither do we.
func _hold(key: String, rate: String, text: String) -> void:
	var turn: float = _turns.get(rate, 0.0)
	if turn <= _world.now():
		_held.erase(key)
	_held[key] = [rate, text]
	if _held.size() > EstragonProtocol.LIMIT_LATEST_KEYS:
		_held.erase(_held.keys()[0])


func _oversize(type: String, bytes: int) -> EstragonError:
	var most := mini(message_bytes, _outbound_bytes - _FRAME_OVERHEAD)
	if bytes <= most:
		return null
	var text := "%s: %d bytes; expected at most %d" % [type, bytes, most]
	return EstragonError.local(EstragonProtocol.TOO_LARGE, text)


func _restart() -> void:
	_ledger.reset()
	_due.clear()
	_unwritten_answers.clear()
	written = 0
	ever_written = 0


func _size(frame: Variant) -> int:
	if typeof(frame) == TYPE_PACKED_BYTE_ARRAY:
		var bytes: PackedByteArray = frame
		return bytes.size()
	return str(frame).to_utf8_buffer().size()
