# Bytes on their way out. Where a value does not fit, `problem` says what was expected, and
# what was written means nothing.
class_name EstragonWriter
extends Reference

# warning-ignore-all:return_value_discarded

# What was expected; empty while all is well.
var problem: String = ""
# Where that was; each level around it adds its step.
var place: String = ""
# The bytes, most significant first.
var stream: StreamPeerBuffer = StreamPeerBuffer.new()


func _init() -> void:
	stream.big_endian = true


# Forgets what was written.
func begin() -> void:
	stream.clear()
	problem = ""
	place = ""


# What was written.
func bytes() -> PoolByteArray:
	return stream.data_array


# Remembers the first problem.
func fail(what: String) -> void:
	if not problem:
		problem = what


# Adds the step that led to the problem.
func within(step: String) -> void:
	place = step + place


# The problem and its place, after that of what was written.
func told(root: String) -> String:
	return "%s%s: %s" % [root, place, problem]


# Seven bits a byte, the lowest first; 0 to 0x7fffffff.
func varuint(value: int) -> void:
	while value > 127:
		stream.put_u8(value & 127 | 128)
		value >>= 7
	stream.put_u8(value)


# UTF-8 after its length in bytes.
func text(value: String) -> void:
	buffer(utf8(value))


# The bytes after their length.
func buffer(value: PoolByteArray) -> void:
	varuint(value.size())
	raw(value)


# The bytes as they are.
func raw(value: PoolByteArray) -> void:
	if value.size() > 0:
		stream.put_data(value)


# UTF-8 of a text whose characters may be halves of surrogate pairs, as JSON leaves them in Godot 3;
# U+0000, and one without its other half, becomes U+FFFD.
static func utf8(text: String) -> PoolByteArray:
	var bytes := text.to_utf8()
	if bytes.size() == text.length() and not 0 in bytes:
		return bytes
	for index in text.length():
		var code := text.ord_at(index)
		if code == 0 or code >= 0xD800 and code < 0xE000 or code > 0x10FFFF:
			return _paired(text)
	return bytes


static func _paired(text: String) -> PoolByteArray:
	var bytes := PoolByteArray()
	var index := 0
	while index < text.length():
		var code := text.ord_at(index)
		var next := text.ord_at(index + 1) if index + 1 < text.length() else 0
		index += 1
		if code >= 0xD800 and code < 0xDC00 and next >= 0xDC00 and next < 0xE000:
			code = 0x10000 + (code - 0xD800) * 0x400 + next - 0xDC00
			index += 1
		elif code == 0 or code >= 0xD800 and code < 0xE000 or code > 0x10FFFF:
			code = 0xFFFD
		if code < 0x80:
			bytes.append(code)
			continue
		var more := 1 if code < 0x800 else 2 if code < 0x10000 else 3
		bytes.append([0, 0xC0, 0xE0, 0xF0][more] | code >> 6 * more)
		for left in range(more - 1, -1, -1):
			bytes.append(0x80 | code >> 6 * left & 0x3F)
	return bytes
