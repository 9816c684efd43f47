# A session with the server that survives its connections.
#
# Drives an EstragonLink, counts what goes both ways, claims the session after a drop, sends again
# what the server lacks. Games use it through `Network`.
class_name EstragonSession
extends Reference

# warning-ignore-all:return_value_discarded

# `state` is another; `code` and `reason` are those of the close that led to it.
signal state_changed(state, code, reason)
# The counts began again: requests in flight failed with OUTCOME_UNKNOWN; player and rooms stay.
signal was_reset(reason)
# The session is another, without player or rooms.
signal was_lost(reason)
# What this session is and where it sits, after a resume or a reset: an array of dictionaries.
signal snapshot_received(pages)
# The server refused something that was no request; `error` is an EstragonError.
signal error_received(error)
# Something its developer should know, such as a server made from other protocol tables.
signal warned(text)
# A request was answered, or never will be; comes before the caller goes on. `result` is an
# EstragonResult.
signal answered(type, result)
# A push of the server, checked against the tables: an EstragonMessage.
signal message_received(message)
# A frame of a binary kind came.
signal bytes_received(bytes)

enum State {
	# Not connected, and not about to be.
	CLOSED,
	# On the way to the first welcome.
	CONNECTING,
	# Messages flow.
	OPEN,
	# The connection dropped; coming back by itself.
	AWAY,
}

const EstragonClock := preload("clock.gd")
const EstragonError := preload("error.gd")
const EstragonLedger := preload("ledger.gd")
const EstragonLink := preload("link.gd")
const EstragonMessage := preload("message.gd")
const EstragonOptions := preload("options.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonRequest := preload("request.gd")
const EstragonResult := preload("result.gd")
const EstragonSchema := preload("schema.gd")
const EstragonText := preload("text.gd")
const EstragonWorld := preload("world.gd")

const _SILENT_PINGS := 2
const _GONE := -1
const _EXPIRE_EVERY_MS := 100

# What it is doing.
var state: int = State.CLOSED
# The public id of this session, as others may address it; empty before the first welcome.
var id: String = ""
# Why it is CLOSED, where a connection failed; null otherwise.
var last_error: EstragonError
# The server's clock and the round trip to it.
var clock: EstragonClock
# Rises whenever the counts begin again: a question of before is not answered any more.
var generation: int = 0
# Where time and chance come from.
var world: EstragonWorld
# The hash of the game's packets, which the server is told; empty where there are none.
var packets: String = ""
# Whether the server has the same packets, so that they may be bytes.
var shares_packets: bool = false

var _url: String
var _options: EstragonOptions
# An EstragonLink, or what a test puts in its place.
var _link: Reference
# The link that is saying goodbye.
var _leaving: Reference
var _ledger := EstragonLedger.new()
var _requests: Dictionary = {}
# Requests that failed at once, with their results: told at the next poll, so that every request
# yields, and `yield(…, "completed")` works for each.
var _refused: Array = []
var _held: Dictionary = {}
# The numbers of frames that ask for no answer and were never written.
var _unwritten: Dictionary = {}
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
var _retry_at: float = -1.0
var _answer_by: float = -1.0
var _numbered: int = 0
var _received: int = 0
# Counted frames written to this connection, and the highest that was ever written to any.
var _written: int = 0
var _ever_written: int = 0
# Bytes written to this connection that the server has not yet acknowledged.
var _in_flight: int = 0
var _told_sent: int = 0
var _told_received: int = 0
var _acknowledge_at: float = 0.0
var _ping_at: float = 0.0
var _ping_id: String = ""
var _pinged_at: float = 0.0
var _silent: int = 0
var _expire_at: float = 0.0
var _pages: Array = []
var _link_factory: FuncRef


# `link_factory` makes an EstragonLink of a URL and options; tests hand in their own, and a world.
func _init(link_factory: FuncRef = null, its_world: EstragonWorld = null) -> void:
	world = its_world if its_world else EstragonWorld.new()
	clock = EstragonClock.new(world)
	_link_factory = link_factory


# Begins to connect; `state_changed` tells what became of it.
func open(url: String, options: EstragonOptions) -> void:
	if state != State.CLOSED:
		close()
	_url = url
	_options = options
	_forget()
	_set_state(State.CONNECTING, 0, "")
	_open_link()


# Drives everything; call it every frame.
func poll() -> void:
	var link := _link # Keeps it alive while it tells that it has closed.
	if link:
		link.call("poll")
	if _leaving:
		_leaving.call("poll")
		if _leaving.call("is_finished"):
			_leaving = null
	_tell_refused()
	var now := world.now()
	if _is_live:
		_flush()
		_keep_alive(now)
	elif _answer_by >= 0.0 and now > _answer_by:
		_link.call("cut")
		_on_closed(_GONE, "no answer within %s s" % _options.connect_timeout)
	elif _retry_at >= 0.0 and now >= _retry_at:
		_retry_at = -1.0
		_open_link()
	if now >= _expire_at:
		_expire_at = now + _EXPIRE_EVERY_MS
		_expire(now)


# Sends a request and waits for its one answer: `yield(session.request(…), "completed")`.
func request(
	type: String, data: Dictionary, envelope: Dictionary = {}, timeout_ms: int = 30000
) -> EstragonResult:
	_numbered += 1
	var request_id := str(_numbered)
	var error := _send_counted(type, data, envelope, request_id)
	return yield(_wait(type, request_id, timeout_ms, error), "done")


# Sends a counted message that asks for no answer; returns what keeps it from being sent.
func send(type: String, data: Dictionary, envelope: Dictionary = {}) -> EstragonError:
	return _remember(_send_counted(type, data, envelope, ""))


# The same with a whole frame of a binary kind.
func send_bytes(type: String, frame: PoolByteArray) -> EstragonError:
	if state == State.CLOSED:
		return EstragonError.new(EstragonProtocol.CLOSED)
	return _remember(_push_counted(type, frame))


# A number for what a binary frame asks, see `ask_bytes`.
func next_id() -> int:
	_numbered += 1
	return _numbered


# Sends a frame that asks under the number `its_id`, and waits for `settle`; with `error` it fails
# with that: `yield(session.ask_bytes(…), "completed")`.
func ask_bytes(
	type: String, its_id: int, frame: PoolByteArray, timeout_ms: int, error: EstragonError = null
) -> EstragonResult:
	var problem := error
	if not problem and state == State.CLOSED:
		problem = EstragonError.new(EstragonProtocol.CLOSED)
	if not problem:
		problem = _push_counted(type, frame)
	return yield(_wait(type, str(its_id), timeout_ms, problem), "done")


# The answer to what `ask_bytes` asked has come.
func settle(its_id: int, value) -> void:
	_answer(str(its_id), EstragonResult.new({"value": value}))


# Sends a message whose newest is all that counts; while away only that one is kept.
func post(type: String, data: Dictionary, envelope: Dictionary = {}) -> EstragonError:
	var problem := _problem(type, data)
	if problem:
		return problem
	var text := _compose(type, data, envelope, "")
	if _is_live and _written == _ledger.sent and _write(text) == OK:
		return null
	_held["%s %s" % [type, envelope.get("room", "")]] = text
	return null


# Answers the question of the server that has the id `re`, a text or a binary frame's number; returns
# what keeps it from being sent.
func answer(type: String, re, data: Dictionary) -> EstragonError:
	return answer_whole(type, EstragonText.of({"type": type, "re": re, "data": data}))


# The same with a whole frame, text or bytes.
func answer_whole(type: String, frame) -> EstragonError:
	if state == State.CLOSED:
		return EstragonError.new(EstragonProtocol.CLOSED)
	return _push_counted(type, frame)


# Drops the connection as a cut cable would; the session comes back by itself.
func cut() -> void:
	if state != State.OPEN and state != State.AWAY:
		return
	if _link:
		_link.call("cut")
	_on_closed(_GONE, "cut")


# Leaves: the session ends at once.
func close() -> void:
	if _link:
		_leaving = _link
		_link.call("close", EstragonProtocol.CLOSE_NORMAL, "leaving")
	_finish(EstragonProtocol.CLOSE_NORMAL, "leaving")


func _open_link() -> void:
	_candidate = {}
	_claim_id = ""
	if _link_factory:
		_link = _link_factory.call_func(_url, _options)
	else:
		_link = EstragonLink.new(_url, _options, world)
	_link.connect("opened", self, "_introduce")
	_link.connect("received", self, "_receive")
	_link.connect("received_bytes", self, "_receive_bytes")
	_link.connect("closed", self, "_on_closed")


# The first frame of a connection: a claim of the session there was, or a hello.
func _introduce() -> void:
	_answer_by = world.now() + _options.connect_timeout * 1000.0
	var abilities := {
		"receive_bytes": EstragonLink.largest_message(_options.inbound_bytes),
		"fingerprint": EstragonProtocol.FINGERPRINT,
	}
	if packets:
		abilities["packets"] = packets
	if _token == "" or not _is_resumable:
		_say({"type": "session.hello", "id": "hello", "data": abilities})
		return
	_attempt += 1
	_claim_id = "claim-%d" % _attempt
	abilities["token"] = _token
	abilities["attempt"] = _attempt
	abilities["sent"] = _ledger.sent
	abilities["received"] = _received
	abilities["forgotten"] = _ledger.forgotten
	_say({"type": "session.resume", "id": _claim_id, "data": abilities})


func _receive(text: String) -> void:
	_silent = 0
	var parsed := JSON.parse(text)
	var frame = parsed.get_result() if parsed.get_error() == OK else null
	if EstragonMessage.is_counted(frame):
		_received += 1
	if typeof(frame) == TYPE_DICTIONARY:
		var message := EstragonMessage.new(frame)
		if message.problem:
			emit_signal("warned", message.problem)
			_decline(message, frame)
		elif message.type:
			_route(message)
	else:
		emit_signal("warned", "the server sent what is no message: %s" % text.left(80))
	_acknowledge_if_many()


# Answers a question that cannot be read, so that nobody waits for its answer.
func _decline(message: EstragonMessage, frame: Dictionary) -> void:
	if message.id and not message.re and EstragonMessage.is_counted(frame):
		var error := EstragonError.new(EstragonProtocol.REMOTE_ERROR, message.problem)
		answer("error", message.id, error.to_answer(message.type))


# What is no binary kind counts, as text without a type does.
func _receive_bytes(bytes: PoolByteArray) -> void:
	_silent = 0
	var kind: int = bytes[0] if bytes.size() > 0 else 0
	if kind < EstragonProtocol.BINARY_KINDS or kind & EstragonProtocol.COUNTED_BIT:
		_received += 1
	emit_signal("bytes_received", bytes)
	_acknowledge_if_many()


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
				_answer(message.re, EstragonResult.new(message.data))
			else:
				emit_signal("message_received", message)


func _on_welcome(data: Dictionary) -> void:
	if _claim_id:
		_candidate = data
		return
	_adopt(data)
	_go_live(_ever_written)


# Takes the session of a new connection as ours.
func _adopt(data: Dictionary) -> void:
	var is_new := _token != ""
	id = data["session"]
	shares_packets = packets != "" and data["packets"] == packets
	_token = data["token"]
	_attempt = 0
	_is_resumable = true
	_take_limits(data["limits"])
	clock.begin(data["time"])
	if data["fingerprint"] != EstragonProtocol.FINGERPRINT:
		emit_signal(
			"warned",
			"this add-on and the server were made from different protocol tables:"
			+ " it works on, but a dropped session is lost; update the older of the two"
		)
	if not is_new:
		return
	var before := _ever_written
	_restart()
	_held.clear()
	_abandon(before, EstragonProtocol.SESSION_LOST)
	emit_signal("was_lost", _lost_because)


func _take_limits(limits: Dictionary) -> void:
	_message_bytes = limits["message_bytes"]
	_ack_frames = limits["ack_frames"]
	_ack_ms = limits["ack_ms"]
	_ledger.set_budget(limits["resume_bytes"], limits["resume_frames"])


func _on_claim_answered(message: EstragonMessage) -> void:
	_claim_id = ""
	if message.type == "error":
		# Another claim came first, or too many did: another connection, a higher attempt.
		var retry_ms: int = message.data.get("retry_ms", -1)
		_attempt = int(max(_attempt, _highest_attempt(message.data.get("cause"))))
		_link.call("cut")
		_on_closed(_GONE, "claim refused")
		if retry_ms >= 0:
			_retry_at = world.now() + retry_ms
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
	emit_signal("was_reset", reason)


func _highest_attempt(cause) -> int:
	return int(cause.get("attempt", 0)) if typeof(cause) == TYPE_DICTIONARY else 0


# Both counts begin at 0; what was never written is sent as new, the rest has no known outcome.
# Answers never written are not sent: nobody waits for them any more.
func _begin_again() -> void:
	var before := _ever_written
	var asked := {}
	for request_id in _requests:
		asked[_requests[request_id].count] = request_id
	var anew := []
	for count in range(before + 1, _ledger.sent + 1):
		if asked.has(count) or _unwritten.has(count):
			anew.append([_ledger.frame_at(count), _ledger.size_at(count), asked.get(count)])
	_restart()
	var spared := {}
	for one in anew:
		_ledger.push(one[0], one[1])
		if one[2] == null:
			_unwritten[_ledger.sent] = true
		else:
			_requests[one[2]].count = _ledger.sent
			spared[one[2]] = true
	_abandon(before, "", spared)


# Writes what the server lacks, from its frame `count` on, and from now on at once.
func _go_live(count: int) -> void:
	if state == State.CLOSED: # Whoever was told that requests failed may have left meanwhile.
		return
	_is_live = true
	_answer_by = -1.0
	_tries = 0
	_written = count
	_in_flight = 0
	_pages = []
	_ping_id = ""
	_silent = 0
	_ping_at = 0.0
	_flush()
	_acknowledge()
	_set_state(State.OPEN, 0, "")


func _on_hello(data: Dictionary) -> void:
	_is_resumable = data.get("resume", true)
	if data.has("warning"):
		emit_signal("warned", str(data["warning"]))


func _on_ack(data: Dictionary) -> void:
	if not _is_live:
		return
	var bytes_before := _ledger.bytes
	_ledger.acknowledge(data["received"])
	_in_flight = int(max(0, _in_flight - (bytes_before - _ledger.bytes)))
	if data["received"] == _written:
		_in_flight = 0
	if data["sent"] != _received:
		_say({"type": "session.desync", "data": {"sent": _written, "received": _received}})


func _on_reset(message: EstragonMessage) -> void:
	_say({"type": "session.reset", "re": message.id, "data": {}})
	_begin_again()
	_pages = []
	emit_signal("was_reset", message.data["reason"])


func _on_snapshot(data: Dictionary) -> void:
	_pages.append(data)
	if data["more"]:
		return
	var pages := _pages
	_pages = []
	emit_signal("snapshot_received", pages)


func _on_error(message: EstragonMessage) -> void:
	var error := EstragonError.new("")
	error.update(message.data)
	if not message.re or not _answer(message.re, EstragonResult.new({}, error)):
		emit_signal("error_received", error)


func _answer(request_id: String, result: EstragonResult) -> bool:
	var waiting: EstragonRequest = _requests.get(request_id)
	if not waiting:
		return false
	_requests.erase(request_id)
	_tell(waiting, result)
	return true


func _tell(waiting: EstragonRequest, result: EstragonResult) -> void:
	emit_signal("answered", waiting.type, result)
	waiting.finish(result)


func _tell_refused() -> void:
	var refused := _refused
	_refused = []
	for one in refused:
		_tell(one[0], one[1])


func _keep_alive(now: float) -> void:
	if now >= _acknowledge_at:
		_acknowledge()
	if now < _ping_at:
		return
	if _ping_id:
		_silent += 1
	if _silent >= _SILENT_PINGS:
		_link.call("cut")
		_on_closed(EstragonProtocol.CLOSE_HEARTBEAT, "the server fell silent")
		return
	_ping_at = now + _options.heartbeat * 1000.0
	_numbered += 1
	_ping_id = "ping-%d" % _numbered
	_pinged_at = clock.local_now()
	_say({"type": "ping", "id": _ping_id, "data": {}})


func _on_pong(data: Dictionary) -> void:
	_ping_id = ""
	if data.has("time"):
		clock.add(data["time"], _pinged_at, clock.local_now())


func _acknowledge_if_many() -> void:
	if _is_live and _received - _told_received >= _ack_frames:
		_acknowledge()


func _acknowledge() -> void:
	_acknowledge_at = world.now() + _ack_ms
	if _told_sent == _written and _told_received == _received:
		return
	_told_sent = _written
	_told_received = _received
	_say({"type": "session.ack", "data": {"sent": _written, "received": _received}})


# Checks a request and puts it into the ledger.
func _send_counted(
	type: String, data: Dictionary, envelope: Dictionary, request_id: String
) -> EstragonError:
	if state == State.CLOSED:
		return EstragonError.new(EstragonProtocol.CLOSED)
	var problem := _problem(type, data)
	if problem:
		return problem
	return _push_counted(type, _compose(type, data, envelope, request_id))


# Puts a frame into the ledger, from where it is written as soon as the socket takes it.
func _push_counted(type: String, frame) -> EstragonError:
	var bytes: int = frame.to_utf8().size() if typeof(frame) == TYPE_STRING else frame.size()
	var most := int(min(_message_bytes, _options.outbound_bytes - 16))
	if bytes > most:
		return EstragonError.new(
			EstragonProtocol.TOO_LARGE, "%s: %d bytes; expected at most %d" % [type, bytes, most]
		)
	var must_wait: bool = (
		not _is_live
		or _written < _ledger.sent
		or not _link.call("has_room", bytes, _in_flight)
	)
	if must_wait and _ledger.is_full(bytes):
		return EstragonError.new(EstragonProtocol.BUFFER_FULL)
	_ledger.push(frame, bytes)
	if not must_wait and _link.call("send", frame) == OK:
		_count_written(bytes)
	return null


# Remembers that what was just sent asks for no answer, in case it is never written.
func _remember(error: EstragonError) -> EstragonError:
	if not error and _ever_written < _ledger.sent:
		_unwritten[_ledger.sent] = true
	return error


# Waits for the answer to the last frame; where there is an `error`, that is the answer.
func _wait(
	type: String, request_id: String, timeout_ms: int, error: EstragonError
) -> EstragonRequest:
	var waiting := EstragonRequest.new(type, _ledger.sent, world.now() + timeout_ms)
	if error:
		_refused.append([waiting, EstragonResult.new({}, error)])
	else:
		_requests[request_id] = waiting
	return waiting


# Writes counted frames in order, as many as the socket takes; the rest waits for the next poll.
func _flush() -> void:
	if not _is_live:
		return
	while _written < _ledger.sent:
		var size := _ledger.size_at(_written + 1)
		if not _link.call("has_room", size, _in_flight):
			return
		if _link.call("send", _ledger.frame_at(_written + 1)) != OK:
			return
		_count_written(size)
	_unwritten.clear()
	for key in _held.keys():
		if _write(_held[key]) != OK:
			return
		_held.erase(key)


func _count_written(size: int) -> void:
	_written += 1
	_in_flight += size
	_ever_written = int(max(_ever_written, _written))


# Writes a text that is not counted.
func _write(text: String) -> int:
	if not _link.call("has_room", text.length() * 4, _in_flight):
		return ERR_BUSY
	return _link.call("send", text)


func _say(message: Dictionary) -> void:
	_write(EstragonText.of(message))


func _problem(type: String, data: Dictionary) -> EstragonError:
	var line: Dictionary = EstragonProtocol.MESSAGES.get(type, {})
	if line.empty():
		return EstragonError.new(
			EstragonProtocol.INVALID_MESSAGE, 'no message is called "%s"' % type
		)
	var text := EstragonSchema.problem(line["data"], data, type)
	return EstragonError.new(EstragonProtocol.INVALID_MESSAGE_DATA, text) if text else null


func _compose(type: String, data: Dictionary, envelope: Dictionary, request_id: String) -> String:
	var message := {"type": type}
	if request_id:
		message["id"] = request_id
	for field in envelope:
		if not message.has(field):
			message[field] = envelope[field]
	message["data"] = data
	return EstragonText.of(message)


# The connection is gone: come back, unless its code says otherwise.
func _on_closed(code: int, reason: String) -> void:
	_is_live = false
	_answer_by = -1.0
	_link = null
	var action: String = EstragonProtocol.CLOSE_ACTIONS.get(code, "return")
	if _token == "" or action == "refused" or code == EstragonProtocol.CLOSE_NORMAL:
		_finish(code, reason)
		return
	if action == "ended":
		_is_resumable = false
	_lost_because = "UNKNOWN" if action == "ended" else "FINGERPRINT"
	_tries += 1
	_retry_at = world.now() + _options.backoff(_tries, world.chance()) * 1000.0
	_set_state(State.AWAY, code, reason)


func _finish(code: int, reason: String) -> void:
	_is_live = false
	_answer_by = -1.0
	_link = null
	_retry_at = -1.0
	last_error = _why_closed(code, reason)
	_set_state(State.CLOSED, code, reason)
	_abandon(-1, EstragonProtocol.CLOSED)
	_tell_refused()


func _why_closed(code: int, reason: String) -> EstragonError:
	var action: String = EstragonProtocol.CLOSE_ACTIONS.get(code, "return")
	var error_code := EstragonProtocol.CONNECT_FAILED
	if action == "refused":
		error_code = EstragonProtocol.REFUSED
	elif code == EstragonProtocol.CLOSE_NORMAL:
		error_code = EstragonProtocol.CLOSED
	var text := reason if reason else "no server answered"
	var error := EstragonError.new(error_code, "%s: %s (%d)" % [_url, text, code])
	error.cause = code
	return error


func _expire(now: float) -> void:
	for request_id in _requests.keys():
		var waiting: EstragonRequest = _requests.get(request_id)
		if waiting and now > waiting.deadline:
			var text := "%s: no answer in time" % waiting.type
			var error := EstragonError.new(EstragonProtocol.TIMEOUT, text)
			_answer(request_id, EstragonResult.new({}, error))


# Gives up the requests numbered up to `before`, whose outcome is unknown, and those after it with
# `code`; but for those with an id in `spared`.
func _abandon(before: int, code: String, spared: Dictionary = {}) -> void:
	for request_id in _requests.keys():
		var waiting: EstragonRequest = _requests.get(request_id)
		if not waiting or spared.has(request_id):
			continue
		var why := code if waiting.count > before else EstragonProtocol.OUTCOME_UNKNOWN
		var sentence: String = EstragonProtocol.ERROR_TEXT.get(why, "")
		var error := EstragonError.new(why, "%s: %s" % [waiting.type, sentence])
		_answer(request_id, EstragonResult.new({}, error))


# Both counts from zero.
func _restart() -> void:
	generation += 1
	_ledger.reset()
	_unwritten.clear()
	_received = 0
	_written = 0
	_ever_written = 0
	_in_flight = 0
	_told_sent = 0
	_told_received = 0


func _forget() -> void:
	_restart()
	_held.clear()
	_token = ""
	id = ""
	_is_resumable = true
	_tries = 0
	_retry_at = -1.0


func _set_state(next: int, code: int, reason: String) -> void:
	if state == next:
		return
	state = next
	emit_signal("state_changed", next, code, reason)
