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
const EstragonLink := preload("link.gd")
const EstragonLiveness := preload("liveness.gd")
const EstragonMessage := preload("message.gd")
const EstragonOptions := preload("options.gd")
const EstragonOutgoing := preload("outgoing.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonRequests := preload("requests.gd")
const EstragonResult := preload("result.gd")
const EstragonResume := preload("resume.gd")
const EstragonText := preload("text.gd")
const EstragonWorld := preload("world.gd")

const _GONE := -1
const _NEVER := -1.0

# What it is doing.
var state: int = State.CLOSED
# The public id of this session, as others may address it; empty before the first welcome.
var id: String = ""
# Why it is CLOSED, where a connection failed; null otherwise.
var last_error: EstragonError
# The server's clock and the round trip to it.
var clock: EstragonClock
# Rises whenever the counts begin again: a question of before is not answered any more.
var generation: int setget , _get_generation
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
var _outgoing := EstragonOutgoing.new()
var _requests: EstragonRequests
var _resume: EstragonResume
var _liveness: EstragonLiveness
var _tries: int = 0
var _retry_at: float = _NEVER
var _pages: Array = []
var _link_factory: FuncRef


# `link_factory` makes an EstragonLink of a URL and options; tests hand in their own, and a world.
func _init(link_factory: FuncRef = null, its_world: EstragonWorld = null) -> void:
	_link_factory = link_factory
	world = its_world if its_world else EstragonWorld.new()
	clock = EstragonClock.new(world)
	_requests = EstragonRequests.new(world)
	_resume = EstragonResume.new(_outgoing, _requests, world)
	_liveness = EstragonLiveness.new(_outgoing, clock, world)
	_requests.connect("answered", self, "_on_answered")
	_resume.connect("claimed", self, "_go_live")
	_resume.connect("refused", self, "_on_claim_refused")
	_resume.connect("adopted", self, "_on_adopted")
	_resume.connect("was_reset", self, "_on_reset")
	_resume.connect("was_lost", self, "_on_lost")
	_liveness.connect("fell_silent", self, "_drop")


# Begins to connect; `state_changed` tells what became of it.
func open(url: String, options: EstragonOptions) -> void:
	if state != State.CLOSED:
		close()
	if state != State.CLOSED: # Who was told so has connected elsewhere.
		return
	_url = url
	_options = options
	_resume.forget()
	id = ""
	_tries = 0
	_retry_at = _NEVER
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
	var now := world.now()
	_requests.poll(now)
	if _outgoing.is_live:
		_outgoing.flush()
		_resume.poll(now)
	_liveness.poll(now)
	if _retry_at != _NEVER and now >= _retry_at:
		_retry_at = _NEVER
		_open_link()


# Sends a request and waits for its one answer: `yield(session.request(…), "completed")`.
func request(
	type: String, data: Dictionary, envelope: Dictionary = {}, timeout_ms: int = 30000
) -> EstragonResult:
	var its_id := next_id()
	var error := _send(type, data, envelope, str(its_id))
	var count := _outgoing.ledger.sent
	return yield(_requests.wait(type, its_id, count, timeout_ms, error), "done")


# Sends a counted message that asks for no answer; returns what keeps it from being sent.
func send(type: String, data: Dictionary, envelope: Dictionary = {}) -> EstragonError:
	return _send(type, data, envelope, "")


# The same with a whole frame of a binary kind.
func send_bytes(type: String, frame: PoolByteArray) -> EstragonError:
	if state == State.CLOSED:
		return EstragonError.new(EstragonProtocol.CLOSED)
	return _outgoing.push(type, frame)


# A number for what a binary frame asks, see `ask_bytes`.
func next_id() -> int:
	return _requests.next_id()


# Sends a frame that asks under the number `its_id`, and waits for `settle`; with `error` it fails
# with that: `yield(session.ask_bytes(…), "completed")`.
func ask_bytes(
	type: String, its_id: int, frame: PoolByteArray, timeout_ms: int, error: EstragonError = null
) -> EstragonResult:
	var problem := error if error else send_bytes(type, frame)
	var count := _outgoing.ledger.sent
	return yield(_requests.wait(type, its_id, count, timeout_ms, problem), "done")


# The answer to what `ask_bytes` asked has come.
func settle(its_id: int, value) -> void:
	_requests.settle(str(its_id), EstragonResult.new({"value": value}))


# Sends a message whose newest is all that counts; while away only that one is kept.
func post(type: String, data: Dictionary, envelope: Dictionary = {}) -> EstragonError:
	var problem := EstragonMessage.complaint(type, data)
	if not problem:
		var key := "%s %s" % [type, envelope.get("room", "")]
		_outgoing.post(key, EstragonMessage.compose(type, data, envelope, ""))
	return problem


# Answers the question of the server that has the id `re`, a text or a binary frame's number; returns
# what keeps it from being sent.
func answer(type: String, re, data: Dictionary) -> EstragonError:
	return answer_whole(type, EstragonText.of({"type": type, "re": re, "data": data}))


# The same with a whole frame, text or bytes.
func answer_whole(type: String, frame) -> EstragonError:
	if state == State.CLOSED:
		return EstragonError.new(EstragonProtocol.CLOSED)
	return _outgoing.push_answer(type, frame)


# Drops the connection as a cut cable would; the session comes back by itself.
func cut() -> void:
	if state == State.OPEN or state == State.AWAY:
		_drop(_GONE, "cut")


# Leaves: the session ends at once.
func close() -> void:
	if _link:
		_leaving = _link
		_link.call("close", EstragonProtocol.CLOSE_NORMAL, "leaving")
	_finish(EstragonProtocol.CLOSE_NORMAL, "leaving")


func _open_link() -> void:
	if _link_factory:
		_link = _link_factory.call_func(_url, _options)
	else:
		_link = EstragonLink.new(_url, _options, world)
	_outgoing.use(_link, _options.outbound_bytes)
	_link.connect("opened", self, "_introduce")
	_link.connect("received", self, "_receive")
	_link.connect("received_bytes", self, "_receive_bytes")
	_link.connect("closed", self, "_on_closed")


func _introduce() -> void:
	_liveness.expect(_options.connect_timeout)
	var abilities := {
		"receive_bytes": EstragonLink.largest_message(_options.inbound_bytes),
		"fingerprint": EstragonProtocol.FINGERPRINT,
	}
	if packets:
		abilities["packets"] = packets
	_resume.introduce(abilities)


func _send(
	type: String, data: Dictionary, envelope: Dictionary, request_id: String
) -> EstragonError:
	if state == State.CLOSED:
		return EstragonError.new(EstragonProtocol.CLOSED)
	var problem := EstragonMessage.complaint(type, data)
	if problem:
		return problem
	return _outgoing.push(type, EstragonMessage.compose(type, data, envelope, request_id))


func _receive(text: String) -> void:
	_liveness.silent = 0
	var parsed := JSON.parse(text)
	var frame = parsed.get_result() if parsed.get_error() == OK else null
	if EstragonMessage.is_counted(frame):
		_resume.received += 1
	if typeof(frame) == TYPE_DICTIONARY:
		var message := EstragonMessage.new(frame)
		if message.problem:
			emit_signal("warned", message.problem)
			_decline(message, frame)
		elif message.type:
			_route(message)
	else:
		emit_signal("warned", "the server sent what is no message: %s" % text.left(80))
	_resume.acknowledge_if_many()


# Answers a question that cannot be read, so that nobody waits for its answer.
func _decline(message: EstragonMessage, frame: Dictionary) -> void:
	if message.id and not message.re and EstragonMessage.is_counted(frame):
		var error := EstragonError.new(EstragonProtocol.REMOTE_ERROR, message.problem)
		answer("error", message.id, error.to_answer(message.type))


# What is no binary kind counts, as text without a type does.
func _receive_bytes(bytes: PoolByteArray) -> void:
	_liveness.silent = 0
	var kind: int = bytes[0] if bytes.size() > 0 else 0
	if kind < EstragonProtocol.BINARY_KINDS or kind & EstragonProtocol.COUNTED_BIT:
		_resume.received += 1
	emit_signal("bytes_received", bytes)
	_resume.acknowledge_if_many()


func _route(message: EstragonMessage) -> void:
	if message.re and (_resume.hears(message) or _liveness.hears(message)):
		return
	match message.type:
		"welcome":
			_resume.hear_welcome(message.data)
		"session.ack":
			_resume.hear_ack(message.data)
		"session.reset":
			_resume.hear_reset(message)
		"session.snapshot":
			_on_snapshot(message.data)
		"session.hello":
			_on_hello(message.data)
		"error":
			_on_error(message)
		_:
			if message.re:
				_requests.settle(message.re, EstragonResult.new(message.data))
			else:
				emit_signal("message_received", message)


func _on_adopted(welcome: Dictionary) -> void:
	id = welcome["session"]
	shares_packets = packets != "" and welcome["packets"] == packets
	clock.begin(welcome["time"])
	if welcome["fingerprint"] != EstragonProtocol.FINGERPRINT:
		emit_signal(
			"warned",
			"this add-on and the server were made from different protocol tables:"
			+ " it works on, but a dropped session is lost; update the older of the two"
		)


func _on_lost(reason: String) -> void:
	emit_signal("was_lost", reason)


func _on_reset(reason: String) -> void:
	_pages = []
	emit_signal("was_reset", reason)


func _on_claim_refused(retry_ms: int) -> void:
	_drop(_GONE, "claim refused")
	if retry_ms >= 0:
		_retry_at = world.now() + retry_ms


# This connection carries our session; the server has `count` of our frames.
func _go_live(count: int) -> void:
	_tries = 0
	_pages = []
	_outgoing.go_live(count)
	_resume.acknowledge()
	_liveness.begin(_options.heartbeat)
	_set_state(State.OPEN, 0, "")


func _on_hello(data: Dictionary) -> void:
	_resume.hear_hello(data)
	if data.has("warning"):
		emit_signal("warned", str(data["warning"]))


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
	if not message.re or not _requests.settle(message.re, EstragonResult.new({}, error)):
		emit_signal("error_received", error)


func _on_answered(type: String, result: EstragonResult) -> void:
	emit_signal("answered", type, result)


# Gives the connection up.
func _drop(code: int, reason: String) -> void:
	if _link:
		_link.call("cut")
	_on_closed(code, reason)


# The connection is gone: come back, unless its code says otherwise.
func _on_closed(code: int, reason: String) -> void:
	_hang_up()
	var action: String = EstragonProtocol.CLOSE_ACTIONS.get(code, "return")
	if _resume.token == "" or action == "refused" or code == EstragonProtocol.CLOSE_NORMAL:
		_finish(code, reason)
		return
	_resume.hear_close(action)
	_tries += 1
	_retry_at = world.now() + _options.backoff(_tries, world.chance()) * 1000.0
	_set_state(State.AWAY, code, reason)


func _finish(code: int, reason: String) -> void:
	_hang_up()
	_retry_at = _NEVER
	last_error = _why_closed(code, reason)
	var asked := _requests.pending()
	_set_state(State.CLOSED, code, reason)
	_requests.abandon(-1, EstragonProtocol.CLOSED, asked)
	_requests.tell_refused()


func _hang_up() -> void:
	_link = null
	_outgoing.drop()
	_liveness.stop()


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


func _set_state(next: int, code: int, reason: String) -> void:
	if state == next:
		return
	state = next
	emit_signal("state_changed", next, code, reason)


func _get_generation() -> int:
	return _resume.generation
