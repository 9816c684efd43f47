class_name EstragonStateReader
extends RefCounted
## A frame of state that came: reads nothing beyond its end. Where something does not fit,
## [member problem] says what was expected, and what is read afterwards means nothing.

## The most slots a table has.
const MOST_ROWS := 65_536
const _WIDEST := 32
## Four such values are in the 57 bits that eight bytes have from any bit of the first on.
const _WIDTH_OF_FOUR := 14
const _MAX_VARUINT_BYTES := 5
## A fifth byte has room for four bits: with the 28 before it, 32.
const _LAST_OF_FIVE := 15
const _VARUINT := "expected a varuint from 0 to 4294967295, in as few bytes as it takes"
enum _Form { SAME, ALL, LIST, BITMAP }

## What was expected; empty while all is well.
var problem: String = ""
## Where it is read.
var at: int = 0
## With eight bytes more, so that the bits of the last value may be read with those after it.
var _frame: PackedByteArray
var _end: int
## Reads text; made when there is some.
var _texts: EstragonReader


func _init(bytes: PackedByteArray) -> void:
	_end = bytes.size()
	_frame = bytes.duplicate()
	_frame.resize(_end + 8)


## Whether something is left.
func has_more() -> bool:
	return at < _end and not problem


## Remembers the first problem.
func fail(what: String) -> void:
	if not problem:
		problem = what


func byte() -> int:
	if not _has(1):
		return 0
	at += 1
	return _frame[at - 1]


## Seven bits a byte, the lowest first, 32 in all, in as few bytes as it takes.
func number() -> int:
	if at < _end and _frame[at] < 128:
		at += 1
		return _frame[at - 1]
	var value := 0
	for index: int in _MAX_VARUINT_BYTES:
		var next := byte()
		if problem:
			return 0
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


## A packed column of [param n] values, as 32 bits each.
func packed(n: int) -> PackedInt32Array:
	var values := PackedInt32Array()
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
		values.fill(base)
	else:
		_read_bits(values, base, width)
		at += size
	if head & 64:
		_read_exceptions(values)
	return values


## A column of [param n] values of a raw type, texts of at most [param most] bytes.
func raw(type: String, n: int, most: int) -> Variant:
	match type:
		"float32":
			return _floats(n, 4)
		"float64":
			return _floats(n, 8)
	var values: Array = []
	# Each takes a byte at least: no list is longer than what is there.
	if not _has(n):
		return values
	for _index: int in n:
		var text := _text(most)
		if problem:
			break
		values.append(text if type == "string" else _parsed(text))
	return values


## Which rows of a table that has [param most] slots; [param before] is the set before it.
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
	if count <= _end - at and not problem:
		return true
	fail("expected %d more bytes, got %d" % [count, _end - at])
	return false


func _zigzag() -> int:
	var value := number()
	return (value >> 1) ^ -(value & 1)


func _read_bits(values: PackedInt32Array, base: int, width: int) -> void:
	var frame := _frame
	var bit := at * 8
	var mask := (1 << width) - 1
	var n := values.size()
	var index := 0
	if width <= _WIDTH_OF_FOUR:
		# Every read costs more than taking it apart.
		var second := 2 * width
		var third := 3 * width
		var all := 4 * width
		for _four: int in n >> 2:
			var bits := frame.decode_u64(bit >> 3) >> (bit & 7)
			values[index] = base + (bits & mask)
			values[index + 1] = base + (bits >> width & mask)
			values[index + 2] = base + (bits >> second & mask)
			values[index + 3] = base + (bits >> third & mask)
			index += 4
			bit += all
	while index < n:
		values[index] = base + (frame.decode_u64(bit >> 3) >> (bit & 7) & mask)
		index += 1
		bit += width


# These replace what the bits said.
func _read_exceptions(values: PackedInt32Array) -> void:
	var n := values.size()
	var count := number()
	if count < 1 or count > n:
		fail("expected 1 to %d exceptions, got %d" % [n, count])
		return
	var index := -1
	for _left: int in count:
		index += number() + 1
		if index >= n:
			fail("expected an exception before %d, got %d" % [n, index])
		if problem:
			return
		values[index] = _zigzag()


func _floats(n: int, size: int) -> Variant:
	if not _has(n * size):
		return PackedFloat64Array()
	var bytes := _frame.slice(at, at + n * size)
	at += n * size
	var values: Variant = bytes.to_float32_array() if size == 4 else bytes.to_float64_array()
	for value: float in values:
		if not is_finite(value):
			fail("expected a finite number")
	return values


func _text(most: int) -> String:
	var size := number()
	if size > most:
		fail("expected at most %d bytes, got %d" % [most, size])
	if not _has(size):
		return ""
	if not _texts:
		_texts = EstragonReader.new(_frame)
	_texts.stream.seek(at)
	at += size
	var text := _texts.text_of(size)
	if _texts.problem:
		fail(_texts.problem)
	return text


func _parsed(text: String) -> Variant:
	var json := JSON.new()
	if not problem and json.parse(text) == OK:
		if not EstragonMisfit.problem(json.data, "", ""):
			return json.data
	fail("expected JSON, nested no deeper than it may be")
	return null


func _read_list(found: Rows, most: int) -> void:
	found.slots = packed(found.n)
	var slot := -1
	for index: int in found.slots.size():
		var gap := found.slots[index]
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
		for bit: int in 8:
			if not bits >> bit & 1:
				continue
			if found.slots.size() == found.n or first + bit >= most:
				fail("expected %d rows below %d, got %d" % [found.n, most, first + bit])
				return
			found.slots.append(first + bit)
		first += 8


## Which rows: [member slots], ascending, or all that there are.
class Rows:
	extends RefCounted

	var n: int
	var is_all: bool = false
	var slots: PackedInt32Array = PackedInt32Array()
