class_name EstragonPacker
extends RefCounted
## JSON values as MessagePack, for what no schema knows: a whole packet, or one field of it.

const _ANY: Dictionary = {"kind": "json"}
## What JavaScript can say exactly; whole numbers beyond it are written as fractions are.
const _LARGEST := EstragonMisfit.MOST


## Writes a JSON value into a buffer.
static func write(writer: EstragonWriter, value: Variant) -> void:
	var found := EstragonSchema.problem(_ANY, value, "")
	if found:
		var at := found.find(": expected ")
		writer.fail(found.substr(at + 2))
		writer.within(found.left(at))
		return
	var inner := EstragonWriter.new()
	_put(inner, value)
	writer.buffer(inner.bytes())


## Reads a buffer that holds one JSON value and nothing else.
static func read(reader: EstragonReader) -> Variant:
	var outer := reader.enter()
	var value: Variant = null
	if not reader.problem:
		value = _take(reader, 0)
		reader.leave(outer)
	return value


static func _put(writer: EstragonWriter, value: Variant) -> void:
	match typeof(value):
		TYPE_BOOL:
			writer.stream.put_u8(0xC3 if value else 0xC2)
		TYPE_INT:
			var number: int = value
			_put_integer(writer, number)
		TYPE_FLOAT:
			var number: float = value
			if number == floorf(number) and absf(number) <= _LARGEST:
				_put_integer(writer, int(number))
			else:
				writer.stream.put_u8(0xCB)
				writer.stream.put_double(number)
		TYPE_STRING, TYPE_STRING_NAME:
			_put_text(writer, str(value))
		TYPE_ARRAY:
			var items: Array = value
			_put_count(writer, items.size(), 0x90, 16, 0xDC)
			for item: Variant in items:
				_put(writer, item)
		TYPE_DICTIONARY:
			var fields: Dictionary = value
			_put_count(writer, fields.size(), 0x80, 16, 0xDE)
			for key: Variant in fields:
				_put_text(writer, str(key))
				_put(writer, fields[key])
		_:
			writer.stream.put_u8(0xC0)


static func _put_text(writer: EstragonWriter, text: String) -> void:
	var bytes := text.to_utf8_buffer()
	if bytes.size() >= 32 and bytes.size() < 256:
		writer.stream.put_u8(0xD9)
		writer.stream.put_u8(bytes.size())
	else:
		_put_count(writer, bytes.size(), 0xA0, 32, 0xDA)
	writer.raw(bytes)


## A count below [param few] shares a byte with [param short]; others follow [param long], or the
## format after it, in two or four bytes.
static func _put_count(writer: EstragonWriter, count: int, short: int, few: int, long: int) -> void:
	if count < few:
		writer.stream.put_u8(short | count)
	elif count < 0x10000:
		writer.stream.put_u8(long)
		writer.stream.put_u16(count)
	else:
		writer.stream.put_u8(long + 1)
		writer.stream.put_u32(count)


static func _put_integer(writer: EstragonWriter, number: int) -> void:
	var stream := writer.stream
	if number >= -32 and number < 128:
		stream.put_8(number)
	elif absi(number) > _LARGEST:
		stream.put_u8(0xCB)
		stream.put_double(number)
	elif number >= 0:
		if number < 0x100:
			stream.put_u8(0xCC)
			stream.put_u8(number)
		elif number < 0x10000:
			stream.put_u8(0xCD)
			stream.put_u16(number)
		elif number < 0x100000000:
			stream.put_u8(0xCE)
			stream.put_u32(number)
		else:
			stream.put_u8(0xCF)
			stream.put_64(number)
	elif number >= -0x80:
		stream.put_u8(0xD0)
		stream.put_8(number)
	elif number >= -0x8000:
		stream.put_u8(0xD1)
		stream.put_16(number)
	elif number >= -0x80000000:
		stream.put_u8(0xD2)
		stream.put_32(number)
	else:
		stream.put_u8(0xD3)
		stream.put_64(number)


## One value. What a length announces must be there before anything is made of it.
static func _take(reader: EstragonReader, depth: int) -> Variant:
	if depth > EstragonProtocol.JSON_DEPTH:
		reader.fail("expected at most %d levels of nesting" % EstragonProtocol.JSON_DEPTH)
	if reader.problem or not reader.has(1):
		return null
	var format := reader.stream.get_u8()
	if format < 0x80:
		return format
	if format < 0x90:
		return _take_map(reader, format & 0x0F, depth)
	if format < 0xA0:
		return _take_array(reader, format & 0x0F, depth)
	if format < 0xC0:
		return reader.text_of(format & 0x1F)
	if format >= 0xE0:
		return format - 0x100
	match format:
		0xC0:
			return null
		0xC2:
			return false
		0xC3:
			return true
		0xD9:
			return reader.text_of(_count(reader, 1))
		0xDA:
			return reader.text_of(_count(reader, 2))
		0xDB:
			return reader.text_of(_count(reader, 4))
		0xDC:
			return _take_array(reader, _count(reader, 2), depth)
		0xDD:
			return _take_array(reader, _count(reader, 4), depth)
		0xDE:
			return _take_map(reader, _count(reader, 2), depth)
		0xDF:
			return _take_map(reader, _count(reader, 4), depth)
	return _take_number(reader, format)


static func _take_number(reader: EstragonReader, format: int) -> Variant:
	if format < 0xCA or format > 0xD3:
		reader.fail("expected MessagePack of a JSON value, got format 0x%x" % format)
		return null
	var size := 1 << (format & 3)
	if format < 0xCC:
		size = 4 if format == 0xCA else 8
	if not reader.has(size):
		return null
	var stream := reader.stream
	match format:
		0xCA:
			return _finite(reader, stream.get_float())
		0xCB:
			return _finite(reader, stream.get_double())
		0xCC:
			return stream.get_u8()
		0xCD:
			return stream.get_u16()
		0xCE:
			return stream.get_u32()
		0xD0:
			return stream.get_8()
		0xD1:
			return stream.get_16()
		0xD2:
			return stream.get_32()
	var number := stream.get_64()
	if format == 0xCF and number < 0:
		return number + 18446744073709551616.0
	if EstragonMisfit.is_safe(number):
		return number
	return float(number)


static func _finite(reader: EstragonReader, number: float) -> float:
	if not is_finite(number):
		reader.fail("expected " + EstragonSchema.expectation(_ANY))
	return number


static func _count(reader: EstragonReader, size: int) -> int:
	if not reader.has(size):
		return 0
	match size:
		1:
			return reader.stream.get_u8()
		2:
			return reader.stream.get_u16()
	return reader.stream.get_u32()


static func _take_array(reader: EstragonReader, count: int, depth: int) -> Array:
	var items: Array = []
	if _has_items(reader, count):
		for _index: int in count:
			items.append(_take(reader, depth + 1))
			if reader.problem:
				break
	return items


static func _take_map(reader: EstragonReader, count: int, depth: int) -> Dictionary:
	var fields := {}
	if not _has_items(reader, count * 2):
		return fields
	for _index: int in count:
		if not _is_text_next(reader):
			reader.fail("expected text as the keys of a map")
			break
		var key: Variant = _take(reader, depth + 1)
		fields[key] = _take(reader, depth + 1)
		if reader.problem:
			break
	return fields


## Each item takes a byte at least.
static func _has_items(reader: EstragonReader, count: int) -> bool:
	if count > reader.left():
		reader.fail("expected %d more items, got %d bytes" % [count, reader.left()])
	return not reader.problem


static func _is_text_next(reader: EstragonReader) -> bool:
	if reader.left() == 0:
		return false
	var format := reader.stream.get_u8()
	reader.stream.seek(reader.stream.get_position() - 1)
	return format >= 0xA0 and format < 0xC0 or format >= 0xD9 and format <= 0xDB
