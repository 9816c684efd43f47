class_name EstragonSession
extends RefCounted
## A session with the server that survives its connections.
##
## Drives an [EstragonLink], counts what goes both ways, claims the session after a drop, sends
## again what the server lacks. Games use it through [code]Network[/code].

## [member state] is another; [param code] and [param reason] are those of the close that led to it.
signal state_changed(state: State, code: int, reason: String)
## It comes back by itself, in so many seconds.
signal returning(seconds: float)
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
## A frame of a binary kind came, and is none of a relay that we are a peer of.
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

## As a browser says it of a page that is left.
const _GOING_AWAY := 1001

## What it is doing.
var state: State = State.CLOSED
## The public id of this session, as others may address it; empty before the first welcome.
var id: String = ""
## Why it is [constant State.CLOSED], where a connection failed; [code]null[/code] otherwise.
var last_error: EstragonError
## Its time and chance.
var world: EstragonWorld
## The server's clock and the round trip to it.
var clock: EstragonClock
## Its connections, one after another.
var connections: EstragonConnections
## Rises whenever the counts begin again: a question of before may not be answered any more.
var generation: int:
	get:
		return _resume.generation
## The hash of the game's packets, which the server is told; empty where there are none.
var packets: String = ""
## Of each room whose state we have, by its number in frames: the tick.
var states: Dictionary:
	get:
		return _resume.states
## Whether the server has the same packets, so that they may be bytes.
var shares_packets: bool = false
## Where its token is kept for the game's next start; [code]null[/code] for nowhere.
var keep: EstragonKeep:
	set(value):
		_resume.keep = value
	get:
		return _resume.keep
## Whether it goes on from the game's last start, and was not told yet where it sits.
var awaits_snapshot: bool:
	get:
		return _resume.awaits_snapshot

var _options: EstragonOptions
var _outgoing: EstragonOutgoing
var _requests: EstragonRequests = EstragonRequests.new()
var _resume: EstragonResume
var _liveness: EstragonLiveness
var _incoming: EstragonIncoming
var _unseen: EstragonUnseen = EstragonUnseen.new()


## Tests hand in a world, and what makes an [EstragonLink] of a URL, options and that world.
func _init(its_world := EstragonWorld.new(), link_factory: Callable = EstragonLink.open) -> void:
	world = its_world
	clock = EstragonClock.new(world)
	connections = EstragonConnections.new(world, link_factory)
	_outgoing = EstragonOutgoing.new(world)
	_resume = EstragonResume.new(world, _outgoing, _requests)
	_liveness = EstragonLiveness.new(clock, _outgoing)
	_incoming = EstragonIncoming.new(_resume, _requests, _outgoing, _liveness)
	connections.begun.connect(_on_begun)
	connections.replaced.connect(_outgoing.go_on)
	connections.closed.connect(_on_closed)
	connections.warned.connect(warned.emit)
	connections.returning.connect(returning.emit)
	_resume.went_live.connect(_on_live)
	_resume.refused.connect(connections.come_back_later)
	_resume.adopted.connect(_on_adopted)
	_resume.was_lost.connect(was_lost.emit)
	_resume.was_reset.connect(was_reset.emit)
	_resume.snapshot_received.connect(snapshot_received.emit)
	_resume.warned.connect(warned.emit)
	_liveness.fell_silent.connect(connections.give_up)
	_incoming.warned.connect(warned.emit)
	_incoming.error_received.connect(error_received.emit)
	_unseen.error_received.connect(error_received.emit)
	_requests.answered.connect(answered.emit)


## Begins to connect; [signal state_changed] tells what became of it.
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
	connections.open(url, options)


## Drives everything; call it every frame.
func poll() -> void:
	connections.poll()
	var now := world.now()
	if _outgoing.is_live:
		_outgoing.flush()
		if now >= _resume.acknowledge_at:
			_resume.acknowledge()
	if now >= _liveness.due_at:
		_liveness.look(now)
	if now >= _requests.expire_at:
		_requests.expire(now)
	_unseen.tell()


## Sends a request and waits for its one answer.
func request(
	type: String, data: Dictionary, envelope: Dictionary = {}, timeout_ms: int = 30_000
) -> EstragonResult:
	var place := EstragonUnseen.place()
	var its_id := str(_requests.next_number())
	var error := _outgoing.send(type, data, envelope, its_id)
	if error:
		return _unseen.watch(EstragonResult.failure(error), type, place)
	var asked := _requests.add(its_id, type, _outgoing.sent, world.now() + timeout_ms)
	var result: EstragonResult = await asked.done
	return _unseen.watch(result, type, place)


## Sends a counted message that asks for no answer; returns why it could not be.
func send(type: String, data: Dictionary, envelope: Dictionary = {}) -> EstragonError:
	return unsent(_outgoing.send(type, data, envelope), type)


## The same with a whole frame of a binary kind.
func send_bytes(type: String, frame: PackedByteArray) -> EstragonError:
	return unsent(_outgoing.push(type, frame), type)


## Sends a frame that is not counted if that is possible just now, and drops it else.
func send_droppable(type: String, frame: PackedByteArray) -> bool:
	return _outgoing.send_droppable(type, frame)


## Sends frames of a relay, counted and droppable ones, as one message where the server takes that.
func relay(frames: Array[PackedByteArray]) -> void:
	var link := _outgoing.link if _outgoing.is_live and _resume.agrees else null
	if link:
		link.gather(_outgoing.message_bytes)
	for frame: PackedByteArray in frames:
		if not frame[0] & EstragonProtocol.COUNTED_BIT:
			_outgoing.send_droppable("relay_unreliable", frame)
			continue
		var error := _outgoing.push("relay_reliable", frame)
		if error:
			unsent(error, "relay_reliable")
	if link:
		link.release()


## Brings what comes of a relay to [param queue]; to nobody where that is [code]null[/code].
func bring_relayed(queue: EstragonRelayQueue) -> void:
	_incoming.relayed = queue


## A number for what a binary frame asks, see [method ask_bytes].
func next_id() -> int:
	return _requests.next_number()


## Sends a frame that asks under the number [param its_id], and waits for [method settle].
func ask_bytes(
	type: String, its_id: int, frame: PackedByteArray, timeout_ms: int
) -> EstragonResult:
	var place := EstragonUnseen.place()
	var error := _outgoing.push(type, frame)
	if error:
		return _unseen.watch(EstragonResult.failure(error), type, place)
	var asked := _requests.add(str(its_id), type, _outgoing.sent, world.now() + timeout_ms)
	var result: EstragonResult = await asked.done
	return _unseen.watch(result, type, place)


## Has the failure of [param result], which was asked for from [param place], told where nobody looks
## at it.
func watched(
	result: EstragonResult, type: String, place := EstragonUnseen.place()
) -> EstragonResult:
	return _unseen.watch(result, type, place)


## What could not be sent, and is returned; it is told as well.
func unsent(error: EstragonError, type: String) -> EstragonError:
	return _unseen.refused(error, type)


## The answer to what [method ask_bytes] asked has come.
func settle(its_id: int, value: Variant) -> void:
	_requests.answer(str(its_id), EstragonResult.success({"value": value}))


## Sends a message whose newest of its type, room and [param key] is all that counts; while it must
## wait only that one is kept.
func post(
	type: String, data: Dictionary, envelope: Dictionary = {}, key: String = ""
) -> EstragonError:
	return unsent(_outgoing.post(type, data, envelope, key), type)


## Answers the question of the server that has the id [param re], a text or a binary frame's number;
## returns why it could not be.
func answer(type: String, re: Variant, data: Dictionary) -> EstragonError:
	return _outgoing.answer(type, re, data)


## The same with a whole frame, text or bytes.
func answer_whole(type: String, frame: Variant) -> EstragonError:
	return _outgoing.push(type, frame, true)


## Drops the connection as a cut cable would; the session comes back by itself.
func cut() -> void:
	if state == State.OPEN or state == State.AWAY:
		connections.give_up(EstragonLink.LOST, "cut")


## Leaves: the session ends at once.
func close() -> void:
	_unseen.is_leaving = true
	connections.leave(EstragonProtocol.CLOSE_NORMAL, "leaving")
	_on_closed(EstragonProtocol.CLOSE_NORMAL, "leaving")
	_unseen.is_leaving = false


## The device is online, or in front, again: a connection that is gone is found out soon, and the next
## one opened at once.
func wake() -> void:
	if state == State.OPEN:
		_liveness.probe(world.now())
	elif state == State.AWAY and connections.may_hurry():
		_outgoing.use(null)
		_liveness.stop()
		connections.hurry()
	elif state == State.AWAY:
		connections.hurry_soon()


## Goes without leaving: the session waits for the game's next start, as for any that was cut off.
func suspend() -> void:
	keep = null
	connections.leave(_GOING_AWAY, "going away")
	_on_closed(EstragonProtocol.CLOSE_NORMAL, "going away")


func _on_begun(link: EstragonLink) -> void:
	_outgoing.use(link)
	link.opened.connect(_introduce)
	link.received.connect(_receive)
	link.received_bytes.connect(_receive_bytes)


func _introduce() -> void:
	_liveness.expect(_options.connect_timeout * 1000.0)
	_resume.introduce(_options.inbound_bytes, packets)


func _receive(text: String) -> void:
	var message := _incoming.read(text)
	if message:
		message_received.emit(message)
	_resume.acknowledge_many()


func _receive_bytes(bytes: PackedByteArray) -> void:
	if not _incoming.take(bytes):
		bytes_received.emit(bytes)
	_resume.acknowledge_many()


func _on_adopted(welcome: Dictionary) -> void:
	id = welcome["session"]
	shares_packets = packets != "" and welcome["packets"] == packets
	connections.kept_ms = welcome["resume_ms"]
	var time: float = welcome["time"]
	clock.begin(time)


func _on_live() -> void:
	connections.succeed()
	_liveness.begin(_options.heartbeat * 1000.0)
	_set_state(State.OPEN, 0, "")


## The connection is gone: come back, unless its code says otherwise.
func _on_closed(code: int, reason: String) -> void:
	_outgoing.use(null)
	_liveness.stop()
	var may_return: bool = _resume.token != "" or _resume.must_retry
	var wait_ms := connections.come_back(code) if may_return else -1.0
	if wait_ms >= 0.0:
		if EstragonProtocol.ENDING_CLOSES.has(code):
			_resume.despair("UNKNOWN")
		if _resume.token:
			_set_state(State.AWAY, code, reason)
		if state == State.AWAY:
			returning.emit(wait_ms / 1000.0)
		return
	_resume.let_go()
	connections.forget()
	last_error = connections.error_of(code, reason)
	var given_up := _requests.ids()
	_set_state(State.CLOSED, code, reason)
	_requests.give_up(given_up, EstragonProtocol.CLOSED)


func _set_state(next: State, code: int, reason: String) -> void:
	if state != next:
		state = next
		_outgoing.is_closed = next == State.CLOSED
		state_changed.emit(next, code, reason)
