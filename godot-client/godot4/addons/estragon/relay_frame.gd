class_name EstragonRelayFrame
extends RefCounted
## The bytes of a relay: what the kinds relay_reliable and relay_unreliable of PROTOCOL.md hold.

## How many bytes of its own a target's packet may have.
const HEAD_BYTES := 2
## Godot's channels are numbers of 32 bits, with a sign.
const _MOST_CHANNEL := 0x7fffffff


## A frame for [param targets]. With [param heads], of as many bytes for each target, these are the
## second and third byte of its packet, and [param packet] is the rest.
static func up(
	kind: int,
	channel: int,
	epoch: int,
	targets: PackedInt32Array,
	packet: PackedByteArray,
	heads: PackedByteArray = PackedByteArray()
) -> PackedByteArray:
	var flagged := kind | EstragonProtocol.RELAY_HAS_HEADS if heads else kind
	var count := targets.size()
	var frame: PackedByteArray
	if channel | epoch | count < 128:
		frame = PackedByteArray([flagged, channel, epoch, count])
	else:
		frame = PackedByteArray([flagged])
		_put(frame, channel)
		_put(frame, epoch)
		_put(frame, count)
	if not heads:
		frame.append_array(targets.to_byte_array())
	else:
		for index: int in count:
			var at := frame.size()
			frame.resize(at + 4)
			frame.encode_s32(at, targets[index])
			frame.append_array(heads.slice(index * HEAD_BYTES, (index + 1) * HEAD_BYTES))
	frame.append_array(packet)
	return frame


## Where in a frame that came its sender's number stands, which its packet follows after four bytes;
## -1 for what is no such frame.
static func from_at(frame: PackedByteArray) -> int:
	var at := _after(frame, _after(frame, 1))
	return at if at > 0 and frame.size() > at + 4 else -1


## Whether it is a frame as a server sends it: of no flags but those there are, on a
## channel, by a peer, and not empty.
static func is_whole(frame: PackedByteArray) -> bool:
	var at := from_at(frame)
	if at < 0 or frame.decode_s32(at) <= 0 or channel_of(frame) > _MOST_CHANNEL:
		return false
	return frame[0] & ~EstragonProtocol.KIND_MASK & ~EstragonProtocol.RELAY_IS_ORDERED & 255 == 0


## The transfer channel of a frame that came.
static func channel_of(frame: PackedByteArray) -> int:
	return _number_at(frame, 1)


## The transfer mode of a frame that came.
static func mode_of(frame: PackedByteArray) -> MultiplayerPeer.TransferMode:
	if frame[0] & EstragonProtocol.KIND_MASK != EstragonProtocol.RELAY_UNRELIABLE_KIND:
		return MultiplayerPeer.TRANSFER_MODE_RELIABLE
	if frame[0] & EstragonProtocol.RELAY_IS_ORDERED:
		return MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
	return MultiplayerPeer.TRANSFER_MODE_UNRELIABLE


## The kind of the frames of a transfer mode.
static func kind_of(mode: MultiplayerPeer.TransferMode) -> int:
	match mode:
		MultiplayerPeer.TRANSFER_MODE_UNRELIABLE:
			return EstragonProtocol.RELAY_UNRELIABLE_KIND
		MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED:
			return EstragonProtocol.RELAY_UNRELIABLE_KIND | EstragonProtocol.RELAY_IS_ORDERED
	return EstragonProtocol.RELAY_RELIABLE_KIND


static func _put(frame: PackedByteArray, value: int) -> void:
	var rest := value
	while rest > 127:
		frame.append(rest & 127 | 128)
		rest >>= 7
	frame.append(rest)


static func _number_at(frame: PackedByteArray, at: int) -> int:
	var value := 0
	var shift := 0
	for index: int in range(at, frame.size()):
		value |= (frame[index] & 127) << shift
		shift += 7
		if frame[index] < 128:
			break
	return value


## Where the number ends that begins at [param at]; -1 where it does not.
static func _after(frame: PackedByteArray, at: int) -> int:
	if at < 0:
		return -1
	for index: int in range(at, mini(at + 5, frame.size())):
		if frame[index] < 128:
			return index + 1
	return -1
