# A game's packets, as `estragon packets` writes them for `EstragonPackets.use`.
class_name EstragonPacketSet
extends Reference

# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const EstragonCodec := preload("codec.gd")
const EstragonError := preload("error.gd")
const EstragonPacker := preload("packer.gd")
const EstragonPacket := preload("packet.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonReader := preload("reader.gd")
const EstragonSchema := preload("schema.gd")
const EstragonShape := preload("shape.gd")
const EstragonWriter := preload("writer.gd")

# Where a packet comes from and whether it asks: what a frame says before the packet.
class Head:
	extends Reference
	# The id of what asks, or of what is answered; -1 for none.
	var id: int = -1
	# Whether it is an answer.
	var is_reply: bool = false
	# The code of the room; empty for none.
	var room: String = ""
	# Addresses, on the way to the server.
	var to: Array = []
	# The sender's number in the room, on the way to a client; 0 is the server.
	var from: int = 0
	# What came, where it is no answer.
	var packet: Reference
	# What was answered, where it is one.
	var value

# Tells whether two sides were made from the same packets.
var schema_hash: String
# What is wrong with what was last written, read or opened; `null` when nothing is.
var error: EstragonError

# Of each packet, in order of their numbers from 1.
var _types: Array = []
var _codecs: Array = []
var _numbers: Dictionary = {}
# EstragonShape by the name of a packet, bundles apart.
var _shapes: Dictionary = {}
var _writer := EstragonWriter.new()
var _reader := EstragonReader.new()


# `types` holds the `name`, the `schema` and, of bundles,
# `is_bundle` of each packet, in order of their names.
func _init(its_hash: String, types: Array) -> void:
	schema_hash = its_hash
	for type in types:
		var schema: Dictionary = type["schema"]
		_types.append(type)
		_codecs.append(EstragonCodec.new(schema))
		_numbers[type["name"]] = _types.size()
		if not type.get("is_bundle", false):
			_shapes[type["name"]] = EstragonShape.new(schema)


# The names of all packets.
func names() -> PoolStringArray:
	return PoolStringArray(_numbers.keys())


# Whether there is a packet of this name.
func has(name: String) -> bool:
	return _numbers.has(name)


# The number and the bytes of a packet; empty, with `error`, where it does not fit.
func pack(packet) -> PoolByteArray:
	var writer := _writer
	writer.begin()
	_write(writer, packet, 0)
	return _written(writer, "packet")


# The packet of such bytes; `null`, with `error`, where they are none.
func unpack(bytes: PoolByteArray) -> EstragonPacket:
	var reader := EstragonReader.new(bytes)
	var packet := _read(reader, 0)
	reader.finish()
	return packet if _is_read(reader) else null


# The frame of a packet; `id` is -1 where no answer is wanted. Empty, with `error`,
# where it does not fit.
func frame(id: int, room: String, to: Array, packet) -> PoolByteArray:
	var writer := _writer
	writer.begin()
	var has_id := EstragonProtocol.PACKET_HAS_ID if id >= 0 else 0
	var has_room := EstragonProtocol.PACKET_HAS_ROOM if room else 0
	var has_address := EstragonProtocol.PACKET_HAS_ADDRESS if to else 0
	writer.stream.put_u8(EstragonProtocol.PACKET_KIND | has_id | has_room | has_address)
	if has_id:
		writer.varuint(id)
	if has_room:
		writer.text(room)
	if has_address:
		_write_addresses(writer, to)
	_write(writer, packet, 0)
	return _written(writer, "packet")


# The frame of an answer; empty, with `error`, where JSON cannot hold the value.
func answer(id: int, value) -> PoolByteArray:
	error = null
	var writer := _writer
	writer.begin()
	var flags := EstragonProtocol.PACKET_HAS_ID | EstragonProtocol.PACKET_IS_REPLY
	writer.stream.put_u8(EstragonProtocol.PACKET_KIND | flags)
	writer.varuint(id)
	EstragonPacker.write(writer, value)
	return _written(writer, "answer")


# What a frame from the server holds; `null` for other kinds, and, with `error`,
# for what is wrong.
func open(bytes: PoolByteArray) -> Head:
	error = null
	if bytes.empty() or bytes[0] & EstragonProtocol.KIND_MASK != EstragonProtocol.PACKET_KIND:
		return null
	var reader := _reader
	reader.begin(bytes)
	var head := _read_head(reader)
	if not reader.problem:
		if head.is_reply:
			head.value = EstragonPacker.read(reader)
		else:
			head.packet = _read(reader, 0)
	reader.finish()
	return head if _is_read(reader) else null


# A packet's data as JSON has it, where bytes are base64; for packets that `pack` takes.
func to_json(packet: EstragonPacket):
	var type := _type(packet.name)
	if not type.get("is_bundle", false):
		var schema: Dictionary = type["schema"]
		return _twin(schema, packet.data, true)
	var all: Array = []
	var packets: Array = packet.data
	for one in packets:
		var inner := packet_of(one)
		all.append([inner.name, to_json(inner)])
	return all


# A packet from such data; `null`, with `error`, where it does not fit. Of what a server says that
# `agrees`, having the same packets, no more than the types are checked.
func from_json(name: String, data, agrees: bool = false) -> EstragonPacket:
	error = null
	var shape: EstragonShape = _shapes.get(name) if agrees else null
	if shape and shape.take(data):
		return EstragonPacket.new(name, data)
	return _from_json(name, data, 0)


# The packet that `value` is, of either form; null for what is none.
static func packet_of(value) -> EstragonPacket:
	if value is EstragonPacket:
		return value
	if value is Reference and value.has_method("to_packet"):
		return packet_of(value.call("to_packet"))
	if typeof(value) != TYPE_ARRAY or value.empty() or value.size() > 2:
		return null
	if typeof(value[0]) != TYPE_STRING:
		return null
	return EstragonPacket.new(value[0], value[1] if value.size() > 1 else {})


# A packet, and what its bundles hold, in order.
static func flattened(packet: EstragonPacket) -> Array:
	var all := [packet]
	if packet.name == "Bundle" and typeof(packet.data) == TYPE_ARRAY:
		for one in packet.data:
			var inner := packet_of(one)
			if inner:
				all += flattened(inner)
	return all


func _from_json(name: String, data, depth: int) -> EstragonPacket:
	if not has(name):
		error = EstragonError.new(EstragonProtocol.UNKNOWN_PACKET, _unknown(name))
		return null
	var type := _type(name)
	if type.get("is_bundle", false):
		return _bundle_from_json(name, data, depth)
	var schema: Dictionary = type["schema"]
	var is_left_out: bool = data == null and schema["kind"] == "object"
	var given = {} if is_left_out else data
	var text := EstragonSchema.problem(schema, given, name)
	if text:
		error = EstragonError.new(EstragonProtocol.INVALID_MESSAGE_DATA, text)
		return null
	return EstragonPacket.new(name, _twin(schema, EstragonSchema.revive(schema, given), false))


func _bundle_from_json(name: String, data, depth: int) -> EstragonPacket:
	var packets: Array = []
	var problem := _bundle_problem(data, depth)
	if not problem:
		var items: Array = data
		for item in items:
			var inner := packet_of(item)
			if not inner:
				problem = "expected [\"Name\", data]"
				break
			var packet := _from_json(inner.name, inner.data, depth + 1)
			if not packet:
				return null
			packets.append(packet)
	if problem:
		var text := "%s: %s" % [name, problem]
		error = EstragonError.new(EstragonProtocol.INVALID_MESSAGE_DATA, text)
		return null
	return EstragonPacket.new(name, packets)


# The same value as JSON has it, or the other way: only bytes differ.
func _twin(schema: Dictionary, value, to_text: bool):
	match schema["kind"]:
		"buffer":
			if to_text:
				var bytes: PoolByteArray = value
				return Marshalls.raw_to_base64(bytes) if bytes.size() > 0 else ""
			return Marshalls.base64_to_raw(str(value)) if value else PoolByteArray()
		"array", "tuple":
			var items: Array = value
			var all: Array = []
			var first: Array = schema["of"] if schema["kind"] == "tuple" else []
			for index in items.size():
				var one: Dictionary = (
					first[index] if index < first.size()
					else schema["rest"] if schema.has("rest") else schema["of"]
				)
				all.append(_twin(one, items[index], to_text))
			return all
		"object":
			var fields: Dictionary = schema["fields"]
			var object: Dictionary = value
			var made := {}
			for name in fields:
				var field: Dictionary = fields[name]
				made[name] = _twin(field, object[name], to_text)
			return made
	return value


func _type(name: String) -> Dictionary:
	var number: int = _numbers[name]
	return _types[number - 1]


func _unknown(name: String) -> String:
	return "packet: expected one of %s; got \"%s\"" % [names().join(", "), name.left(64)]


func _write(writer: EstragonWriter, value, depth: int) -> void:
	error = null
	var packet := packet_of(value)
	if not packet:
		writer.fail('expected ["Name", data]')
		return
	if not has(packet.name):
		error = EstragonError.new(EstragonProtocol.UNKNOWN_PACKET, _unknown(packet.name))
		writer.fail(error.message)
		return
	var number: int = _numbers[packet.name]
	writer.varuint(number)
	if _types[number - 1].get("is_bundle", false):
		_write_bundle(writer, packet.data, depth)
	else:
		_codecs[number - 1].write(writer, packet.data)
	if writer.problem:
		writer.within("." + packet.name)


func _write_bundle(writer: EstragonWriter, value, depth: int) -> void:
	var problem := _bundle_problem(value, depth)
	if problem:
		writer.fail(problem)
		return
	var packets: Array = value
	var inner := EstragonWriter.new()
	for index in packets.size():
		_write(inner, packets[index], depth + 1)
		if inner.problem:
			writer.fail(inner.problem)
			writer.within("[%d]%s" % [index, inner.place])
			return
	writer.buffer(inner.bytes())


func _write_addresses(writer: EstragonWriter, to: Array) -> void:
	writer.varuint(to.size())
	for address in to:
		var number := EstragonProtocol.ADDRESS_WORDS.find(str(address)) + 1
		writer.varuint(number)
		if number == 0:
			writer.text(str(address))


func _bundle_problem(value, depth: int) -> String:
	if typeof(value) != TYPE_ARRAY:
		return "expected an array of packets"
	var most := EstragonProtocol.BUNDLE_DEPTH
	return "expected at most %d bundles deep" % most if depth >= most else ""


func _read_head(reader: EstragonReader) -> Head:
	var head := Head.new()
	var flags := reader.stream.get_u8() & ~EstragonProtocol.KIND_MASK
	head.is_reply = flags & EstragonProtocol.PACKET_IS_REPLY != 0
	if head.is_reply and flags != EstragonProtocol.PACKET_HAS_ID | EstragonProtocol.PACKET_IS_REPLY:
		reader.fail("expected an answer to have an id, and neither room nor address")
		return head
	if flags & EstragonProtocol.PACKET_HAS_ID:
		head.id = reader.varuint()
	if flags & EstragonProtocol.PACKET_HAS_ROOM and not reader.problem:
		head.room = reader.text()
		if not reader.problem and (not head.room or head.room.length() > EstragonProtocol.MAX_ROOM):
			reader.fail("expected text of 1 to %d characters" % EstragonProtocol.MAX_ROOM)
	if flags & EstragonProtocol.PACKET_HAS_ADDRESS and not reader.problem:
		head.from = reader.varuint()
	return head


func _read(reader: EstragonReader, depth: int) -> EstragonPacket:
	var number := reader.varuint()
	if reader.problem:
		return null
	if number < 1 or number > _types.size():
		reader.fail("expected a number from 1 to %d, got %d" % [_types.size(), number])
		return null
	var type: Dictionary = _types[number - 1]
	var name: String = type["name"]
	var data
	if type.get("is_bundle", false):
		data = _read_bundle(reader, depth)
	else:
		data = _codecs[number - 1].read(reader)
	if reader.problem:
		reader.within("." + name)
		return null
	return EstragonPacket.new(name, data)


func _read_bundle(reader: EstragonReader, depth: int) -> Array:
	var packets: Array = []
	var outer := reader.enter()
	if not reader.problem and depth >= EstragonProtocol.BUNDLE_DEPTH:
		reader.fail("expected at most %d bundles deep" % EstragonProtocol.BUNDLE_DEPTH)
	while not reader.problem and reader.left() > 0:
		packets.append(_read(reader, depth + 1))
		if reader.problem:
			reader.within("[%d]" % (packets.size() - 1))
	if not reader.problem:
		reader.leave(outer)
	return packets


func _written(writer: EstragonWriter, place: String) -> PoolByteArray:
	if not writer.problem:
		return writer.bytes()
	if not error:
		error = _misfit(writer.told(""), writer.place, place)
	return PoolByteArray()


func _is_read(reader: EstragonReader) -> bool:
	error = _misfit(reader.told(""), reader.place, "packet") if reader.problem else null
	return error == null


func _misfit(text: String, place: String, root: String) -> EstragonError:
	var told := text.substr(1) if place.begins_with(".") else root + text
	return EstragonError.new(EstragonProtocol.INVALID_MESSAGE_DATA, told)
