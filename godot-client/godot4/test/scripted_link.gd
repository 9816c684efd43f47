extends EstragonLink
## A connection whose other end is played by a test.

## What was written, in order: text or bytes.
var written: Array = []
## The code it was closed with from here; 0 while it was not, and -1 where it was cut.
var left_with: int = 0
## How many bytes it still takes.
var room: int = 1_000_000


## There is no socket underneath.
func _init() -> void:
	pass


func poll() -> void:
	pass


func has_room(bytes: int) -> bool:
	return bytes <= room


func send(frame: Variant) -> Error:
	written.append(frame)
	return OK


func close(code: int, _reason: String) -> void:
	left_with = code


func cut() -> void:
	left_with = LOST


## The messages written since it was last asked.
func take() -> Array[Dictionary]:
	var messages: Array[Dictionary] = []
	for frame: Variant in written:
		messages.append(JSON.parse_string(str(frame)))
	written.clear()
	return messages


## The other end says something.
func say(message: Dictionary) -> void:
	received.emit(JSON.stringify(message))
