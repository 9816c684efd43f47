# A frame of state that came: reads nothing beyond its end. Where something does not fit, `problem`
# says what was expected, and what is read afterwards means nothing.
class_name EstragonStateReader
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonMisfit := preload("misfit.gd")
const EstragonReader := preload("reader.gd")

# The most slots a table has.
const MOST_ROWS := 65536
const _WIDEST := 32
# Two such values are in the 32 bits that are read at once.
const _WIDTH_OF_TWO := 16
const _MAX_VARUINT_BYTES := 5
# A fifth byte has room for four bits: with the 28 before it, 32.
const _LAST_OF_FIVE := 15
const _VARUINT := "expected a varuint from 0 to 4294967295, in as few bytes as it takes"

enum _Form { SAME, ALL, LIST, BITMAP }

# What was expected; empty while all is well.
var problem: String = ""
# With eight bytes more, so that the bits of the last value may be read with those after it.
var _reader: EstragonReader = EstragonReader.new()
var _stream: StreamPeerBuffer = _reader.stream
var _end: int


func _init(bytes: PoolByteArray) -> void:
	_end = bytes.size()
	bytes.append_array(PoolByteArray([0, 0, 0, 0, 0, 0, 0, 0]))
	_reader.begin(bytes)
	_stream.big_endian = false


# Whether something is left.
func has_more() -> bool:
	return not problem and _stream.get_position() < _end


# Remembers the first problem.
func fail(what: String) -> void:
	if not problem:
		problem = what


func byte() -> int:
	return _stream.get_u8() if _has(1) else 0


# Seven bits a byte, the lowest first, 32 in all, in as few bytes as it takes.
func number() -> int:
	var value := 0
	for index in _MAX_VARUINT_BYTES:
		var next := byte()
		if problem:
			return 0
		if index == 0 and next < 128:
			return next
		if index == _MAX_VARUINT_BYTES - 1 and next > _LAST_OF_FIVE:
			break
		value |= (next & 127) << (7 * index)
		if next > 127:
			continue
		if next == 0 and index > 0:
			break
		return value
	fail(_VARUINT)
	return 0


# A packed column of `n` values, as 32 bits each.
func packed(n: int) -> Array:
	var values := []
	var head := byte()
	var width := head & 63
	if width > _WIDEST:
		fail("expected a width of 0 to %d, got %d" % [_WIDEST, width])
	var base := _zigzag() if head & 128 else 0
	var size := (n * width + 7) >> 3
	if not _has(size):
		return values
	values.resize(n)
	if width == 0:
		for index in n:
			values[index] = base
	else:
		var start := _stream.get_position()
		_read_bits(values, base, width)
		_stream.seek(start + size)
	if head & 64:
		_read_exceptions(values)
	return values


# A column of `n` values of a raw type, texts of at most `most` bytes.
func raw(type: String, n: int, most: int) -> Array:
	match type:
		"float32":
			return _floats(n, 4)
		"float64":
			return _floats(n, 8)
	var values := []
	# Each takes a byte at least: no list is longer than what is there.
	if not _has(n):
		return values
	for _index in n:
		var text := _text(most)
		if problem:
			break
		values.append(text if type == "string" else _parsed(text))
	return values


# Which rows of a table that has `most` slots; `before` is the set before it, or null.
func rows(most: int, before: Rows = null) -> Rows:
	var head := number()
	var found := Rows.new()
	found.n = head >> 2
	var form := head & 3
	if form == _Form.SAME:
		if found.n == 0 and before:
			return before
		fail("expected a row set before this one to be the same as")
	elif found.n < 1 or found.n > most:
		fail("expected 1 to %d rows, got %d" % [most, found.n])
	elif form == _Form.ALL:
		found.is_all = true
	elif form == _Form.LIST:
		_read_list(found, most)
	else:
		_read_bitmap(found, most)
	return found


func _has(count: int) -> bool:
	var left := _end - _stream.get_position()
	if count <= left and not problem:
		return true
	fail("expected %d more bytes, got %d" % [count, left])
	return false


func _zigzag() -> int:
	var value := number()
	return (value >> 1) ^ -(value & 1)


func _read_bits(values: Array, base: int, width: int) -> void:
	var mask := (1 << width) - 1
	var pending := 0
	var filled := 0
	var stream := _stream
	var n := values.size()
	var at := 0
	if width <= _WIDTH_OF_TWO:
		# Every turn costs more than taking two.
		var two := 2 * width
		for _two in n >> 1:
			if filled < two:
				pending |= stream.get_u32() << filled
				filled += 32
			values[at] = base + (pending & mask)
			values[at + 1] = base + (pending >> width & mask)
			pending >>= two
			filled -= two
			at += 2
	while at < n:
		if filled < width:
			pending |= stream.get_u32() << filled
			filled += 32
		values[at] = base + (pending & mask)
		pending >>= width
		filled -= width
		at += 1
	if base + mask > 0x7fffffff:
		for index in values.size():
			values[index] = ((values[index] + 0x80000000) & 0xffffffff) - 0x80000000


# These replace what the bits said.
func _read_exceptions(values: Array) -> void:
	var n := values.size()
	var count := number()
	if count < 1 or count > n:
		fail("expected 1 to %d exceptions, got %d" % [n, count])
		return
	var index := -1
	for _left in count:
		index += number() + 1
		if index >= n:
			fail("expected an exception before %d, got %d" % [n, index])
		if problem:
			return
		values[index] = _zigzag()


func _floats(n: int, size: int) -> Array:
	var values := []
	if not _has(n * size):
		return values
	for _index in n:
		var value := _stream.get_float() if size == 4 else _stream.get_double()
		if is_nan(value) or is_inf(value):
			fail("expected a finite number")
		values.append(value)
	return values


func _text(most: int) -> String:
	var size := number()
	if size > most:
		fail("expected at most %d bytes, got %d" % [most, size])
	if not _has(size):
		return ""
	var text := _reader.text_of(size)
	if _reader.problem:
		fail(_reader.problem)
	return text


func _parsed(text: String):
	if not problem:
		var parsed := JSON.parse(text)
		if parsed.error == OK and not EstragonMisfit.problem(parsed.get_result(), "", ""):
			return parsed.get_result()
	fail("expected JSON, nested no deeper than it may be")
	return null


func _read_list(found: Rows, most: int) -> void:
	found.slots = packed(found.n)
	var slot := -1
	for index in found.slots.size():
		var gap: int = found.slots[index]
		if gap < 0:
			fail("expected a gap from 0 on, got %d" % gap)
		slot += gap + 1
		if slot >= most:
			fail("expected slots below %d, got %d" % [most, slot])
		if problem:
			return
		found.slots[index] = slot


func _read_bitmap(found: Rows, most: int) -> void:
	var first := number()
	while found.slots.size() < found.n and not problem:
		if first >= most:
			fail("expected slots below %d, got %d" % [most, first])
			return
		var bits := byte()
		for bit in 8:
			if not bits >> bit & 1:
				continue
			if found.slots.size() == found.n or first + bit >= most:
				fail("expected %d rows below %d, got %d" % [found.n, most, first + bit])
				return
			found.slots.append(first + bit)
		first += 8


# Which rows: `slots`, ascending, or all that there are.
class Rows:
	extends Reference

	var n: int
	var is_all: bool = false
	var slots: Array = []
