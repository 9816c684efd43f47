class_name EstragonCodec
extends RefCounted
## Values to bytes and back, by a schema of the kinds that [EstragonSchema] knows; the bytes are
## SchemaPack's.
##
## Numbers are big-endian; text and buffers follow their length; an object is its fields in order of
## their names, and nothing else; JSON is MessagePack in a buffer. An array is those first items that
## have types of their own, then its length (they count), then the rest. Inside what an array
## repeats, arrays come last: after all else of the item, the fields of its objects included.

## Which part of a value: all of it, all but what arrays repeat, or that alone.
enum _Part { WHOLE, EARLY, LATE }
enum _Kind {
	BOOL, INT8, UINT8, INT16, UINT16, INT32, UINT32, VARUINT, VARINT,
	FLOAT32, FLOAT64, STRING, BUFFER, JSON, ARRAY, OBJECT,
}

const _KINDS: Dictionary = {
	"bool": _Kind.BOOL, "int8": _Kind.INT8, "uint8": _Kind.UINT8, "int16": _Kind.INT16,
	"uint16": _Kind.UINT16, "int32": _Kind.INT32, "uint32": _Kind.UINT32,
	"varuint": _Kind.VARUINT, "varint": _Kind.VARINT, "float32": _Kind.FLOAT32,
	"float64": _Kind.FLOAT64, "string": _Kind.STRING, "buffer": _Kind.BUFFER, "json": _Kind.JSON,
	"array": _Kind.ARRAY, "tuple": _Kind.ARRAY, "object": _Kind.OBJECT,
}
## The fewest bytes a value of each kind takes.
const _LEAST: Array[int] = [1, 1, 1, 2, 2, 4, 4, 1, 1, 4, 8, 1, 1, 2, 1, 0]

const _LARGEST := 3.4028235e38

## The fewest bytes a value takes.
var least: int
## What it expects, in words.
var expected: String
## Whether there is an array in it, which comes late where an array repeats this.
var has_array: bool = false

var _kind: _Kind
var _schema: Dictionary
var _min: float
var _max: float
## Of an object the names of its fields; of both, the codecs of fields or first items.
var _names: PackedStringArray = PackedStringArray()
var _parts: Array[EstragonCodec] = []
## Of an object whose fields are numbers of a fixed size and nothing else, their kinds.
var _flat: PackedInt32Array = PackedInt32Array()
## Of an array, the codec of what it repeats.
var _rest: EstragonCodec


func _init(schema: Dictionary) -> void:
	_schema = schema
	_kind = _KINDS[schema["kind"]]
	least = _LEAST[_kind]
	expected = "expected " + EstragonSchema.expectation(schema)
	_min = schema.get("min", -INF)
	_max = schema.get("max", INF)
	match _kind:
		_Kind.FLOAT32:
			# Godot reads the largest number of four bytes one bit off; this is rounded to it.
			_min = -_LARGEST if _min < -3.4e38 else _min
			_max = _LARGEST if _max > 3.4e38 else _max
		_Kind.BUFFER:
			expected = "expected a PackedByteArray of at most %d bytes" % int(_max)
		_Kind.ARRAY:
			has_array = true
			var is_plain: bool = schema["kind"] == "array"
			var first: Array = [] if is_plain else schema["of"]
			for one: Dictionary in first:
				_add(one)
			var rest: Dictionary = schema["of"] if is_plain else schema["rest"]
			_rest = EstragonCodec.new(rest)
		_Kind.OBJECT:
			var fields: Dictionary = schema["fields"]
			var names := fields.keys()
			names.sort()
			for name: String in names:
				_names.append(name)
				var field: Dictionary = fields[name]
				_add(field)
			for part: EstragonCodec in _parts:
				if part._is_fixed():
					_flat.append(part._kind)


## Writes a value; [member EstragonWriter.problem] says what does not fit.
func write(writer: EstragonWriter, value: Variant) -> void:
	_write_part(writer, value, _Part.WHOLE)


## Reads a value; [member EstragonReader.problem] says what does not fit.
func read(reader: EstragonReader) -> Variant:
	return _read_part(reader, null, _Part.WHOLE)


## Whether it is a number of a fixed size, and all that fit its bytes, infinite ones apart, fit it.
func _is_fixed() -> bool:
	if _kind == _Kind.FLOAT32 or _kind == _Kind.FLOAT64:
		return _min <= -_LARGEST and _max >= _LARGEST
	var is_sized := _kind > _Kind.BOOL and _kind < _Kind.VARUINT
	return is_sized and _max - _min == pow(2.0, least * 8.0) - 1.0


func _add(schema: Dictionary) -> void:
	var part := EstragonCodec.new(schema)
	_parts.append(part)
	least += part.least
	has_array = has_array or part.has_array


func _write_part(writer: EstragonWriter, value: Variant, part: _Part) -> void:
	if _kind > _Kind.BOOL and _kind < _Kind.STRING:
		_write_number(writer, value)
		return
	match _kind:
		_Kind.OBJECT:
			_write_fields(writer, value, part)
		_Kind.ARRAY:
			_write_items(writer, value, part)
		_Kind.BOOL:
			if typeof(value) == TYPE_BOOL:
				writer.stream.put_u8(1 if value else 0)
			else:
				writer.fail(expected)
		_Kind.STRING:
			if EstragonSchema.problem(_schema, value, ""):
				writer.fail(expected)
			else:
				writer.text(str(value))
		_Kind.BUFFER:
			_write_buffer(writer, value)
		_Kind.JSON:
			EstragonPacker.write(writer, value)


func _write_number(writer: EstragonWriter, value: Variant) -> void:
	if typeof(value) != TYPE_INT and typeof(value) != TYPE_FLOAT:
		writer.fail(expected)
		return
	var number: float = value
	var is_whole := _kind < _Kind.FLOAT32
	if not is_finite(number) or number < _min or number > _max:
		writer.fail(expected)
	elif is_whole and number != floorf(number):
		writer.fail(expected)
	elif _kind == _Kind.FLOAT32:
		writer.stream.put_float(number)
	elif _kind == _Kind.FLOAT64:
		writer.stream.put_double(number)
	else:
		_write_integer(writer, int(number))


func _write_integer(writer: EstragonWriter, number: int) -> void:
	match _kind:
		_Kind.INT8:
			writer.stream.put_8(number)
		_Kind.UINT8:
			writer.stream.put_u8(number)
		_Kind.INT16:
			writer.stream.put_16(number)
		_Kind.UINT16:
			writer.stream.put_u16(number)
		_Kind.INT32:
			writer.stream.put_32(number)
		_Kind.UINT32:
			writer.stream.put_u32(number)
		_Kind.VARUINT:
			writer.varuint(number)
		_Kind.VARINT:
			# Zigzag, as in Protocol Buffers: 0, -1, 1, -2 are 0, 1, 2, 3.
			writer.varuint(number * 2 if number >= 0 else -number * 2 - 1)


func _write_buffer(writer: EstragonWriter, value: Variant) -> void:
	if typeof(value) != TYPE_PACKED_BYTE_ARRAY:
		writer.fail(expected)
		return
	var bytes: PackedByteArray = value
	if bytes.size() > _max:
		writer.fail(expected)
	else:
		writer.buffer(bytes)


func _write_fields(writer: EstragonWriter, value: Variant, part: _Part) -> void:
	if typeof(value) != TYPE_DICTIONARY:
		writer.fail(expected)
		return
	var fields: Dictionary = value
	for index: int in _parts.size():
		var codec := _parts[index]
		if part == _Part.LATE and not codec.has_array:
			continue
		var name := _names[index]
		if fields.has(name):
			codec._write_part(writer, fields[name], part)
		else:
			writer.fail(codec.expected)
		if writer.problem:
			writer.within("." + name)
			return
	if fields.size() != _names.size():
		_refuse_unknown(writer, fields)


## A misspelt name is found where it is written.
func _refuse_unknown(writer: EstragonWriter, fields: Dictionary) -> void:
	for name: Variant in fields:
		if not _names.has(str(name)):
			var listed := ", ".join(_names) if _names else "no fields"
			writer.fail("not a field; expected " + listed)
			writer.within("." + str(name).left(32))
			return


func _write_items(writer: EstragonWriter, value: Variant, part: _Part) -> void:
	var items: Array = value if typeof(value) == TYPE_ARRAY else []
	var count := items.size()
	if typeof(value) != TYPE_ARRAY or count < _parts.size() or count > _max:
		writer.fail(expected)
		return
	for index: int in _parts.size():
		var codec := _parts[index]
		if part != _Part.LATE or codec.has_array:
			codec._write_part(writer, items[index], part)
		if writer.problem:
			writer.within("[%d]" % index)
			return
	if part == _Part.EARLY:
		return
	writer.varuint(count)
	for index: int in range(_parts.size(), count):
		if _rest.has_array:
			_rest._write_part(writer, items[index], _Part.EARLY)
			if not writer.problem:
				_rest._write_part(writer, items[index], _Part.LATE)
		else:
			_rest._write_part(writer, items[index], _Part.WHOLE)
		if writer.problem:
			writer.within("[%d]" % index)
			return


## Reads a part; the late one is added to the [param value] that the early one made.
func _read_part(reader: EstragonReader, value: Variant, part: _Part) -> Variant:
	match _kind:
		_Kind.OBJECT:
			if _flat.size() == _parts.size() and least <= reader.left():
				var numbers := _read_flat(reader)
				if numbers.size() == _flat.size():
					return numbers
			var fields: Dictionary = value if part == _Part.LATE else {}
			return _read_fields(reader, fields, part)
		_Kind.ARRAY:
			var items: Array = value if part == _Part.LATE else []
			return _read_items(reader, items, part)
		_Kind.STRING:
			var text := reader.text()
			if not reader.problem and EstragonSchema.problem(_schema, text, ""):
				reader.fail(expected)
			return text
		_Kind.BUFFER:
			return reader.buffer(int(_max))
		_Kind.JSON:
			return EstragonPacker.read(reader)
		_Kind.VARUINT:
			return _checked(reader, reader.varuint())
		_Kind.VARINT:
			var zigzag := reader.varuint()
			return _checked(reader, (zigzag >> 1) ^ -(zigzag & 1))
	return _read_number(reader) if reader.has(least) else null


func _read_number(reader: EstragonReader) -> Variant:
	var stream := reader.stream
	match _kind:
		_Kind.FLOAT32:
			return _finite(reader, stream.get_float())
		_Kind.FLOAT64:
			return _finite(reader, stream.get_double())
		_Kind.BOOL:
			var byte := stream.get_u8()
			if byte > 1:
				reader.fail(expected)
			return byte == 1
		_Kind.INT8:
			return _checked(reader, stream.get_8())
		_Kind.UINT8:
			return _checked(reader, stream.get_u8())
		_Kind.INT16:
			return _checked(reader, stream.get_16())
		_Kind.UINT16:
			return _checked(reader, stream.get_u16())
		_Kind.INT32:
			return _checked(reader, stream.get_32())
	return _checked(reader, stream.get_u32())


func _finite(reader: EstragonReader, number: float) -> float:
	if not is_finite(number) or number < _min or number > _max:
		reader.fail(expected)
	return number


func _checked(reader: EstragonReader, number: int) -> int:
	if number < _min or number > _max:
		reader.fail(expected)
	return number


func _read_fields(reader: EstragonReader, fields: Dictionary, part: _Part) -> Dictionary:
	for index: int in _parts.size():
		var codec := _parts[index]
		if part == _Part.LATE and not codec.has_array:
			continue
		var name := _names[index]
		fields[name] = codec._read_part(reader, fields.get(name), part)
		if reader.problem:
			reader.within("." + name)
			break
	return fields


func _read_items(reader: EstragonReader, items: Array, part: _Part) -> Array:
	for index: int in _parts.size():
		var codec := _parts[index]
		if part != _Part.LATE:
			items.append(codec._read_part(reader, null, part))
		elif codec.has_array:
			items[index] = codec._read_part(reader, items[index], part)
		if reader.problem:
			reader.within("[%d]" % index)
			return items
	if part != _Part.EARLY:
		_read_rest(reader, items)
	return items


## All at once; fewer where one is not finite, which is then read again to say which.
func _read_flat(reader: EstragonReader) -> Dictionary:
	var stream := reader.stream
	var start := stream.get_position()
	var numbers := {}
	for index: int in _flat.size():
		match _flat[index]:
			_Kind.FLOAT32:
				var number := stream.get_float()
				if not is_finite(number):
					break
				numbers[_names[index]] = number
			_Kind.FLOAT64:
				var number := stream.get_double()
				if not is_finite(number):
					break
				numbers[_names[index]] = number
			_Kind.INT8:
				numbers[_names[index]] = stream.get_8()
			_Kind.UINT8:
				numbers[_names[index]] = stream.get_u8()
			_Kind.INT16:
				numbers[_names[index]] = stream.get_16()
			_Kind.UINT16:
				numbers[_names[index]] = stream.get_u16()
			_Kind.INT32:
				numbers[_names[index]] = stream.get_32()
			_Kind.UINT32:
				numbers[_names[index]] = stream.get_u32()
	if numbers.size() < _flat.size():
		stream.seek(start)
	return numbers


## What the length announces has to be there before anything is made of it.
func _read_rest(reader: EstragonReader, items: Array) -> void:
	var count := reader.varuint()
	if reader.problem:
		return
	var more := count - items.size()
	if more < 0 or count > _max:
		reader.fail("%s, got %d" % [expected, count])
	elif more * _rest.least > reader.left():
		reader.fail("expected %d more items, got %d bytes" % [more, reader.left()])
	if reader.problem:
		return
	for index: int in range(items.size(), count):
		if _rest.has_array:
			var early: Variant = _rest._read_part(reader, null, _Part.EARLY)
			if not reader.problem:
				items.append(_rest._read_part(reader, early, _Part.LATE))
		else:
			items.append(_rest._read_part(reader, null, _Part.WHOLE))
		if reader.problem:
			reader.within("[%d]" % index)
			return
