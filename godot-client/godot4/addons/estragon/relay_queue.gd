class_name EstragonRelayQueue
extends RefCounted
## What came for a peer of a relay and was not taken yet, in order: packets, and what happens once
## those before are taken. The engine asks for a packet's outside first, so that is read once.

## Where its sender stands in a frame whose channel and epoch are of one byte each.
const _USUAL_FROM_AT := 3
const _FLAGS := 255 & ~EstragonProtocol.KIND_MASK & ~EstragonProtocol.RELAY_IS_ORDERED

## Who sent the next packet, once [method has_packet] has said that there is one.
var from: int = 0
## On which transfer channel.
var channel: int = 0
## In which transfer mode.
var mode: MultiplayerPeer.TransferMode = MultiplayerPeer.TRANSFER_MODE_RELIABLE

## Frames, and callables.
var _waiting: Array = []
var _at: int = 0
## The frame whose packet is next, and where its sender stands; 0 where it was not read yet.
var _frame: PackedByteArray = PackedByteArray()
var _from_at: int = 0


## A frame came; whether it is one.
func receive(frame: PackedByteArray) -> bool:
	if not _is_usual(frame) and not EstragonRelayFrame.is_whole(frame):
		return false
	_waiting.append(frame)
	return true


## Once all before was taken, [param event] is called.
func then(event: Callable) -> void:
	_waiting.append(event)


## Whether a packet is next.
func has_packet() -> bool:
	if _from_at > 0:
		return true
	if _at >= _waiting.size() or typeof(_waiting[_at]) != TYPE_PACKED_BYTE_ARRAY:
		return false
	_frame = _waiting[_at]
	if _frame[1] | _frame[2] < 128:
		_from_at = _USUAL_FROM_AT
		channel = _frame[1]
	else:
		_from_at = EstragonRelayFrame.from_at(_frame)
		channel = EstragonRelayFrame.channel_of(_frame)
	from = _frame.decode_s32(_from_at)
	mode = EstragonRelayFrame.mode_of(_frame)
	return true


## Takes the next packet.
func take() -> PackedByteArray:
	var packet := _frame.slice(_from_at + 4)
	_from_at = 0
	_waiting[_at] = null
	_at += 1
	return packet


## Calls what is next and is no packet.
func happen() -> void:
	while _at < _waiting.size() and typeof(_waiting[_at]) == TYPE_CALLABLE:
		var event: Callable = _waiting[_at]
		_at += 1
		event.call()
	if _at > 0 and _at >= _waiting.size():
		clear()


## Forgets what was not taken.
func clear() -> void:
	_waiting.clear()
	_at = 0
	_from_at = 0


## Whether it is whole, of those that nearly all are.
func _is_usual(frame: PackedByteArray) -> bool:
	if frame.size() <= _USUAL_FROM_AT + 4 or frame[1] | frame[2] > 127 or frame[0] & _FLAGS:
		return false
	return frame.decode_s32(_USUAL_FROM_AT) > 0
