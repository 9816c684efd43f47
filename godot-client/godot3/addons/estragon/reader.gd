# Bytes that came from outside: reads nothing beyond their end. Where something does not fit,
# `problem` says what was expected, and what is read afterwards means nothing.
class_name EstragonReader
extends Reference

# warning-ignore-all:return_value_discarded

# The most bytes a varuint takes.
const _MAX_VARUINT_BYTES := 5
# A fifth byte has room for three bits: with the 28 before it, 31.
const _LAST_OF_FIVE := 7
const _VARUINT := "expected a varuint from 0 to 2147483647, in as few bytes as it takes"
const _UTF8 := "expected text in UTF-8"

# What was expected; empty while all is well.
var problem: String = ""
# Where that was, such as `.items[3].name`; each level around it adds its step.
var place: String = ""
# The bytes, most significant first.
var stream: StreamPeerBuffer = StreamPeerBuffer.new()
# Where what may be read ends.
var end: int


func _init(bytes: PoolByteArray = PoolByteArray()) -> void:
	stream.big_endian = true
	begin(bytes)


# Reads other bytes from now on.
func begin(bytes: PoolByteArray) -> void:
	stream.data_array = bytes
	stream.seek(0)
	end = bytes.size()
	problem = ""
	place = ""


# How many bytes may still be read.
func left() -> int:
	return end - stream.get_position()


# Whether `count` bytes are there; a problem where they are not.
func has(count: int) -> bool:
	if count <= end - stream.get_position():
		return true
	return fail("expected %d more bytes, got %d" % [count, left()])


# Remembers the first problem; always `false`.
func fail(what: String) -> bool:
	if not problem:
		problem = what
	return false


# Adds the step that led to the problem.
func within(step: String) -> void:
	place = step + place


# The problem and its place, after that of what was read.
func told(root: String) -> String:
	return "%s%s: %s" % [root, place, problem]


# Seven bits a byte, the lowest first, in as few bytes as it takes: there is one way to write it.
func varuint() -> int:
	if stream.get_position() < end:
		var only := stream.get_u8()
		if only < 128:
			return only
		stream.seek(stream.get_position() - 1)
	var value := 0
	for index in _MAX_VARUINT_BYTES:
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


# Text after its length in bytes.
func text() -> String:
	var size := varuint()
	return "" if problem else text_of(size)


# Text of `size` bytes. U+0000, which no text holds here, becomes U+FFFD.
func text_of(size: int) -> String:
	if size == 0 or not has(size):
		return ""
	var bytes := raw(size)
	var plain := bytes.get_string_from_ascii()
	# A byte above 127 is none or several in UTF-8, and a 0 ends a text here.
	if plain.length() == size and plain.to_utf8().size() == size:
		return plain
	if not _is_utf8(bytes):
		fail(_UTF8)
		return ""
	return _decoded(bytes)


# The bytes after their length, at most `most`.
func buffer(most: int) -> PoolByteArray:
	var size := varuint()
	if problem:
		return PoolByteArray()
	if size > most:
		fail("expected at most %d bytes, got %d" % [most, size])
		return PoolByteArray()
	return raw(size) if has(size) else PoolByteArray()


# `size` bytes, which must be there.
func raw(size: int) -> PoolByteArray:
	if size == 0:
		return PoolByteArray()
	var taken: Array = stream.get_data(size)
	var bytes: PoolByteArray = taken[1]
	return bytes


# Narrows what may be read to what follows its length; returns the end before, for `leave`.
func enter() -> int:
	var outer := end
	var size := varuint()
	if not problem and has(size):
		end = stream.get_position() + size
	return outer


# Refuses what is left over inside, and goes on outside.
func leave(outer: int) -> void:
	finish()
	end = outer


# Refuses what is left over.
func finish() -> void:
	if not problem and left() != 0:
		fail("expected its end, got %d bytes" % left())


# Text from UTF-8, a byte order mark included.
static func _decoded(bytes: PoolByteArray) -> String:
	var size := bytes.size()
	var text := ""
	var from := 0
	for index in size + 1:
		if index < size and bytes[index] != 0:
			continue
		if from == 0 and index > 2 and bytes[0] == 0xEF and bytes[1] == 0xBB and bytes[2] == 0xBF:
			text = char(0xFEFF)
		if index > from:
			text += bytes.subarray(from, index - 1).get_string_from_utf8()
		if index < size:
			text += char(0xFFFD)
		from = index + 1
	return text


# Whether it is UTF-8, as RFC 3629 has it: shortest forms, no surrogates, nothing over U+10FFFF.
static func _is_utf8(bytes: PoolByteArray) -> bool:
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
		for further in range(1, more):
			if bytes[index + further] & 0xC0 != 0x80:
				return false
		index += more
	return true
