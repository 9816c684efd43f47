class_name EstragonReader
extends RefCounted
## Bytes that came from outside: reads nothing beyond their end. Where something does not fit,
## [member problem] says what was expected, and what is read afterwards means nothing.

## The most bytes a varuint takes.
const _MAX_VARUINT_BYTES := 5
## A fifth byte has room for three bits: with the 28 before it, 31.
const _LAST_OF_FIVE := 7
const _VARUINT := "expected a varuint from 0 to 2147483647, in as few bytes as it takes"
const _UTF8 := "expected text in UTF-8"
## The highest bit, and the lowest, of each of eight bytes.
const _HIGHEST := -9187201950435737472
const _LOWEST := 72340172838076673

## What was expected; empty while all is well.
var problem: String = ""
## Where that was, such as [code].items[3].name[/code]; each level around it adds its step.
var place: String = ""
## The bytes, most significant first.
var stream: StreamPeerBuffer = StreamPeerBuffer.new()
## Where what may be read ends.
var end: int


func _init(bytes: PackedByteArray = PackedByteArray()) -> void:
	stream.big_endian = true
	begin(bytes)


## Reads other bytes from now on.
func begin(bytes: PackedByteArray) -> void:
	stream.data_array = bytes
	end = bytes.size()
	problem = ""
	place = ""


## How many bytes may still be read.
func left() -> int:
	return end - stream.get_position()


## Whether [param count] bytes are there; a problem where they are not.
func has(count: int) -> bool:
	if count <= end - stream.get_position():
		return true
	return fail("expected %d more bytes, got %d" % [count, left()])


## Remembers the first problem; always [code]false[/code].
func fail(what: String) -> bool:
	if not problem:
		problem = what
	return false


## Adds the step that led to the problem.
func within(step: String) -> void:
	place = step + place


## The problem and its place, after that of what was read.
func told(root: String) -> String:
	return "%s%s: %s" % [root, place, problem]


## Seven bits a byte, the lowest first, in as few bytes as it takes: there is one way to write it.
func varuint() -> int:
	if stream.get_position() < end:
		var only := stream.get_u8()
		if only < 128:
			return only
		stream.seek(stream.get_position() - 1)
	var value := 0
	for index: int in _MAX_VARUINT_BYTES:
		if not has(1):
			return 0
		var byte := stream.get_u8()
		if index == _MAX_VARUINT_BYTES - 1 and byte > _LAST_OF_FIVE:
			break
		value |= (byte & 127) << (7 * index)
		if byte > 127:
			continue
		if byte == 0 and index > 0:
			break
		return value
	fail(_VARUINT)
	return 0


## Text after its length in bytes.
func text() -> String:
	var size := varuint()
	return "" if problem else text_of(size)


## Text of [param size] bytes. U+0000, which no text holds here, becomes U+FFFD.
func text_of(size: int) -> String:
	if size == 0 or not has(size):
		return ""
	var bytes := raw(size)
	if _is_plain(bytes):
		return bytes.get_string_from_ascii()
	if not _is_utf8(bytes):
		fail(_UTF8)
		return ""
	var start := String.chr(0xFEFF) if bytes.slice(0, 3).hex_encode() == "efbbbf" else ""
	if not bytes.has(0):
		return start + bytes.get_string_from_utf8()
	var parts := PackedStringArray()
	var from := 0
	while from <= bytes.size():
		var to := bytes.find(0, from)
		to = bytes.size() if to < 0 else to
		parts.append(bytes.slice(from, to).get_string_from_utf8())
		from = to + 1
	return start + String.chr(0xFFFD).join(parts)


## The bytes after their length, at most [param most].
func buffer(most: int) -> PackedByteArray:
	var size := varuint()
	if problem:
		return PackedByteArray()
	if size > most:
		fail("expected at most %d bytes, got %d" % [most, size])
		return PackedByteArray()
	return raw(size) if has(size) else PackedByteArray()


## [param size] bytes, which must be there.
func raw(size: int) -> PackedByteArray:
	if size == 0:
		return PackedByteArray()
	var taken: Array = stream.get_data(size)
	var bytes: PackedByteArray = taken[1]
	return bytes


## Narrows what may be read to what follows its length; returns the end before, for [method leave].
func enter() -> int:
	var outer := end
	var size := varuint()
	if not problem and has(size):
		end = stream.get_position() + size
	return outer


## Refuses what is left over inside, and goes on outside.
func leave(outer: int) -> void:
	finish()
	end = outer


## Refuses what is left over.
func finish() -> void:
	if not problem and left() != 0:
		fail("expected its end, got %d bytes" % left())


## Whether all of it is ASCII, and nothing of it 0.
static func _is_plain(bytes: PackedByteArray) -> bool:
	var whole := bytes.size() & ~7
	var index := 0
	while index < whole:
		var eight := bytes.decode_s64(index)
		if (eight | (eight - _LOWEST)) & _HIGHEST:
			return false
		index += 8
	while index < bytes.size():
		if bytes[index] > 127 or bytes[index] == 0:
			return false
		index += 1
	return true


## Whether it is UTF-8, as RFC 3629 has it: shortest forms, no surrogates, nothing over U+10FFFF.
static func _is_utf8(bytes: PackedByteArray) -> bool:
	var size := bytes.size()
	var index := 0
	while index < size:
		var first := bytes[index]
		index += 1
		if first < 0x80:
			continue
		var more := 1 if first < 0xE0 else 2 if first < 0xF0 else 3
		if first < 0xC2 or first > 0xF4 or index + more > size:
			return false
		var second := bytes[index]
		var lowest := 0xA0 if first == 0xE0 else 0x90 if first == 0xF0 else 0x80
		var highest := 0x9F if first == 0xED else 0x8F if first == 0xF4 else 0xBF
		if second < lowest or second > highest:
			return false
		for further: int in range(1, more):
			if bytes[index + further] & 0xC0 != 0x80:
				return false
		index += more
	return true
