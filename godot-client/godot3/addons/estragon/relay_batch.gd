# What a peer of a relay puts, in frames: several packets that are the same go as one.
class_name EstragonRelayBatch
extends Reference

# A frame is whole.
signal packed(frame, is_reliable)

const EstragonProtocol := preload("protocol.gd")
const EstragonRelayFrame := preload("relay_frame.gd")

# Which epoch its frames are of.
var epoch: int = 0

# What was put and not packed yet: the same for all these targets.
var _packet := PoolByteArray()
var _kind: int = 0
var _targets: Array = []


# Adds a packet for these peers, of a kind of the relay's; packed at the end of the frame at the latest.
func put(packet: PoolByteArray, targets: Array, kind: int) -> void:
	if kind != _kind or packet != _packet or not _fit(targets):
		flush()
		_kind = kind
		_packet = packet
	if _targets.empty():
		call_deferred("flush")
	_targets += targets


# Packs what was put and waits for more of the same.
func flush() -> void:
	if _targets.empty():
		return
	var is_reliable := _kind & EstragonProtocol.KIND_MASK == EstragonProtocol.RELAY_RELIABLE_KIND
	var frame := EstragonRelayFrame.up(_kind, 0, epoch, _targets, _packet)
	_targets = []
	emit_signal("packed", frame, is_reliable)


# Whether these may be targets beside those before.
func _fit(targets: Array) -> bool:
	for target in targets:
		if _targets.has(target):
			return false
	return _targets.size() + targets.size() <= EstragonProtocol.MAX_TARGETS
