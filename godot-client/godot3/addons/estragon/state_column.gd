# What travels of a field: one column, or as many as it has components. Of a packed one the wire has
# whole numbers, `q`, in a ring of so many bits; a value is
# `(q + offset) / per`.
class_name EstragonStateColumn
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonText := preload("text.gd")
const EstragonStateReader := preload("state_reader.gd")
const EstragonWriter := preload("writer.gd")

# The field of `owner`, which a table's first column may be.
const OWNER_FIELD := -1
# The field of `ack`, which the last one of the members' table may be.
const ACK_FIELD := -2
# The names of a field's components.
const PARTS := {
	"vec2": ["x", "y"],
	"vec3": ["x", "y", "z"],
	"quaternion": ["x", "y", "z", "w"],
}

const _RAW := ["float32", "float64", "string", "json"]
const _NEARLY := 1e-6
const _TEXT_BYTES := 255
# More than any number of 32 bits.
const _BEYOND := 5000000000.0
const _MOST_COUNT := 0x7fffffff

# As `x`, or of a component `at.x`.
var name: String
# Which of the table's fields; `OWNER_FIELD`, `ACK_FIELD`.
var field: int
# Which of the field's components; 0 where it has one.
var part: int
# The type of a raw one; empty of a packed one.
var raw: String = ""
# In how many bits it turns round; 0 of a raw one.
var bits: int = 32
var is_signed: bool = true
var offset: float = 0.0
var per: float = 1.0
# The least that `q` may be.
var low: int = 0
# The most that it may be.
var high: int = _MOST_COUNT
# Beyond the highest is the lowest, as of an angle.
var wraps: bool = false
# Of text: how many bytes at most.
var most: int = 0


# A column that counts: members, inputs.
static func count(its_name: String, its_field: int):
	var column = load("res://addons/estragon/state_column.gd").new()
	column.name = its_name
	column.field = its_field
	return column


# The columns of a field, by its schema.
static func of_field(schema: Dictionary, number: int) -> Array:
	var columns := []
	var parts: Array = PARTS.get(schema["type"], [""])
	for index in parts.size():
		var column = count(str(schema["name"]), number)
		column.part = index
		if parts.size() > 1:
			column.name += "." + str(parts[index])
		column._scale(schema)
		columns.append(column)
	return columns


# Reads `n` values: as 32 bits each, or what a raw one's are.
func read(reader: EstragonStateReader, n: int) -> Array:
	return reader.raw(raw, n, most) if raw else reader.packed(n)


# Writes values of the same kind.
func write(writer: EstragonWriter, values: Array) -> void:
	match raw:
		"":
			_write_packed(writer, values)
		"float32", "float64":
			_write_floats(writer, values)
		_:
			for text in values:
				writer.text(str(text) if raw == "string" else EstragonText.of(text))


# A value as it travels, the nearest there is, as 32 bits.
func quantise(value: float) -> int:
	if is_nan(value):
		return _signed(low)
	if wraps:
		return in_ring(int(round(fposmod(value, TAU) * per - offset)))
	# Godot 3.2 knows seven digits of what it clamps.
	var scaled := round(value * per - offset)
	if scaled >= _BEYOND:
		return _signed(high)
	var number := int(scaled) if scaled > -_BEYOND else low
	return _signed(low if number < low else high if number > high else number)


# The value that `q` stands for.
func dequantise(q: int) -> float:
	return (in_ring(q) + offset) / per


# `q` as the number it is in its ring, whatever its higher bits are.
func in_ring(q: int) -> int:
	var size := 1 << bits
	var number := q & (size - 1)
	return number - size if is_signed and number & (size >> 1) else number


static func _signed(number: int) -> int:
	return ((number + 0x80000000) & 0xffffffff) - 0x80000000


func _scale(schema: Dictionary) -> void:
	var type: String = schema["type"]
	var its_bits := int(clamp(schema.get("bits", 10), 2, 32))
	var least: float = schema.get("min", 0.0)
	match type:
		"bool":
			_ring(1, false, 0, 1)
		"choice":
			var values: Array = schema["values"]
			_ring(8, false, 0, values.size() - 1)
		"ref":
			offset = -1.0
			high = EstragonStateReader.MOST_ROWS
		"angle":
			var half := 1 << (its_bits - 1)
			_ring(its_bits, true, -half, half - 1)
			per = half / PI
			wraps = true
		"quaternion":
			_steps(-1.0, 1.0, 1.0 / ((1 << (its_bits - 1)) - 1))
		"fixed", "vec2", "vec3":
			var greatest: float = schema["max"]
			var step: float = schema["step"]
			_steps(least, greatest, step)
		"varuint":
			_bound(schema, 0, _MOST_COUNT)
		"varint":
			_bound(schema, -0x40000000, 0x3fffffff)
		_:
			if type in _RAW:
				raw = type
				bits = 0
				most = schema.get("max", _TEXT_BYTES)
			else:
				_whole(schema, type)


# int8, uint16 and so on.
func _whole(schema: Dictionary, type: String) -> void:
	var its_bits := int(clamp(int(type.trim_prefix("u").trim_prefix("int")), 1, 32))
	var half := 1 << (its_bits - 1)
	var unsigned := type.begins_with("u")
	_ring(its_bits, not unsigned, 0, 0)
	_bound(schema, 0 if unsigned else -half, 2 * half - 1 if unsigned else half - 1)


func _ring(its_bits: int, has_sign: bool, least: int, greatest: int) -> void:
	bits = its_bits
	is_signed = has_sign
	low = least
	high = greatest


func _bound(schema: Dictionary, least: int, greatest: int) -> void:
	low = int(schema.get("min", least))
	high = int(schema.get("max", greatest))


func _steps(least: float, greatest: float, step: float) -> void:
	per = _nearly_whole(1.0 / (step if step > 0.0 else 1.0))
	offset = _nearly_whole(least * per)
	high = int(floor((greatest - least) * per + _NEARLY))


static func _nearly_whole(value: float) -> float:
	return round(value) if abs(value - round(value)) < _NEARLY else value


# The lowest byte first, unlike all else that is written so.
func _write_floats(writer: EstragonWriter, values: Array) -> void:
	writer.stream.big_endian = false
	for value in values:
		if raw == "float32":
			writer.stream.put_float(value)
		else:
			writer.stream.put_double(value)
	writer.stream.big_endian = true


# One frame of reference for all: what a client writes is little.
static func _write_packed(writer: EstragonWriter, values: Array) -> void:
	var base: int = values[0]
	var greatest := base
	for value in values:
		base = value if value < base else base
		greatest = value if value > greatest else greatest
	var width := 0
	while greatest - base >> width:
		width += 1
	writer.stream.put_u8(width | (128 if base else 0))
	if base:
		writer.varuint((base << 1 ^ base >> 63) & 0xffffffff)
	var pending := 0
	var filled := 0
	for value in values:
		pending |= (value - base) << filled
		filled += width
		while filled >= 8:
			writer.stream.put_u8(pending & 255)
			pending >>= 8
			filled -= 8
	if filled > 0:
		writer.stream.put_u8(pending & 255)
