# Loads what estragon packets wrote to the file that the environment variable ESTRAGON_GENERATED
# names, packs a Player of its own class and prints the bytes.
extends SceneTree

# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const StateSchema := preload("res://addons/estragon/state_schema.gd")


func _init() -> void:
	var script: GDScript = load(OS.get_environment("ESTRAGON_GENERATED"))
	var packets = script.new()
	var classes := script.get_script_constant_map()
	var player = classes["PlayerPacket"].new({"health": 4000, "position": [-540, 343, 1201]})
	player.attributes = {"str": 87, "agi": 42, "int": 22}
	player.icon = PoolByteArray([0, 1, 255])
	var bytes: PoolByteArray = packets.pack(player)
	var again = classes["PlayerPacket"].new(packets.unpack(bytes).data)
	var hex := ""
	for byte in bytes:
		hex += "%02x" % byte
	print("packets %s %s" % [packets.schema_hash, hex])
	print("read %s %s" % [again.health, again.position])
	var names := []
	for name in classes:
		if name.ends_with("Packet") and not name.begins_with("Estragon"):
			names.append(name)
	print("classes %s" % [names])
	_read_row(load(OS.get_environment("ESTRAGON_STATE")))
	quit()


# What estragon state wrote, with a row of these names.
func _read_row(script: GDScript) -> void:
	var classes := script.get_script_constant_map()
	var row := FakeRow.new()
	var player = classes["PlayersRow"].new(row)
	player.class_ = "mage"
	player.at = Vector2(1.5, 2)
	var schema = StateSchema.new(classes["HASH"], classes["TABLES"])
	print("columns %d, %d" % [schema.tables[0].columns.size(), schema.tables[1].columns.size()])
	print("state %s %s" % [classes["HASH"], row.fields])
	print("row %s %s %s" % [player.owner, player.class_, player.hp])
	print("others: %s" % script.call("problem", "0"))


class FakeRow:
	extends Reference

	var fields := {"owner": 3, "hp": 80}

	func _get(property: String):
		return fields.get(property)

	func _set(property: String, value) -> bool:
		fields[property] = value
		return true
