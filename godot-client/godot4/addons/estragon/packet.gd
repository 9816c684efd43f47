class_name EstragonPacket
extends RefCounted
## A packet by its name and data: [code]EstragonPacket.new("Slap")[/code]. The same without a class
## is [code]["Slap"][/code] or [code]["Player", {…}][/code]; [code]estragon packets[/code] writes a typed
## class for each.

## The name its definition has.
var name: String
## By its definition: a dictionary, an array or one value; of a Bundle, an array of packets.
var data: Variant


func _init(its_name: String, its_data: Variant = {}) -> void:
	name = its_name
	data = its_data


## The packet that [param value] is, of either form; [code]null[/code] for what is none.
static func of(value: Variant) -> EstragonPacket:
	if value is EstragonPacket:
		return value
	if value is RefCounted:
		var typed: RefCounted = value
		return EstragonPacket.of(typed.call("to_packet")) if typed.has_method("to_packet") else null
	if typeof(value) != TYPE_ARRAY:
		return null
	var parts: Array = value
	if parts.size() < 1 or parts.size() > 2 or not (parts[0] is String or parts[0] is StringName):
		return null
	return EstragonPacket.new(str(parts[0]), parts[1] if parts.size() > 1 else {})


## This packet, and what its bundles hold, in order.
func flattened() -> Array[EstragonPacket]:
	var all: Array[EstragonPacket] = [self]
	if name == "Bundle" and typeof(data) == TYPE_ARRAY:
		var packets: Array = data
		for one: Variant in packets:
			var packet := EstragonPacket.of(one)
			if packet:
				all.append_array(packet.flattened())
	return all


func _to_string() -> String:
	return "%s %s" % [name, data]
