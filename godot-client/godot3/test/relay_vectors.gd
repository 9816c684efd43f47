# What the add-on makes of a vector of the relay's bytes.
extends Reference

const Protocol := preload("res://addons/estragon/protocol.gd")
const RelayFrame := preload("res://addons/estragon/relay_frame.gd")


# What was made, and what should have been; nothing where it is for the server to judge.
static func replay(vector: Dictionary, bytes: PoolByteArray) -> Array:
	if vector.has("problem"):
		return [RelayFrame.is_whole(bytes), false] if vector["reader"] == "client" else []
	var head: Dictionary = vector["head"]
	if vector["reader"] == "client":
		var at := RelayFrame.from_at(bytes)
		var packet := RelayFrame.packet_of(bytes, at)
		var made := [RelayFrame.is_whole(bytes), RelayFrame.from_of(bytes, at), packet.hex_encode()]
		return [made, [true, int(head["from"]), "aabb"]]
	var kind := int(vector["byte"]) | (Protocol.RELAY_IS_ORDERED if head["isOrdered"] else 0)
	var targets := []
	for target in head["targets"]:
		targets.append(int(target))
	var packet := PoolByteArray([0xaa, 0xbb])
	var frame := RelayFrame.up(kind, int(head["channel"]), int(head["epoch"]), targets, packet)
	return [frame.hex_encode(), bytes.hex_encode()]
