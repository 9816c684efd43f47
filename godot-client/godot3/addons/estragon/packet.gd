# A packet by its name and data: `EstragonPacket.new("Slap")`. The same without a class
# is `["Slap"]` or `["Player", {…}]`; `estragon packets` writes a typed class for each.
class_name EstragonPacket
extends Reference

# The name its definition has.
var name: String
# By its definition: a dictionary, an array or one value; of a Bundle, an array of packets.
var data


func _init(its_name: String, its_data = {}) -> void:
	name = its_name
	data = its_data


func _to_string() -> String:
	return "%s %s" % [name, data]
