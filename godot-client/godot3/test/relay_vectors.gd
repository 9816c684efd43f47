# What the add-on makes of a vector of the relay's bytes.
extends Reference

const Protocol := preload("res://addons/estragon/protocol.gd")
const RelayFrame := preload("res://addons/estragon/relay_frame.gd")


# What was made, and what should have been; nothing where the vector has a problem, which is for the
# server to judge: nothing is read beyond the end.
static func replay(vector: Dictionary, bytes: PoolByteArray) -> Array:
	if vector.has("problem"):
		# warning-ignore:return_value_discarded
		RelayFrame.from_at(bytes)
		return []
	var head: Dictionary = vector["head"]
	if vector["reader"] == "client":
		var at := RelayFrame.from_at(bytes)
		var packet := RelayFrame.packet_of(bytes, at)
		return [[RelayFrame.from_of(bytes, at), packet.hex_encode()], [int(head["from"]), "aabb"]]
	var kind := int(vector["byte"]) | (Protocol.RELAY_IS_ORDERED if head["isOrdered"] else 0)
	var targets := []
	for target in head["targets"]:
		targets.append(int(target))
	var packet := PoolByteArray([0xaa, 0xbb])
	var frame := RelayFrame.up(kind, int(head["channel"]), int(head["epoch"]), targets, packet)
	return [frame.hex_encode(), bytes.hex_encode()]
