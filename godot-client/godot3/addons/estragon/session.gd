# A session with the server that survives its connections.
#
# Drives an EstragonLink, counts what goes both ways, claims the session after a drop, sends again
# what the server lacks. Games use it through `Network`.
class_name EstragonSession
extends Reference

# warning-ignore-all:return_value_discarded
# warning-ignore-all:unused_signal

# `state` is another; `code` and `reason` are those of the close that led to it.
signal state_changed(state, code, reason)
# It comes back by itself, in so many seconds.
signal returning(seconds)
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
const EstragonConnections := preload("connections.gd")
const EstragonError := preload("error.gd")
const EstragonIncoming := preload("incoming.gd")
const EstragonKeep := preload("keep.gd")
const EstragonLink := preload("link.gd")
const EstragonLiveness := preload("liveness.gd")
const EstragonOptions := preload("options.gd")
const EstragonOutgoing := preload("outgoing.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonRequests := preload("requests.gd")
const EstragonResult := preload("result.gd")
const EstragonResume := preload("resume.gd")
const EstragonUnseen := preload("unseen.gd")
const EstragonWorld := preload("world.gd")

# As a browser says it of a page that is left.
const _GOING_AWAY := 1001

# What it is doing.
var state: int = State.CLOSED
# The public id of this session, as others may address it; empty before the first welcome.
var id: String = ""
# Why it is CLOSED, where a connection failed; null otherwise.
var last_error: EstragonError
# Its time and chance.
var world: EstragonWorld
# The server's clock and the round trip to it.
var clock: EstragonClock
# Rises whenever the counts begin again: a question of before is not answered any more.
var generation: int setget , _get_generation
# The hash of the game's packets, which the server is told; empty where there are none.
var packets: String = ""
# Of each room whose state we have, by its number in frames: the tick.
var states: Dictionary setget , _get_states
# Whether the server has the same packets, so that they may be bytes.
var shares_packets: bool = false
# Where its token is kept for the game's next start; null for nowhere.
var keep: EstragonKeep setget _set_keep, _get_keep
# Whether it goes on from the game's last start, and was not told yet where it sits.
var awaits_snapshot: bool setget , _get_awaits_snapshot

var _options: EstragonOptions
var _connections: EstragonConnections
var _outgoing: EstragonOutgoing
var _requests: EstragonRequests
var _resume: EstragonResume
var _liveness: EstragonLiveness
var _incoming: EstragonIncoming
var _unseen := EstragonUnseen.new()


# Tests hand in a world, and what makes an EstragonLink of a URL, options and that world.
func _init(its_world: EstragonWorld = null, link_factory: FuncRef = null) -> void:
	world = its_world if its_world else EstragonWorld.new()
	clock = EstragonClock.new(world)
	_connections = EstragonConnections.new(world, link_factory)
	_outgoing = EstragonOutgoing.new(world)
	_requests = EstragonRequests.new(world)
	_resume = EstragonResume.new(world, _outgoing, _requests)
	_liveness = EstragonLiveness.new(clock, _outgoing)
	_incoming = EstragonIncoming.new(_resume, _requests, _outgoing, _liveness)
	_connections.connect("begun", self, "_on_begun")
	_connections.connect("closed", self, "_on_closed")
	_resume.connect("went_live", self, "_on_live")
	_resume.connect("refused", self, "_on_refused")
	_resume.connect("adopted", self, "_on_adopted")
	_liveness.connect("fell_silent", _connections, "give_up")
	_pass_on(_connections, ["warned"])
	_pass_on(_resume, ["was_lost", "was_reset", "snapshot_received", "warned"])
	_pass_on(_incoming, ["warned", "error_received"])
	_pass_on(_unseen, ["error_received"])
	_requests.connect("answered", self, "_on_answered")


# Begins to connect; `state_changed` tells what became of it.
func open(url: String, options: EstragonOptions) -> void:
	if state != State.CLOSED:
		close()
	if state != State.CLOSED: # Who was told so has connected elsewhere.
		return
	_options = options
	_outgoing.set_buffer(options.outbound_bytes)
	_resume.forget()
	id = ""
	_set_state(State.CONNECTING, 0, "")
	_connections.open(url, options)


# Drives everything; call it every frame.
func poll() -> void:
	_connections.poll()
	var now := world.now()
	_requests.poll(now)
	if _outgoing.is_live:
		_outgoing.flush()
		_resume.poll(now)
	_liveness.poll(now)
	_unseen.tell()


# Makes the network as bad as `options` say, see `Network.lag`; returns what is wrong with them.
func lag(options: Dictionary) -> EstragonError:
	var error := _connections.lag(options)
	_outgoing.link = _connections.link
	return error


# Sends a request and waits for its one answer: `yield(session.request(…), "completed")`.
func request(
	type: String, data: Dictionary, envelope: Dictionary = {}, timeout_ms: int = 30000
) -> EstragonResult:
	var place := EstragonUnseen.place()
	var its_id := str(_requests.next_number())
	var error := _outgoing.send(type, data, envelope, its_id)
	var asked := _requests.add(its_id, type, _outgoing.sent, timeout_ms, error)
	return _unseen.watch(yield(asked, "done"), type, place)


func _get_states() -> Dictionary:
	return _resume.states


# Sends a counted message that asks for no answer; returns what keeps it from being sent.
func send(type: String, data: Dictionary, envelope: Dictionary = {}) -> EstragonError:
	return unsent(_outgoing.send(type, data, envelope), type)


# The same with a whole frame of a binary kind.
func send_bytes(type: String, frame: PoolByteArray) -> EstragonError:
	return unsent(_outgoing.push(type, frame), type)


# The same of a kind that is not counted, unless the socket or its rate does not take it now.
func send_droppable(type: String, frame: PoolByteArray) -> bool:
	return _outgoing.send_droppable(type, frame)


# A number for what a binary frame asks, see `ask_bytes`.
func next_id() -> int:
	return _requests.next_number()


# Sends a frame that asks under the number `its_id`, and waits for `settle`; with `error` it fails
# with that: `yield(session.ask_bytes(…), "completed")`.
func ask_bytes(
	type: String, its_id: int, frame: PoolByteArray, timeout_ms: int, error: EstragonError = null
) -> EstragonResult:
	var place := EstragonUnseen.place()
	var why := error if error else _outgoing.push(type, frame)
	var asked := _requests.add(str(its_id), type, _outgoing.sent, timeout_ms, why)
	return _unseen.watch(yield(asked, "done"), type, place)


# Has the failure of `result`, which was asked for from `place`, told where nobody looks at it.
func watched(result: EstragonResult, type: String, place: String) -> EstragonResult:
	return _unseen.watch(result, type, place)


# What could not be sent, and is returned; it is told as well.
func unsent(error: EstragonError, type: String) -> EstragonError:
	return _unseen.refused(error, type)


# The answer to what `ask_bytes` asked has come.
func settle(its_id: int, value) -> void:
	_requests.answer(str(its_id), EstragonResult.new({"value": value}))


# Sends a message whose newest of its type, room and `key` is all that counts; while it must wait only
# that one is kept.
func post(
	type: String, data: Dictionary, envelope: Dictionary = {}, key: String = ""
) -> EstragonError:
	return unsent(_outgoing.post(type, data, envelope, key), type)


# Answers the question of the server that has the id `re`, a text or a binary frame's number; returns
# what keeps it from being sent.
func answer(type: String, re, data: Dictionary) -> EstragonError:
	return _outgoing.answer(type, re, data)


# The same with a whole frame, text or bytes.
func answer_whole(type: String, frame) -> EstragonError:
	return _outgoing.push(type, frame, true)


# Drops the connection as a cut cable would; the session comes back by itself.
func cut() -> void:
	if state == State.OPEN or state == State.AWAY:
		_connections.give_up(EstragonLink.LOST, "cut")


# Leaves: the session ends at once.
func close() -> void:
	_unseen.is_leaving = true
	_connections.leave(EstragonProtocol.CLOSE_NORMAL, "leaving")
	_on_closed(EstragonProtocol.CLOSE_NORMAL, "leaving")
	_unseen.is_leaving = false


# The device is online, or in front, again: a connection that is gone is found out soon, and the next
# one opened at once.
func wake() -> void:
	if state == State.OPEN:
		_liveness.probe(world.now())
	elif state == State.AWAY and _connections.may_hurry():
		_outgoing.use(null)
		_liveness.stop()
		_connections.hurry()
	elif state == State.AWAY:
		_connections.hurry_soon()


# Goes without leaving: the session waits for the game's next start, as for any that was cut off.
func suspend() -> void:
	_resume.keep = null
	_connections.leave(_GOING_AWAY, "going away")
	_on_closed(EstragonProtocol.CLOSE_NORMAL, "going away")


func _on_begun(link: Reference) -> void:
	_outgoing.use(link)
	link.connect("opened", self, "_introduce")
	link.connect("received", self, "_receive")
	link.connect("received_bytes", self, "_receive_bytes")


func _introduce() -> void:
	_liveness.expect(_options.connect_timeout * 1000.0)
	_resume.introduce(EstragonLink.largest_message(_options.inbound_bytes), packets)


func _receive(text: String) -> void:
	var message := _incoming.read(text)
	if message:
		emit_signal("message_received", message)
	_resume.acknowledge_many()


func _receive_bytes(bytes: PoolByteArray) -> void:
	_incoming.count(bytes)
	emit_signal("bytes_received", bytes)
	_resume.acknowledge_many()


func _on_adopted(welcome: Dictionary) -> void:
	id = welcome["session"]
	shares_packets = packets != "" and welcome["packets"] == packets
	_connections.kept_ms = welcome["resume_ms"]
	clock.begin(welcome["time"])


func _on_live() -> void:
	_connections.succeed()
	_liveness.begin(_options.heartbeat * 1000.0)
	_set_state(State.OPEN, 0, "")


func _on_refused(retry_ms: int) -> void:
	_connections.give_up(EstragonLink.LOST, "claim refused")
	if retry_ms >= 0:
		_connections.come_back_after(retry_ms)
		emit_signal("returning", retry_ms / 1000.0)


# The connection is gone: come back, unless its code says otherwise.
func _on_closed(code: int, reason: String) -> void:
	_outgoing.use(null)
	_liveness.stop()
	var may_return: bool = _resume.has_session or _resume.must_retry
	var wait_ms := _connections.come_back(code) if may_return else -1.0
	if wait_ms >= 0.0:
		_resume.lose(EstragonProtocol.ENDING_CLOSES.has(code))
		if _resume.has_session:
			_set_state(State.AWAY, code, reason)
		if state == State.AWAY:
			emit_signal("returning", wait_ms / 1000.0)
		return
	_resume.let_go()
	_connections.forget()
	last_error = _connections.error_of(code, reason)
	var asked := _requests.pending()
	_set_state(State.CLOSED, code, reason)
	_requests.abandon(-1, EstragonProtocol.CLOSED, asked)
	_requests.tell_refused()


func _set_state(next: int, code: int, reason: String) -> void:
	if state == next:
		return
	state = next
	_outgoing.is_closed = next == State.CLOSED
	emit_signal("state_changed", next, code, reason)


# Whoever listens to these signals of a part hears them of the session.
func _pass_on(part: Reference, names: Array) -> void:
	for name in names:
		part.connect(name, self, "_tell", [name])


func _tell(what, name: String) -> void:
	emit_signal(name, what)


func _on_answered(type: String, result: EstragonResult) -> void:
	emit_signal("answered", type, result)


func _set_keep(value: EstragonKeep) -> void:
	_resume.keep = value


func _get_keep() -> EstragonKeep:
	return _resume.keep


func _get_awaits_snapshot() -> bool:
	return _resume.awaits_snapshot


func _get_generation() -> int:
	return _resume.generation
