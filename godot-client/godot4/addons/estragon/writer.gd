class_name EstragonWriter
extends RefCounted
## Bytes on their way out. Where a value does not fit, [member problem] says what was expected, and
## what was written means nothing.

## What was expected; empty while all is well.
var problem: String = ""
## Where that was; each level around it adds its step.
var place: String = ""
## The bytes, most significant first.
var stream: StreamPeerBuffer = StreamPeerBuffer.new()


func _init() -> void:
	stream.big_endian = true


## Forgets what was written.
func begin() -> void:
	stream.clear()
	problem = ""
	place = ""


## What was written.
func bytes() -> PackedByteArray:
	return stream.data_array


## Remembers the first problem.
func fail(what: String) -> void:
	if not problem:
		problem = what


## Adds the step that led to the problem.
func within(step: String) -> void:
	place = step + place


## The problem and its place, after that of what was written.
func told(root: String) -> String:
	return "%s%s: %s" % [root, place, problem]


## Seven bits a byte, the lowest first; 0 to 0x7fffffff.
func varuint(value: int) -> void:
	while value > 127:
		stream.put_u8(value & 127 | 128)
		value >>= 7
	stream.put_u8(value)


## UTF-8 after its length in bytes.
func text(value: String) -> void:
	buffer(value.to_utf8_buffer())


## The bytes after their length.
func buffer(value: PackedByteArray) -> void:
	varuint(value.size())
	raw(value)


## The bytes as they are.
func raw(value: PackedByteArray) -> void:
	if not value.is_empty():
		stream.put_data(value)
