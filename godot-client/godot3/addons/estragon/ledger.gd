# What was sent and may have to be sent again: one direction of a resumable session.
#
# Frames are numbered from 1; the ledger holds those numbered `forgotten + 1` to `sent`.
class_name EstragonLedger
extends Reference

const EstragonProtocol := preload("protocol.gd")
const _COMPACT_AT := 64

# How many of the oldest frames cannot be sent again: acknowledged, or pushed out.
var forgotten: int = 0
# How many bytes the frames it holds are together.
var bytes: int = 0
# How many frames were ever added.
var sent: int = 0
# How many frames it holds.
var held: int setget , _get_held

var _max_bytes: int
var _max_frames: int
var _frames: Array = []
var _sizes: Array = []
var _head: int = 0


func _init(
	max_bytes: int = EstragonProtocol.LIMIT_RESUME_BYTES,
	max_frames: int = EstragonProtocol.LIMIT_RESUME_FRAMES
) -> void:
	_max_bytes = max_bytes
	_max_frames = max_frames


# Holds so much from now on; what is above it stays until it is acknowledged or pushed out.
func set_budget(max_bytes: int, max_frames: int) -> void:
	_max_bytes = max_bytes
	_max_frames = max_frames


# Whether one more frame of `size` bytes would push out an older one.
func is_full(size: int) -> bool:
	return _get_held() + 1 > _max_frames or bytes + size > _max_bytes


# Adds a frame, text or bytes; above the budget the oldest are forgotten.
func push(frame, size: int) -> void:
	_frames.append(frame)
	_sizes.append(size)
	bytes += size
	sent += 1
	while _get_held() > _max_frames or (bytes > _max_bytes and _get_held() > 0):
		_forget_oldest()


# The peer has `count` frames; a count beyond what was sent is ignored.
func acknowledge(count: int) -> void:
	if count > sent:
		return
	while forgotten < count:
		_forget_oldest()


# Whether a peer that has `count` frames can be brought up to date.
func covers(count: int) -> bool:
	return count >= forgotten and count <= sent


# The frame numbered `number`, which it must hold.
func frame_at(number: int):
	return _frames[_head + number - forgotten - 1]


# The size in bytes of the frame numbered `number`, which it must hold.
func size_at(number: int) -> int:
	return _sizes[_head + number - forgotten - 1]


# The frames a peer with `count` of them lacks, oldest first.
func after(count: int) -> Array:
	return _from(_frames, _head + int(max(0, count - forgotten)))


# Forgets everything, the counts included.
func reset() -> void:
	_frames = []
	_sizes = []
	_head = 0
	bytes = 0
	sent = 0
	forgotten = 0


func _forget_oldest() -> void:
	bytes -= _sizes[_head]
	_frames[_head] = ""
	_head += 1
	forgotten += 1
	if _head == _frames.size():
		_frames.clear()
		_sizes.clear()
		_head = 0
	elif _head >= _COMPACT_AT and _head * 2 >= _frames.size():
		_frames = _from(_frames, _head)
		_sizes = _from(_sizes, _head)
		_head = 0


func _get_held() -> int:
	return sent - forgotten


static func _from(items: Array, first: int) -> Array:
	var rest := []
	for index in range(first, items.size()):
		rest.append(items[index])
	return rest
