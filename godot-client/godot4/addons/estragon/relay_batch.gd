class_name EstragonRelayBatch
extends RefCounted
## What a peer of a relay puts, in frames: several packets that are the same, or the same but for a
## synchronizer's counter, go as one.

## A frame is whole.
signal packed(frame: PackedByteArray, is_reliable: bool)

const _SYNC := 6
const _COMMAND := 7

## Which epoch its frames are of.
var epoch: int = 0

## What was put and not packed yet: the same for all these targets.
var _packet: PackedByteArray = PackedByteArray()
var _masked: PackedByteArray = PackedByteArray()
var _kind: int = 0
var _channel: int = 0
var _targets: PackedInt32Array = PackedInt32Array()
var _heads: PackedByteArray = PackedByteArray()


## Adds a packet for [param target], of a kind of the relay's; packed at the end of the frame at the
## latest.
func put(packet: PackedByteArray, target: int, kind: int, channel: int) -> void:
	var masked := _without_counter(packet, target)
	var is_alike := kind == _kind and channel == _channel and not _targets.is_empty()
	if not is_alike or masked != _masked or not _fits(packet, target):
		if _targets.is_empty():
			flush.call_deferred()
		flush()
		_kind = kind
		_packet = packet
		_channel = channel
		_masked = masked
	_targets.append(target)
	if masked != packet or _heads:
		_heads.append(packet[1])
		_heads.append(packet[2])


## Packs what was put and waits for more of the same.
func flush() -> void:
	if _targets.is_empty():
		return
	var packet := _packet
	if _heads:
		packet = _packet.slice(0, 1)
		packet.append_array(_packet.slice(1 + EstragonRelayFrame.HEAD_BYTES))
	var is_reliable := _kind & EstragonProtocol.KIND_MASK == EstragonProtocol.RELAY_RELIABLE_KIND
	var frame := EstragonRelayFrame.up(_kind, _channel, epoch, _targets, packet, _heads)
	_targets = PackedInt32Array()
	_heads = PackedByteArray()
	packed.emit(frame, is_reliable)


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
