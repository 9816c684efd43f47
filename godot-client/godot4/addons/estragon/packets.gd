class_name EstragonPackets
extends RefCounted
## Small messages whose shapes the game defines, to and from the server and others in a room.
##
## [codeblock]
## Network.packets.use(GamePackets.new()) # Written by: estragon packets FILE --godot 4
## Network.packets.on("Slap", func(_data: Dictionary, from: EstragonMember) -> void: print(from.name))
## await Network.connect_to_server("ws://127.0.0.1:1234")
## Network.packets.send(["Slap"], {"to": "others"})
## var sum := await Network.packets.ask(["Add", {"a": 20, "b": 23}])
## [/codeblock]
## Where the server has other packets they go as JSON, and [code]Network.warned[/code] says so.

## Any packet came, those in bundles included, also where nothing is registered for it.
signal received(name: String, data: Variant, from: EstragonMember, room: String)
## The server would have a web page load itself anew.
signal refreshed
## The server would send a web page to another address.
signal redirected(address: String)

const _GRACE_MS := 250

var _session: EstragonSession
var _rooms: EstragonRooms
var _packets: EstragonPacketSet
## What is done about packets: [respond, validate] by name.
var _acceptors: Dictionary = {}
var _waiting: Array[EstragonArrival] = []
var _is_judging: bool = false


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_session.message_received.connect(_on_message)
	_session.bytes_received.connect(_on_bytes)


## The packets that this game has; say it before connecting. Without them all go as JSON, unchecked.
func use(packets: EstragonPacketSet) -> void:
	_packets = packets
	_session.packets = packets.schema_hash


## Whether packets go as bytes, because the server has the same.
func is_binary() -> bool:
	return _packets != null and _session.shares_packets


## Has [param respond] answer packets of this name: it is called with [code](data: Variant, from:
## EstragonMember)[/code], and what it returns, also after an [code]await[/code], is the answer; an
## [EstragonError] says that it failed. [param validate] is called before it in the same way and
## returns [code]null[/code], or the [method refusal] of what is not accepted. Packets keep their
## order, however long one is thought about. Returns whether there is such a packet.
func on(name: String, respond: Callable, validate: Callable = Callable()) -> bool:
	if _packets and not _packets.has(name):
		_session.warned.emit("packets: expected one of %s; got %s" % [_packets.names(), name])
		return false
	_acceptors[name] = [respond, validate]
	return true


## Undoes [method on].
func off(name: String) -> void:
	_acceptors.erase(name)


## What a [code]validate[/code] returns that does not accept a packet: its sender is told.
static func refusal(code: int, reason: String) -> EstragonError:
	var error := EstragonError.local(EstragonProtocol.VALIDATION_FAILED, reason)
	error.cause = {"code": code, "reason": reason}
	return error


## Sends a packet, an [EstragonPacket] or [code]["Name", data][/code], and waits for nothing; returns
## why it could not be sent. [param options] may hold [code]room[/code] and [code]to[/code], as for
## [method EstragonEvents.emit]; without [code]to[/code] it is for the server itself. A refusal by the
## server is told by [code]Network.error_received[/code].
func send(packet: Variant, options: Dictionary = {}) -> EstragonError:
	if not is_binary() or _is_for_nobody(options):
		var plain := _plain(packet)
		var error := _problem(plain)
		if error:
			return _session.unsent(error, "packet")
		return _session.send("packet", plain, _envelope(options))
	var frame := _frame(-1, packet, options)
	if _packets.error:
		return _session.unsent(_packets.error, "packet")
	return _session.send_bytes("packet", frame)


## Sends a packet and waits: [member EstragonResult.value] is what the receiver's respond returned;
## with [code]to[/code], what was delivered. [param options] may hold [code]timeout[/code], in seconds
## (30). Fails with VALIDATION_FAILED where it is not accepted, whose [member EstragonError.cause] has
## the [code]code[/code] and the [code]reason[/code].
func ask(packet: Variant, options: Dictionary = {}) -> EstragonResult:
	var timeout: float = options.get("timeout", EstragonAsking.TIMEOUT)
	var timeout_ms := EstragonAsking.milliseconds(timeout) + _GRACE_MS
	if is_binary() and not _is_for_nobody(options):
		var id := _session.next_id()
		var frame := _frame(id, packet, options)
		if _packets.error:
			return _session.watched(EstragonResult.failure(_packets.error), "packet")
		return await _session.ask_bytes("packet", id, frame, timeout_ms)
	var plain := _plain(packet)
	var error := _problem(plain)
	if error:
		return _session.watched(EstragonResult.failure(error), "packet")
	return await _session.request("packet", plain, _envelope(options), timeout_ms)


func _frame(id: int, packet: Variant, options: Dictionary) -> PackedByteArray:
	var room: String = options.get("room", "")
	return _packets.frame(id, room, _targets(options), packet)


func _targets(options: Dictionary) -> Array:
	var to: Variant = options.get("to", [])
	if typeof(to) == TYPE_ARRAY:
		var targets: Array = to
		return targets
	return [to]


## Whether it names no address, which in bytes would be the server's.
func _is_for_nobody(options: Dictionary) -> bool:
	return typeof(options.get("to")) == TYPE_ARRAY and not options["to"]


func _envelope(options: Dictionary) -> Dictionary:
	var envelope := {}
	if options.get("room"):
		envelope["room"] = options["room"]
	if options.get("to") or _is_for_nobody(options):
		envelope["to"] = options["to"]
	return envelope


## A packet as JSON has it; empty for what is none.
func _plain(packet: Variant) -> Dictionary:
	var known := EstragonPacket.of(packet)
	if not known:
		return {}
	if not _packets:
		return {"name": known.name, "data": known.data}
	_packets.pack(known)
	return {} if _packets.error else {"name": known.name, "data": _packets.to_json(known)}


func _problem(plain: Dictionary) -> EstragonError:
	if plain:
		return null
	if _packets and _packets.error:
		return _packets.error
	var text := 'packet: expected ["Name", data]'
	return EstragonError.local(EstragonProtocol.INVALID_MESSAGE_DATA, text)


func _on_message(message: EstragonMessage) -> void:
	if message.type != "packet":
		return
	var name: String = message.data["name"]
	var data: Variant = message.data.get("data")
	var id: Variant = message.id if message.id else null
	var arrival := EstragonArrival.new(_session, _packets, id)
	arrival.room = message.room
	arrival.from = _rooms.sender(message)
	if _packets:
		arrival.packet = _packets.from_json(name, data, _session.shares_packets)
	else:
		arrival.packet = EstragonPacket.new(name, data)
	if arrival.packet:
		_arrive(arrival)
		return
	var error := _packets.error
	error.code = EstragonProtocol.UNREGISTERED_HANDLER
	error.status = EstragonProtocol.ERROR_STATUS[error.code]
	arrival.refuse(error)


func _on_bytes(bytes: PackedByteArray) -> void:
	if not _packets:
		return
	var head := _packets.open(bytes)
	if not head:
		if _packets.error:
			_session.warned.emit(str(_packets.error))
		return
	if head.is_reply:
		_session.settle(head.id, head.value)
		return
	var id: Variant = null if head.id < 0 else head.id
	var arrival := EstragonArrival.new(_session, _packets, id)
	arrival.packet = head.packet
	arrival.room = head.room
	arrival.from = _member(head.room, head.from)
	_arrive(arrival)


func _member(code: String, number: int) -> EstragonMember:
	var room := _rooms.room(code) if code else null
	if room and room.members.has(number):
		return room.members[number]
	return EstragonMember.from_data({"member": number} if number else {})


func _arrive(arrival: EstragonArrival) -> void:
	_waiting.append(arrival)
	if not _is_judging:
		_judge_all()


## One after another, so that packets keep their order.
func _judge_all() -> void:
	_is_judging = true
	while not _waiting.is_empty():
		var arrival: EstragonArrival = _waiting.pop_front()
		var refused: EstragonError = null
		if not arrival.is_over():
			refused = await _judged(arrival)
		if arrival.is_over():
			continue
		if refused:
			arrival.refuse(refused)
		else:
			_accept(arrival)
	_is_judging = false


## Why a packet, or one of its bundle, is not accepted; [code]null[/code] where it is.
func _judged(arrival: EstragonArrival) -> EstragonError:
	var limit := EstragonProtocol.LIMIT_VALIDATE_MS
	var verdict := EstragonRequest.new("packet")
	_judge(arrival, verdict)
	if not verdict.result:
		var text := "%s.validate: nothing within %d ms" % [arrival.packet.name, limit]
		var late := EstragonError.local(EstragonProtocol.TIMEOUT, text)
		_session.world.after(limit, verdict.finish.bind(EstragonResult.failure(late)))
		await verdict.done
	return verdict.result.error


func _judge(arrival: EstragonArrival, verdict: EstragonRequest) -> void:
	for packet: EstragonPacket in arrival.packet.flattened():
		var validate := _acceptor(packet.name, 1)
		if not validate.is_valid():
			continue
		var refused: Variant = await validate.call(packet.data, arrival.from)
		if refused is EstragonError:
			var error: EstragonError = refused
			verdict.finish(EstragonResult.failure(error))
			return
	verdict.finish(EstragonResult.success({}))


func _accept(arrival: EstragonArrival) -> void:
	for packet: EstragonPacket in arrival.packet.flattened():
		received.emit(packet.name, packet.data, arrival.from, arrival.room)
		if arrival.from.number == 0 and packet.name == "Refresh":
			refreshed.emit()
		elif arrival.from.number == 0 and packet.name == "Redirect":
			redirected.emit(str(packet.data))
	var value: Variant = await _response(arrival.packet, arrival.from)
	arrival.answer(value)


## What the handler returns, or for a bundle what those of its packets do.
func _response(packet: EstragonPacket, from: EstragonMember) -> Variant:
	var respond := _acceptor(packet.name, 0)
	if respond.is_valid():
		return await respond.call(packet.data, from)
	if packet.name != "Bundle" or typeof(packet.data) != TYPE_ARRAY:
		return null
	var answers: Array = []
	var packets: Array = packet.data
	for one: Variant in packets:
		var answer: Variant = await _response(EstragonPacket.of(one), from)
		if answer is EstragonError:
			return answer
		answers.append(answer)
	return answers


func _acceptor(name: String, index: int) -> Callable:
	var acceptor: Array = _acceptors.get(name, [Callable(), Callable()])
	return acceptor[index]
