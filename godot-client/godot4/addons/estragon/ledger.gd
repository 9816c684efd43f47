class_name EstragonLedger
extends RefCounted
## What was sent and may have to be sent again: one direction of a resumable session.
##
## Frames are numbered from 1; the ledger holds those numbered [code]forgotten + 1[/code] to
## [code]sent[/code].

## How many of the oldest frames cannot be sent again: acknowledged, or pushed out.
var forgotten: int = 0
## How many bytes the frames it holds are together.
var bytes: int = 0
## How many frames were ever added.
var sent: int = 0
## How many frames it holds.
var held: int:
	get:
		return sent - forgotten

var _max_bytes: int
var _max_frames: int
var _frames: Array = []
var _sizes: PackedInt32Array = PackedInt32Array()
var _head: int = 0


func _init(
	max_bytes: int = EstragonProtocol.LIMIT_RESUME_BYTES,
	max_frames: int = EstragonProtocol.LIMIT_RESUME_FRAMES
) -> void:
	_max_bytes = max_bytes
	_max_frames = max_frames


## What it may hold from now on; the frames it holds already stay until the next is added.
func set_budget(max_bytes: int, max_frames: int) -> void:
	_max_bytes = max_bytes
	_max_frames = max_frames


## Whether one more frame of [param size] bytes would push out an older one.
func is_full(size: int) -> bool:
	return held + 1 > _max_frames or bytes + size > _max_bytes


## Adds a frame, text or bytes; above the budget the oldest are forgotten.
func push(frame: Variant, size: int) -> void:
	_frames.append(frame)
	_sizes.append(size)
	sent += 1
	bytes += size
	while held > _max_frames or (bytes > _max_bytes and held > 0):
		_forget_oldest()


## The peer has [param count] frames; a count beyond what was sent is ignored.
func acknowledge(count: int) -> void:
	if count > sent:
		return
	while forgotten < count:
		_forget_oldest()


## Whether a peer that has [param count] frames can be brought up to date.
func covers(count: int) -> bool:
	return count >= forgotten and count <= sent


## The frame numbered [param number], which it must hold.
func frame_at(number: int) -> Variant:
	return _frames[_head + number - forgotten - 1]


## The size in bytes of the frame numbered [param number], which it must hold.
func size_at(number: int) -> int:
	return _sizes[_head + number - forgotten - 1]


## The frames a peer with [param count] of them lacks, oldest first.
func after(count: int) -> Array:
	return _frames.slice(_head + maxi(0, count - forgotten))


## Forgets everything, the counts included.
func reset() -> void:
	_frames = []
	_sizes = PackedInt32Array()
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
	elif _head >= 64 and _head * 2 >= _frames.size():
		_frames = _frames.slice(_head)
		_sizes = _sizes.slice(_head)
		_head = 0
