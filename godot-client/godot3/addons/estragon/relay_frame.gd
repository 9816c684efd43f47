# The bytes of a relay: what the kinds relay_reliable and relay_unreliable of PROTOCOL.md hold.
class_name EstragonRelayFrame
extends Reference

const EstragonProtocol := preload("protocol.gd")
# The highest number of a peer.
const _MOST := 0x7fffffff


# A frame for `targets`, the numbers of peers. (None of Godot 3's packets has bytes of its own for each.)
static func up(
	kind: int, channel: int, epoch: int, targets: Array, packet: PoolByteArray
) -> PoolByteArray:
	var stream := StreamPeerBuffer.new()
	stream.put_u8(kind)
	_put(stream, channel)
	_put(stream, epoch)
	_put(stream, targets.size())
	for target in targets:
		stream.put_32(target)
	# warning-ignore:return_value_discarded
	stream.put_data(packet)
	return stream.data_array


# Where in a frame that came its sender's number stands, which its packet follows after four bytes;
# -1 for what is no such frame.
static func from_at(frame: PoolByteArray) -> int:
	var at := _after(frame, _after(frame, 1))
	return at if at > 0 and frame.size() > at + 4 else -1


# Whether it is a frame as a server sends it: of no flags but those there are, by a peer, and not empty.
static func is_whole(frame: PoolByteArray) -> bool:
	var at := from_at(frame)
	if at < 0 or from_of(frame, at) < 1 or from_of(frame, at) > _MOST:
		return false
	return frame[0] & ~EstragonProtocol.KIND_MASK & ~EstragonProtocol.RELAY_IS_ORDERED & 255 == 0


# The number that stands there.
static func from_of(frame: PoolByteArray, at: int) -> int:
	return frame[at] | frame[at + 1] << 8 | frame[at + 2] << 16 | frame[at + 3] << 24


# The packet of a frame whose sender stands there.
static func packet_of(frame: PoolByteArray, at: int) -> PoolByteArray:
	return frame.subarray(at + 4, frame.size() - 1)


static func _put(stream: StreamPeerBuffer, value: int) -> void:
	var rest := value
	while rest > 127:
		stream.put_u8(rest & 127 | 128)
		rest >>= 7
	stream.put_u8(rest)


# Where the number ends that begins at `at`; -1 where it does not, or is beyond 31 bits.
static func _after(frame: PoolByteArray, at: int) -> int:
	if at < 0:
		return -1
	for index in range(at, int(min(at + 5, frame.size()))):
		if frame[index] < 128:
			return index + 1 if index < at + 4 or frame[index] < 8 else -1
	return -1
