class_name EstragonSession
extends RefCounted
## A session with the server that survives its connections.
##
## Drives an [EstragonLink], counts what goes both ways, claims the session after a drop, sends
## again what the server lacks. Games use it through [code]Network[/code].

## [member state] is another; [param code] and [param reason] are those of the close that led to it.
signal state_changed(state: State, code: int, reason: String)
## The counts began again: requests in flight failed with OUTCOME_UNKNOWN; player and rooms stay.
signal was_reset(reason: String)
## The session is another, without player or rooms.
signal was_lost(reason: String)
## What this session is and where it sits, after a resume or a reset.
signal snapshot_received(pages: Array[Dictionary])
## The server refused something that was no request, or a message came that nothing here handles.
signal error_received(error: EstragonError)
## Something its developer should know, such as a server made from other protocol tables.
signal warned(text: String)
## A request was answered, or never will be; comes before the caller goes on.
signal answered(type: String, result: EstragonResult)
## A push of the server, checked against the tables.
signal message_received(message: EstragonMessage)
## A frame of a binary kind came.
signal bytes_received(bytes: PackedByteArray)

enum State {
	## Not connected, and not about to be.
	CLOSED,
	## On the way to the first welcome.
	CONNECTING,
	## Messages flow.
	OPEN,
	## The connection dropped; coming back by itself.
	AWAY,
}

const _SILENT_PINGS := 2
const _GONE := -1
const _EXPIRE_EVERY_MS := 100

## What it is doing.
var state: State = State.CLOSED
## The public id of this session, as others may address it; empty before the first welcome.
var id: String = ""
## Why it is [constant State.CLOSED], where a connection failed; [code]null[/code] otherwise.
var last_error: EstragonError
## The server's clock and the round trip to it.
var clock: EstragonClock = EstragonClock.new()
## Rises whenever the counts begin again: a question of before may not be answered any more.
var epoch: int = 0
## The hash of the game's packets, which the server is told; empty where there are none.
var packets: String = ""
## Whether the server has the same packets, so that they may be bytes.
var shares_packets: bool = false

var _url: String
var _options: EstragonOptions
var _link: EstragonLink
var _ledger: EstragonLedger = EstragonLedger.new()
var _requests: Dictionary = {}
var _held: Dictionary = {}
## The numbers of the answers that were never written.
var _unwritten_answers: Dictionary = {}
var _token: String = ""
var _candidate: Dictionary = {}
var _claim_id: String = ""
var _message_bytes: int = EstragonProtocol.LIMIT_MESSAGE_BYTES
var _ack_frames: int = EstragonProtocol.LIMIT_ACK_FRAMES
var _ack_ms: int = EstragonProtocol.LIMIT_ACK_MS
var _is_live: bool = false
var _is_resumable: bool = true
var _lost_because: String = "UNKNOWN"
var _attempt: int = 0
var _tries: int = 0
var _retry_at: int = -1
var _answer_by: int = -1
var _numbered: int = 0
var _received: int = 0
## Counted frames written to this connection, and the highest that was ever written to any.
var _written: int = 0
var _ever_written: int = 0
var _told_sent: int = 0
var _told_received: int = 0
var _acknowledge_at: int = 0
var _ping_at: int = 0
var _ping_id: String = ""
var _pinged_at: float = 0.0
var _silent: int = 0
var _expire_at: int = 0
var _pages: Array[Dictionary] = []
var _link_factory: Callable


## [param link_factory] makes an [EstragonLink] of a URL and options; tests hand in their own.
func _init(link_factory: Callable = Callable()) -> void:
	_link_factory = link_factory if link_factory.is_valid() else _make_link


## Begins to connect; [signal state_changed] tells what became of it.
func open(url: String, options: EstragonOptions) -> void:
	if state != State.CLOSED:
		close()
	_url = url
	_options = options
	_forget()
	_set_state(State.CONNECTING, 0, "")
	_open_link()


## Drives everything; call it every frame.
func poll() -> void:
	var link := _link # Keeps it alive while it tells that it has closed.
	if link:
		link.poll()
	var now := Time.get_ticks_msec()
	if _is_live:
		_flush()
		_keep_alive(now)
	elif _answer_by >= 0 and now > _answer_by:
		_link.cut()
		_on_closed(_GONE, "no answer within %s s" % _options.connect_timeout)
	elif _retry_at >= 0 and now >= _retry_at:
		_retry_at = -1
		_open_link()
	if now >= _expire_at:
		_expire_at = now + _EXPIRE_EVERY_MS
		_expire(now)


## Sends a request and waits for its one answer.
func request(
	type: String, data: Dictionary, envelope: Dictionary = {}, timeout_ms: int = 30_000
) -> EstragonResult:
	_numbered += 1
	var request_id := str(_numbered)
	var error := _send_counted(type, data, envelope, request_id)
	if error:
		return EstragonResult.failure(error)
	return await _wait(type, request_id, timeout_ms)


## Sends a counted message that asks for no answer; returns why it could not be.
func send(type: String, data: Dictionary, envelope: Dictionary = {}) -> EstragonError:
	return _send_counted(type, data, envelope, "")


## The same with a whole frame of a binary kind.
func send_bytes(type: String, frame: PackedByteArray) -> EstragonError:
	if state == State.CLOSED:
		return EstragonError.local(EstragonProtocol.CLOSED)
	return _push_counted(type, frame)


## A number for what a binary frame asks, see [method ask_bytes].
func next_id() -> int:
	_numbered += 1
	return _numbered


## Sends a frame that asks under the number [param its_id], and waits for [method settle].
func ask_bytes(
	type: String, its_id: int, frame: PackedByteArray, timeout_ms: int
) -> EstragonResult:
	var error := send_bytes(type, frame)
	if error:
		return EstragonResult.failure(error)
	return await _wait(type, str(its_id), timeout_ms)


## The answer to what [method ask_bytes] asked has come.
func settle(its_id: int, value: Variant) -> void:
	_answer(str(its_id), EstragonResult.success({"value": value}))


## Sends a message whose newest is all that counts; while away only that one is kept.
func post(type: String, data: Dictionary, envelope: Dictionary = {}) -> EstragonError:
	var problem := _problem(type, data)
	if problem:
		return problem
	var text := _compose(type, data, envelope, "")
	var room: String = envelope.get("room", "")
	var key := "%s %s" % [type, room]
	if _is_live and _written == _ledger.sent and _link.has_room(text.length() * 4):
		if _link.send(text) == OK:
			return null
	_held[key] = text
	return null


## Answers the question of the server that has the id [param re], a text or a binary frame's number;
## returns why it could not be.
func answer(type: String, re: Variant, data: Dictionary) -> EstragonError:
	return answer_whole(type, EstragonMessage.to_text({"type": type, "re": re, "data": data}))


## The same with a whole frame, text or bytes.
func answer_whole(type: String, frame: Variant) -> EstragonError:
	if state == State.CLOSED:
		return EstragonError.local(EstragonProtocol.CLOSED)
	var error := _push_counted(type, frame)
	if not error and _ever_written < _ledger.sent:
		_unwritten_answers[_ledger.sent] = true
	return error


## Drops the connection as a cut cable would; the session comes back by itself.
func cut() -> void:
	if state != State.OPEN and state != State.AWAY:
		return
	if _link:
		_link.cut()
	_on_closed(_GONE, "cut")


## Leaves: the session ends at once.
func close() -> void:
	if _link:
		_link.close(EstragonProtocol.CLOSE_NORMAL, "leaving")
	_finish(EstragonProtocol.CLOSE_NORMAL, "leaving")


func _open_link() -> void:
	_candidate = {}
	_claim_id = ""
	_link = _link_factory.call(_url, _options)
	_link.opened.connect(_introduce)
	_link.received.connect(_receive)
	_link.received_bytes.connect(_receive_bytes)
	_link.closed.connect(_on_closed)


func _make_link(url: String, options: EstragonOptions) -> EstragonLink:
	return EstragonLink.new(
		url,
		options.connect_timeout * 1000.0,
		options.inbound_bytes,
		options.outbound_bytes,
		options.tls
	)


## The first frame of a connection: a claim of the session there was, or a hello.
func _introduce() -> void:
	_answer_by = Time.get_ticks_msec() + int(_options.connect_timeout * 1000.0)
	var abilities := {
		"receive_bytes": _options.inbound_bytes,
		"fingerprint": EstragonProtocol.FINGERPRINT,
	}
	if packets:
		abilities["packets"] = packets
	if _token == "" or not _is_resumable:
		_write({"type": "session.hello", "id": "hello", "data": abilities})
		return
	_attempt += 1
	_claim_id = "claim-%d" % _attempt
	abilities.merge({
		"token": _token,
		"attempt": _attempt,
		"sent": _ledger.sent,
		"received": _received,
		"forgotten": _ledger.forgotten,
	})
	_write({"type": "session.resume", "id": _claim_id, "data": abilities})


func _receive(text: String) -> void:
	_silent = 0
	var json := JSON.new()
	var frame: Variant = json.data if json.parse(text) == OK else null
	if EstragonMessage.is_counted(frame):
		_received += 1
	if typeof(frame) == TYPE_DICTIONARY:
		var about: Dictionary = frame
		var message := EstragonMessage.read(about)
		if message.problem:
			warned.emit(message.problem)
			if message.id and not message.re and EstragonMessage.is_counted(frame):
				EstragonQuestion.decline(self, message)
		elif message.type:
			_route(message)
	else:
		warned.emit("the server sent what is no message: %s" % text.left(80))
	_acknowledge_if_many()


## What is no binary kind counts, as text without a type does.
func _receive_bytes(bytes: PackedByteArray) -> void:
	_silent = 0
	var kind := bytes[0] if bytes else 0
	if kind < EstragonProtocol.BINARY_KINDS or kind & EstragonProtocol.COUNTED_BIT:
		_received += 1
	bytes_received.emit(bytes)
	_acknowledge_if_many()


func _acknowledge_if_many() -> void:
	if _is_live and _received - _told_received >= _ack_frames:
		_acknowledge()


func _route(message: EstragonMessage) -> void:
	if _claim_id and message.re == _claim_id:
		_on_claim_answered(message)
		return
	if _ping_id and message.re == _ping_id:
		_on_pong(message.data)
		return
	match message.type:
		"welcome":
			_on_welcome(message.data)
		"session.ack":
			_on_ack(message.data)
		"session.reset":
			_on_reset(message)
		"session.snapshot":
			_on_snapshot(message.data)
		"session.hello":
			_on_hello(message.data)
		"error":
			_on_error(message)
		_:
			if message.re:
				_answer(message.re, EstragonResult.success(message.data))
			else:
				message_received.emit(message)


func _on_welcome(data: Dictionary) -> void:
	if _claim_id:
		_candidate = data
		return
	_adopt(data)
	_go_live(_ever_written)


## Takes the session of a new connection as ours.
func _adopt(data: Dictionary) -> void:
	var is_new := _token != ""
	id = data["session"]
	shares_packets = packets != "" and data["packets"] == packets
	_token = data["token"]
	_attempt = 0
	_is_resumable = true
	var limits: Dictionary = data["limits"]
	_take_limits(limits)
	var time: float = data["time"]
	clock.begin(time)
	if data["fingerprint"] != EstragonProtocol.FINGERPRINT:
		warned.emit(
			"this add-on and the server were made from different protocol tables:"
			+ " it works on, but a dropped session is lost; update the older of the two"
		)
	if not is_new:
		return
	var before := _ever_written
	_restart()
	_held.clear()
	_abandon(before, EstragonProtocol.SESSION_LOST)
	was_lost.emit(_lost_because)


func _take_limits(limits: Dictionary) -> void:
	_message_bytes = limits["message_bytes"]
	_ack_frames = limits["ack_frames"]
	_ack_ms = limits["ack_ms"]
	var resume_bytes: int = limits["resume_bytes"]
	var resume_frames: int = limits["resume_frames"]
	_ledger.set_budget(resume_bytes, resume_frames)


func _on_claim_answered(message: EstragonMessage) -> void:
	_claim_id = ""
	if message.type == "error":
		# Another claim came first, or too many did: another connection, a higher attempt.
		var retry_ms: int = message.data.get("retry_ms", -1)
		_attempt = maxi(_attempt, _highest_attempt(message.data.get("cause")))
		_link.cut()
		_on_closed(_GONE, "claim refused")
		if retry_ms >= 0:
			_retry_at = Time.get_ticks_msec() + retry_ms
		return
	var arrived: int = message.data["received"]
	if message.data["resumed"]:
		_ledger.acknowledge(arrived)
		_go_live(arrived)
		return
	var reason: String = message.data.get("reason", "UNKNOWN")
	if not message.data.get("kept", false):
		_lost_because = reason
		_adopt(_candidate)
		_is_resumable = reason != "FINGERPRINT"
		_go_live(0)
		return
	_begin_again()
	_go_live(0)
	was_reset.emit(reason)


func _highest_attempt(cause: Variant) -> int:
	if typeof(cause) != TYPE_DICTIONARY:
		return 0
	var about: Dictionary = cause
	var attempt: float = about.get("attempt", 0)
	return int(attempt)


## Both counts begin at 0; what was never written is sent as new, but for answers: nobody waits for
## them any more. The rest has no known outcome.
func _begin_again() -> void:
	var before := _ever_written
	var frames: Array = []
	var sizes := PackedInt32Array()
	var dropped: Array[int] = []
	for number: int in range(before + 1, _ledger.sent + 1):
		if _unwritten_answers.has(number):
			dropped.append(number)
			continue
		frames.append(_ledger.frame_at(number))
		sizes.append(_ledger.size_at(number))
	for waiting: EstragonRequest in _requests.values():
		var count := waiting.count
		waiting.count -= dropped.filter(func(number: int) -> bool: return number < count).size()
	_restart()
	for index: int in frames.size():
		_ledger.push(frames[index], sizes[index])
	_abandon(before, "")


## Writes what the server lacks, from its [param count] on, and from now on at once.
func _go_live(count: int) -> void:
	if state == State.CLOSED: # Whoever was told that requests failed may have left meanwhile.
		return
	_is_live = true
	_answer_by = -1
	_tries = 0
	_written = count
	_pages = []
	_ping_id = ""
	_silent = 0
	_ping_at = 0
	_flush()
	_acknowledge()
	_set_state(State.OPEN, 0, "")


func _on_hello(data: Dictionary) -> void:
	_is_resumable = data.get("resume", true)
	if data.has("warning"):
		warned.emit(str(data["warning"]))


func _on_ack(data: Dictionary) -> void:
	if not _is_live:
		return
	var arrived: int = data["received"]
	_ledger.acknowledge(arrived)
	if data["sent"] != _received:
		_write({"type": "session.desync", "data": {"sent": _written, "received": _received}})


func _on_reset(message: EstragonMessage) -> void:
	var reason: String = message.data["reason"]
	_write({"type": "session.reset", "re": message.id, "data": {}})
	_begin_again()
	_written = 0
	_pages = []
	was_reset.emit(reason)


func _on_snapshot(data: Dictionary) -> void:
	_pages.append(data)
	if data["more"]:
		return
	var pages := _pages
	_pages = []
	snapshot_received.emit(pages)


func _on_error(message: EstragonMessage) -> void:
	var error := EstragonError.from_data(message.data)
	if not message.re or not _answer(message.re, EstragonResult.failure(error)):
		error_received.emit(error)


func _answer(request_id: String, result: EstragonResult) -> bool:
	var waiting: EstragonRequest = _requests.get(request_id)
	if not waiting:
		return false
	_requests.erase(request_id)
	answered.emit(waiting.type, result)
	waiting.finish(result)
	return true


func _keep_alive(now: int) -> void:
	if now >= _acknowledge_at:
		_acknowledge()
	if now < _ping_at:
		return
	if _ping_id:
		_silent += 1
	if _silent >= _SILENT_PINGS:
		_link.cut()
		_on_closed(EstragonProtocol.CLOSE_HEARTBEAT, "the server fell silent")
		return
	_ping_at = now + int(_options.heartbeat * 1000.0)
	_numbered += 1
	_ping_id = "ping-%d" % _numbered
	_pinged_at = clock.local_now()
	_write({"type": "ping", "id": _ping_id, "data": {}})


func _on_pong(data: Dictionary) -> void:
	_ping_id = ""
	if data.has("time"):
		var time: float = data["time"]
		clock.add(time, _pinged_at, clock.local_now())


func _acknowledge() -> void:
	_acknowledge_at = Time.get_ticks_msec() + _ack_ms
	if _told_sent == _written and _told_received == _received:
		return
	_told_sent = _written
	_told_received = _received
	_write({"type": "session.ack", "data": {"sent": _written, "received": _received}})


## Checks a request and puts it into the ledger.
func _send_counted(
	type: String, data: Dictionary, envelope: Dictionary, request_id: String
) -> EstragonError:
	if state == State.CLOSED:
		return EstragonError.local(EstragonProtocol.CLOSED)
	var problem := _problem(type, data)
	if problem:
		return problem
	return _push_counted(type, _compose(type, data, envelope, request_id))


## Puts a frame into the ledger, from where it is written as soon as the socket takes it.
func _push_counted(type: String, frame: Variant) -> EstragonError:
	var bytes := _size(frame)
	var most := mini(_message_bytes, _options.outbound_bytes - 16)
	if bytes > most:
		return EstragonError.local(
			EstragonProtocol.TOO_LARGE, "%s: %d bytes; expected at most %d" % [type, bytes, most]
		)
	var must_wait := not _is_live or _written < _ledger.sent or not _link.has_room(bytes)
	if must_wait and _ledger.is_full(bytes):
		return EstragonError.local(EstragonProtocol.BUFFER_FULL)
	_ledger.push(frame, bytes)
	if not must_wait and _link.send(frame) == OK:
		_written = _ledger.sent
		_ever_written = maxi(_ever_written, _written)
	return null


func _size(frame: Variant) -> int:
	if typeof(frame) == TYPE_PACKED_BYTE_ARRAY:
		var bytes: PackedByteArray = frame
		return bytes.size()
	return str(frame).to_utf8_buffer().size()


func _wait(type: String, request_id: String, timeout_ms: int) -> EstragonResult:
	var waiting := EstragonRequest.new(type, _ledger.sent, timeout_ms)
	_requests[request_id] = waiting
	var result: EstragonResult = await waiting.done
	return result


## Writes counted frames in order, as many as the socket takes; the rest waits for the next poll.
func _flush() -> void:
	if not _is_live:
		return
	while _written < _ledger.sent:
		var next := _written + 1
		if not _link.has_room(_ledger.size_at(next)):
			return
		if _link.send(_ledger.frame_at(next)) != OK:
			return
		_written = next
		_ever_written = maxi(_ever_written, next)
	_unwritten_answers.clear()
	for key: String in _held.keys():
		var text: String = _held[key]
		if not _link.has_room(text.length() * 4) or _link.send(text) != OK:
			return
		_held.erase(key)


func _write(message: Dictionary) -> void:
	var text := EstragonMessage.to_text(message)
	if _link.has_room(text.length() * 4):
		_link.send(text)


func _problem(type: String, data: Dictionary) -> EstragonError:
	var line: Dictionary = EstragonProtocol.MESSAGES.get(type, {})
	if line.is_empty():
		return EstragonError.local(
			EstragonProtocol.INVALID_MESSAGE, 'no message is called "%s"' % type
		)
	var schema: Dictionary = line["data"]
	var text := EstragonSchema.problem(schema, data, type)
	return EstragonError.local(EstragonProtocol.INVALID_MESSAGE_DATA, text) if text else null


func _compose(type: String, data: Dictionary, envelope: Dictionary, request_id: String) -> String:
	var message := {"type": type}
	if request_id:
		message["id"] = request_id
	message.merge(envelope)
	message["data"] = data
	return EstragonMessage.to_text(message)


## The connection is gone: come back, unless its code says otherwise.
func _on_closed(code: int, reason: String) -> void:
	_is_live = false
	_answer_by = -1
	_link = null
	var action: String = EstragonProtocol.CLOSE_ACTIONS.get(code, "return")
	if _token == "" or action == "refused" or code == EstragonProtocol.CLOSE_NORMAL:
		_finish(code, reason)
		return
	if action == "ended":
		_is_resumable = false
	_lost_because = "UNKNOWN" if action == "ended" else "FINGERPRINT"
	_tries += 1
	_retry_at = Time.get_ticks_msec() + int(_options.backoff(_tries) * 1000.0)
	_set_state(State.AWAY, code, reason)


func _finish(code: int, reason: String) -> void:
	_is_live = false
	_link = null
	_retry_at = -1
	last_error = _why_closed(code, reason)
	_set_state(State.CLOSED, code, reason)
	_abandon(-1, EstragonProtocol.CLOSED)


func _why_closed(code: int, reason: String) -> EstragonError:
	var action: String = EstragonProtocol.CLOSE_ACTIONS.get(code, "return")
	var error_code := EstragonProtocol.CONNECT_FAILED
	if action == "refused":
		error_code = EstragonProtocol.REFUSED
	elif code == EstragonProtocol.CLOSE_NORMAL:
		error_code = EstragonProtocol.CLOSED
	var text := reason if reason else "no server answered"
	var error := EstragonError.local(error_code, "%s: %s (%d)" % [_url, text, code])
	error.cause = code
	return error


func _expire(now: int) -> void:
	for request_id: String in _requests.keys():
		var waiting: EstragonRequest = _requests.get(request_id)
		if waiting and now > waiting.deadline:
			var text := "%s: no answer in time" % waiting.type
			var error := EstragonError.local(EstragonProtocol.TIMEOUT, text)
			_answer(request_id, EstragonResult.failure(error))


## Gives up the requests numbered up to [param before], whose outcome is unknown, and those after
## it with [param code]; with an empty code these go on, renumbered.
func _abandon(before: int, code: String) -> void:
	for request_id: String in _requests.keys():
		var waiting: EstragonRequest = _requests.get(request_id)
		if not waiting:
			continue
		if waiting.count > before and not code:
			waiting.count -= before
			continue
		var why := code if waiting.count > before else EstragonProtocol.OUTCOME_UNKNOWN
		var sentence: String = EstragonProtocol.ERROR_TEXT.get(why, "")
		var error := EstragonError.local(why, "%s: %s" % [waiting.type, sentence])
		_answer(request_id, EstragonResult.failure(error))


## Both counts from zero.
func _restart() -> void:
	epoch += 1
	_ledger.reset()
	_unwritten_answers.clear()
	_received = 0
	_written = 0
	_ever_written = 0
	_told_sent = 0
	_told_received = 0


func _forget() -> void:
	_restart()
	_held.clear()
	_token = ""
	id = ""
	_is_resumable = true
	_tries = 0
	_retry_at = -1


func _set_state(next: State, code: int, reason: String) -> void:
	if state == next:
		return
	state = next
	state_changed.emit(next, code, reason)
