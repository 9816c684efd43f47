class_name EstragonPacketSet
extends RefCounted
## A game's packets, as [code]estragon packets[/code] writes them for [method EstragonPackets.use].

## Where a packet comes from and whether it asks: what a frame says before the packet.
class Head:
	extends RefCounted
	## The id of what asks, or of what is answered; -1 for none.
	var id: int = -1
	## Whether it is an answer.
	var is_reply: bool = false
	## The code of the room; empty for none.
	var room: String = ""
	## Addresses, on the way to the server.
	var to: Array = []
	## The sender's number in the room, on the way to a client; 0 is the server.
	var from: int = 0
	## What came, where it is no answer.
	var packet: EstragonPacket
	## What was answered, where it is one.
	var value: Variant

## Tells whether two sides were made from the same packets.
var schema_hash: String
## What is wrong with what was last written, read or opened; [code]null[/code] when nothing is.
var error: EstragonError

## Of each packet, in order of their numbers from 1.
var _types: Array[Dictionary] = []
var _codecs: Array[EstragonCodec] = []
var _numbers: Dictionary = {}
## [EstragonShape] by the name of a packet, bundles apart.
var _shapes: Dictionary = {}
var _writer: EstragonWriter = EstragonWriter.new()
var _reader: EstragonReader = EstragonReader.new()


## [param types] holds the [code]name[/code], the [code]schema[/code] and, of bundles,
## [code]is_bundle[/code] of each packet, in order of their names.
func _init(its_hash: String, types: Array) -> void:
	schema_hash = its_hash
	for type: Dictionary in types:
		var schema: Dictionary = type["schema"]
		_types.append(type)
		_codecs.append(EstragonCodec.new(schema))
		_numbers[type["name"]] = _types.size()
		if not type.get("is_bundle", false):
			_shapes[type["name"]] = EstragonShape.new(schema)


## The names of all packets.
func names() -> PackedStringArray:
	return PackedStringArray(_numbers.keys())


## Whether there is a packet of this name.
func has(name: String) -> bool:
	return _numbers.has(name)


## The number and the bytes of a packet; empty, with [member error], where it does not fit.
func pack(packet: Variant) -> PackedByteArray:
	var writer := _writer
	writer.begin()
	_write(writer, packet, 0)
	return _written(writer, "packet")


## The packet of such bytes; [code]null[/code], with [member error], where they are none.
func unpack(bytes: PackedByteArray) -> EstragonPacket:
	var reader := EstragonReader.new(bytes)
	var packet := _read(reader, 0)
	reader.finish()
	return packet if _is_read(reader) else null


## The frame of a packet; [param id] is -1 where no answer is wanted. Empty, with [member error],
## where it does not fit.
func frame(id: int, room: String, to: Array, packet: Variant) -> PackedByteArray:
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


## The frame of an answer; empty, with [member error], where JSON cannot hold the value.
func answer(id: int, value: Variant) -> PackedByteArray:
	error = null
	var writer := _writer
	writer.begin()
	var flags := EstragonProtocol.PACKET_HAS_ID | EstragonProtocol.PACKET_IS_REPLY
	writer.stream.put_u8(EstragonProtocol.PACKET_KIND | flags)
	writer.varuint(id)
	EstragonPacker.write(writer, value)
	return _written(writer, "answer")


## What a frame from the server holds; [code]null[/code] for other kinds, and, with [member error],
## for what is wrong.
func open(bytes: PackedByteArray) -> Head:
	error = null
	if bytes.is_empty() or bytes[0] & EstragonProtocol.KIND_MASK != EstragonProtocol.PACKET_KIND:
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


## A packet's data as JSON has it, where bytes are base64; for packets that [method pack] takes.
func to_json(packet: EstragonPacket) -> Variant:
	var type := _type(packet.name)
	if not type.get("is_bundle", false):
		var schema: Dictionary = type["schema"]
		return _twin(schema, packet.data, true)
	var all: Array = []
	var packets: Array = packet.data
	for one: Variant in packets:
		var inner := EstragonPacket.of(one)
		all.append([inner.name, to_json(inner)])
	return all


## A packet from such data; [code]null[/code], with [member error], where it does not fit. Of what a
## server says that [param agrees], having the same packets, no more than the types are checked.
func from_json(name: String, data: Variant, agrees: bool = false) -> EstragonPacket:
	error = null
	var shape: EstragonShape = _shapes.get(name) if agrees else null
	if shape and shape.take(data):
		return EstragonPacket.new(name, data)
	return _from_json(name, data, 0)


func _from_json(name: String, data: Variant, depth: int) -> EstragonPacket:
	if not has(name):
		error = EstragonError.local(EstragonProtocol.UNKNOWN_PACKET, _unknown(name))
		return null
	var type := _type(name)
	if type.get("is_bundle", false):
		return _bundle_from_json(name, data, depth)
	var schema: Dictionary = type["schema"]
	var is_left_out: bool = data == null and schema["kind"] == "object"
	var given: Variant = {} if is_left_out else data
	var text := EstragonSchema.problem(schema, given, name)
	if text:
		error = EstragonError.local(EstragonProtocol.INVALID_MESSAGE_DATA, text)
		return null
	return EstragonPacket.new(name, _twin(schema, EstragonSchema.revive(schema, given), false))


func _bundle_from_json(name: String, data: Variant, depth: int) -> EstragonPacket:
	var packets: Array = []
	var problem := _bundle_problem(data, depth)
	if not problem:
		var items: Array = data
		for item: Variant in items:
			var inner := EstragonPacket.of(item)
			if not inner:
				problem = "expected [\"Name\", data]"
				break
			var packet := _from_json(inner.name, inner.data, depth + 1)
			if not packet:
				return null
			packets.append(packet)
	if problem:
		var text := "%s: %s" % [name, problem]
		error = EstragonError.local(EstragonProtocol.INVALID_MESSAGE_DATA, text)
		return null
	return EstragonPacket.new(name, packets)


## The same value as JSON has it, or the other way: only bytes differ.
func _twin(schema: Dictionary, value: Variant, to_text: bool) -> Variant:
	match schema["kind"]:
		"buffer":
			if to_text:
				var bytes: PackedByteArray = value
				return Marshalls.raw_to_base64(bytes) if bytes else ""
			return Marshalls.base64_to_raw(str(value)) if value else PackedByteArray()
		"array", "tuple":
			var items: Array = value
			var all: Array = []
			var first: Array = schema["of"] if schema["kind"] == "tuple" else []
			for index: int in items.size():
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
			for name: String in fields:
				var field: Dictionary = fields[name]
				made[name] = _twin(field, object[name], to_text)
			return made
	return value


func _type(name: String) -> Dictionary:
	var number: int = _numbers[name]
	return _types[number - 1]


func _unknown(name: String) -> String:
	return "packet: expected one of %s; got \"%s\"" % [", ".join(names()), name.left(64)]


func _write(writer: EstragonWriter, value: Variant, depth: int) -> void:
	error = null
	var packet := EstragonPacket.of(value)
	if not packet:
		writer.fail('expected ["Name", data]')
		return
	if not has(packet.name):
		error = EstragonError.local(EstragonProtocol.UNKNOWN_PACKET, _unknown(packet.name))
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


func _write_bundle(writer: EstragonWriter, value: Variant, depth: int) -> void:
	var problem := _bundle_problem(value, depth)
	if problem:
		writer.fail(problem)
		return
	var packets: Array = value
	var inner := EstragonWriter.new()
	for index: int in packets.size():
		_write(inner, packets[index], depth + 1)
		if inner.problem:
			writer.fail(inner.problem)
			writer.within("[%d]%s" % [index, inner.place])
			return
	writer.buffer(inner.bytes())


func _write_addresses(writer: EstragonWriter, to: Array) -> void:
	writer.varuint(to.size())
	for address: Variant in to:
		var number := EstragonProtocol.ADDRESS_WORDS.find(str(address)) + 1
		writer.varuint(number)
		if number == 0:
			writer.text(str(address))


func _bundle_problem(value: Variant, depth: int) -> String:
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
	var type := _types[number - 1]
	var name: String = type["name"]
	var data: Variant
	if type.get("is_bundle", false):
		data = _read_bundle(reader, depth)
	else:
		data = _codecs[number - 1].read(reader)
	if reader.problem:
		reader.within("." + name)
		return null
	return EstragonPacket.new(name, data)


func _read_bundle(reader: EstragonReader, depth: int) -> Array[EstragonPacket]:
	var packets: Array[EstragonPacket] = []
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


func _written(writer: EstragonWriter, place: String) -> PackedByteArray:
	if not writer.problem:
		return writer.bytes()
	if not error:
		error = _misfit(writer.told(""), writer.place, place)
	return PackedByteArray()


func _is_read(reader: EstragonReader) -> bool:
	error = _misfit(reader.told(""), reader.place, "packet") if reader.problem else null
	return error == null


func _misfit(text: String, place: String, root: String) -> EstragonError:
	var told := text.substr(1) if place.begins_with(".") else root + text
	return EstragonError.local(EstragonProtocol.INVALID_MESSAGE_DATA, told)
