# Small messages whose shapes the game defines, to and from the server and others in a room.
#
#     Network.packets.use(GamePackets.new()) # Written by: estragon packets FILE --godot 3
#     Network.packets.on("Slap", self, "_on_slap") # _on_slap(data, from)
#     yield(Network.connect_to_server("ws://127.0.0.1:1234"), "completed")
#     Network.packets.send(["Slap"], {"to": "others"})
#     var sum = yield(Network.packets.ask(["Add", {"a": 20, "b": 23}]), "completed")
#
# Where the server has other packets they go as JSON, and `Network.warned` says so.
class_name EstragonPackets
extends Reference

# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_property_access

# Any packet came, those in bundles included, also where nothing is registered for it. `from` is an
# EstragonMember, `room` a code.
signal received(name, data, from, room)
# The server would have a web page load itself anew.
signal refreshed
# The server would send a web page to another address.
signal redirected(address)

const EstragonArrival := preload("arrival.gd")
const EstragonAsking := preload("asking.gd")
const EstragonError := preload("error.gd")
const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonPacket := preload("packet.gd")
const EstragonPacketSet := preload("packet_set.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSession := preload("session.gd")
const _GRACE_MS := 250

var _session: EstragonSession
var _rooms: EstragonRooms
var _packets: EstragonPacketSet
# What is done about packets: [id of the target, respond, validate] by name.
var _acceptors: Dictionary = {}
var _waiting: Array = []
var _is_judging: bool = false


# Whether a packet is accepted, once that is known.
class Verdict:
	extends Reference

	signal reached

	var is_reached: bool = false
	# Why it is not; null where it is.
	var error: Reference

	func reach(its_error: Reference = null) -> void:
		if is_reached:
			return
		is_reached = true
		error = its_error
		emit_signal("reached")


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_session.connect("message_received", self, "_on_message")
	_session.connect("bytes_received", self, "_on_bytes")


# The packets that this game has; say it before connecting. Without them all go as JSON, unchecked.
func use(packets: EstragonPacketSet) -> void:
	_packets = packets
	_session.packets = packets.schema_hash


# Whether packets go as bytes, because the server has the same.
func is_binary() -> bool:
	return _packets != null and _session.shares_packets


# Has `target.respond(data, from)` answer packets of this name: what it returns, also after a yield,
# is the answer; an EstragonError says that it failed. The method `validate`, where one is named, is
# called before it in the same way and returns null, or the `refusal` of what is not accepted.
# Packets keep their order, however long one is thought about. A freed target is forgotten. Returns
# whether there is such a packet.
func on(name: String, target: Object, respond: String, validate: String = "") -> bool:
	if _packets and not _packets.has(name):
		var names := _packets.names().join(", ")
		_session.emit_signal("warned", "packets: expected one of %s; got %s" % [names, name])
		return false
	_acceptors[name] = [target.get_instance_id(), respond, validate]
	return true


# Undoes `on`; whether there was something to undo.
func off(name: String) -> bool:
	return _acceptors.erase(name)


# What a validating method returns that does not accept a packet: its sender is told.
static func refusal(code: int, reason: String) -> EstragonError:
	var error := EstragonError.new(EstragonProtocol.VALIDATION_FAILED, reason)
	error.cause = {"code": code, "reason": reason}
	return error


# Sends a packet, an EstragonPacket or ["Name", data], and waits for nothing; returns what keeps it
# from being sent. `options` may hold `room` and `to`, as for EstragonEvents.emit; without `to` it is
# for the server itself. A refusal by the server is told by `Network.error_received`.
func send(packet, options: Dictionary = {}) -> EstragonError:
	if is_binary() and not _is_for_nobody(options):
		var frame := _frame(-1, packet, options)
		if _packets.error:
			return _session.unsent(_packets.error, "packet")
		return _session.send_bytes("packet", frame)
	var plain := _plain(packet)
	var error := _problem(plain)
	if error:
		return _session.unsent(error, "packet")
	return _session.send("packet", plain, _envelope(options))


# Sends a packet and waits: the `value` of what `yield(Network.packets.ask(…), "completed")` brings
# is what the receiver's respond returned; with `to`, what was delivered. `options` may hold
# `timeout`, in seconds (30). Fails with VALIDATION_FAILED where it is not accepted, whose `cause`
# has the `code` and the `reason`.
func ask(packet, options: Dictionary = {}) -> EstragonResult:
	var seconds: float = options.get("timeout", EstragonAsking.TIMEOUT)
	var timeout_ms := EstragonAsking.milliseconds(seconds) + _GRACE_MS
	var id := _session.next_id()
	if is_binary() and not _is_for_nobody(options):
		var frame := _frame(id, packet, options)
		return yield(
			_session.ask_bytes("packet", id, frame, timeout_ms, _packets.error), "completed"
		)
	var plain := _plain(packet)
	var error := _problem(plain)
	if error:
		var nothing := PoolByteArray()
		return yield(_session.ask_bytes("packet", id, nothing, timeout_ms, error), "completed")
	return yield(
		_session.request("packet", plain, _envelope(options), timeout_ms), "completed"
	)


func _frame(id: int, packet, options: Dictionary) -> PoolByteArray:
	return _packets.frame(id, options.get("room", ""), _targets(options), packet)


func _targets(options: Dictionary) -> Array:
	var to = options.get("to", [])
	return to if typeof(to) == TYPE_ARRAY else [to]


# Whether it names no address, which in bytes would be the server's.
func _is_for_nobody(options: Dictionary) -> bool:
	return typeof(options.get("to")) == TYPE_ARRAY and not options["to"]


func _envelope(options: Dictionary) -> Dictionary:
	var envelope := {}
	for name in ["room", "to"]:
		if options.get(name):
			envelope[name] = options[name]
	if _is_for_nobody(options):
		envelope["to"] = []
	return envelope


# A packet as JSON has it; empty for what is none.
func _plain(packet) -> Dictionary:
	var known := EstragonPacketSet.packet_of(packet)
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
	return EstragonError.new(EstragonProtocol.INVALID_MESSAGE_DATA, text)


func _on_message(message: EstragonMessage) -> void:
	if message.type != "packet":
		return
	var name: String = message.data["name"]
	var data = message.data.get("data")
	var id = null
	if message.id:
		id = message.id
	var arrival := EstragonArrival.new(_session, _packets, id)
	arrival.room = message.room
	arrival.from = _rooms.sender(message)
	if _packets:
		arrival.packet = _packets.from_json(name, data, _session.shares_packets)
	else:
		arrival.packet = EstragonPacket.new(name, data)
	if arrival.packet:
		_arrive(arrival)
	else:
		var absent := EstragonProtocol.UNREGISTERED_HANDLER
		arrival.refuse(EstragonError.new(absent, _packets.error.message))


func _on_bytes(bytes: PoolByteArray) -> void:
	if not _packets:
		return
	var head = _packets.open(bytes)
	if not head:
		if _packets.error:
			_session.emit_signal("warned", str(_packets.error))
		return
	if head.is_reply:
		_session.settle(head.id, head.value)
		return
	var id = null
	if head.id >= 0:
		id = head.id
	var arrival := EstragonArrival.new(_session, _packets, id)
	arrival.packet = head.packet
	arrival.room = head.room
	arrival.from = _member(head.room, head.from)
	_arrive(arrival)


func _member(code: String, number: int) -> EstragonMember:
	var room = _rooms.room(code) if code else null
	if room and room.members.has(number):
		return room.members[number]
	return EstragonMember.new({"member": number})


func _arrive(arrival: EstragonArrival) -> void:
	_waiting.append(arrival)
	if not _is_judging:
		_judge_all()


# One after another, so that packets keep their order.
func _judge_all() -> void:
	_is_judging = true
	while not _waiting.empty():
		var arrival: EstragonArrival = _waiting.pop_front()
		if arrival.is_over():
			continue
		var verdict := Verdict.new()
		_judge(arrival, verdict)
		if not verdict.is_reached:
			var timer := _limit(arrival, verdict)
			yield(verdict, "reached")
			timer.disconnect("timeout", verdict, "reach")
		if verdict.error:
			arrival.refuse(verdict.error)
		elif not arrival.is_over():
			_accept(arrival)
	_is_judging = false


func _limit(arrival: EstragonArrival, verdict: Verdict) -> SceneTreeTimer:
	var limit := EstragonProtocol.LIMIT_VALIDATE_MS
	var text := "%s.validate: nothing within %d ms" % [arrival.packet.name, limit]
	var late := EstragonError.new(EstragonProtocol.TIMEOUT, text)
	return _session.world.after(limit, verdict, "reach", [late])


func _judge(arrival: EstragonArrival, verdict: Verdict) -> void:
	for packet in EstragonPacketSet.flattened(arrival.packet):
		var refused = _call(packet, 2, arrival.from)
		if refused is GDScriptFunctionState:
			refused = yield(refused, "completed")
		if refused is EstragonError:
			verdict.reach(refused)
			return
	verdict.reach()


func _accept(arrival: EstragonArrival) -> void:
	for packet in EstragonPacketSet.flattened(arrival.packet):
		emit_signal("received", packet.name, packet.data, arrival.from, arrival.room)
		if arrival.from.number == 0 and packet.name == "Refresh":
			emit_signal("refreshed")
		elif arrival.from.number == 0 and packet.name == "Redirect":
			emit_signal("redirected", str(packet.data))
	var value = _response(arrival.packet, arrival.from)
	if value is GDScriptFunctionState:
		value = yield(value, "completed")
	arrival.answer(value)


# What the method returns, or for a bundle what those of its packets do.
func _response(packet: EstragonPacket, from: EstragonMember):
	var is_bundle := packet.name == "Bundle" and typeof(packet.data) == TYPE_ARRAY
	if _acceptors.has(packet.name) or not is_bundle:
		return _call(packet, 1, from)
	var answers := []
	for one in packet.data:
		var answer = _response(EstragonPacketSet.packet_of(one), from)
		if answer is GDScriptFunctionState:
			answer = yield(answer, "completed")
		if answer is EstragonError:
			return answer
		answers.append(answer)
	return answers


# What the method of a packet's acceptor returns; null where there is none.
func _call(packet: EstragonPacket, which: int, from: EstragonMember):
	var acceptor: Array = _acceptors.get(packet.name, [0, "", ""])
	var target := instance_from_id(acceptor[0]) if acceptor[which] else null
	return target.callv(acceptor[which], [packet.data, from]) if target else null
