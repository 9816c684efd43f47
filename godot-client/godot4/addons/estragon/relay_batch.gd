class_name EstragonRelayBatch
extends RefCounted
## What a peer of a relay puts in one frame of the game: several packets that are the same, or the same
## but for a synchronizer's counter, are one frame, and all frames go together.

## These are whole.
signal packed(frames: Array[PackedByteArray])

const _SYNC := 6
const _COMMAND := 7

## Which epoch its frames are of.
var epoch: int = 0

## What was put and is in no frame yet: the same for all these targets.
var _packet: PackedByteArray = PackedByteArray()
var _masked: PackedByteArray = PackedByteArray()
var _kind: int = 0
var _channel: int = 0
var _targets: PackedInt32Array = PackedInt32Array()
var _heads: PackedByteArray = PackedByteArray()
## The frames that wait.
var _frames: Array[PackedByteArray] = []


## Adds a packet for [param target], of a kind of the relay's; it goes at the end of the game's frame
## at the latest.
func put(packet: PackedByteArray, target: int, kind: int, channel: int) -> void:
	if (
		packet == _packet and kind == _kind and channel == _channel and not _heads
		and _targets.size() < EstragonProtocol.MAX_TARGETS and not _targets.has(target)
	):
		_targets.append(target)
	else:
		_put(packet, target, kind, channel)


## Sends on what was put.
func flush() -> void:
	_pack()
	if _frames.is_empty():
		return
	var frames := _frames
	_frames = []
	packed.emit(frames)


## The same for what is not as those before, or only but for its counter.
func _put(packet: PackedByteArray, target: int, kind: int, channel: int) -> void:
	var masked := _without_counter(packet, target)
	var is_alike := kind == _kind and channel == _channel and not _targets.is_empty()
	if not is_alike or masked != _masked or not _fits(packet, target):
		if _targets.is_empty() and _frames.is_empty():
			flush.call_deferred()
		_pack()
		_kind = kind
		_packet = packet
		_channel = channel
		_masked = masked
	_targets.append(target)
	if masked != packet or _heads:
		_heads.append(packet[1])
		_heads.append(packet[2])


## Makes a frame of what was put last.
func _pack() -> void:
	if _targets.is_empty():
		return
	var packet := _packet
	if _heads:
		packet = _packet.slice(0, 1)
		packet.append_array(_packet.slice(1 + EstragonRelayFrame.HEAD_BYTES))
	_frames.append(EstragonRelayFrame.up(_kind, _channel, epoch, _targets, packet, _heads))
	_targets = PackedInt32Array()
	_heads = PackedByteArray()
	_packet = PackedByteArray()


## A synchronizer's packet is the same for everybody but for two bytes, which are left out here.
func _without_counter(packet: PackedByteArray, target: int) -> PackedByteArray:
	if packet[0] & _COMMAND != _SYNC or packet.size() < 4 or target <= 0:
		return packet
	var masked := packet.duplicate()
	masked[1] = 0
	masked[2] = 0
	return masked


## Whether this target may be one more of those before, and all of them take heads where one does.
func _fits(packet: PackedByteArray, target: int) -> bool:
	if _targets.size() >= EstragonProtocol.MAX_TARGETS or _targets.has(target):
		return false
	return (packet[0] & _COMMAND == _SYNC and target > 0) == not _heads.is_empty()
