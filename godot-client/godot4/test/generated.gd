extends SceneTree
## Loads what estragon packets wrote to the file that the environment variable ESTRAGON_GENERATED
## names, packs a Player of its own class and prints the bytes.


func _init() -> void:
	var script: GDScript = load(OS.get_environment("ESTRAGON_GENERATED"))
	var packets: EstragonPacketSet = script.new()
	var classes := script.get_script_constant_map()
	var its_class: GDScript = classes["PlayerPacket"]
	var player: RefCounted = its_class.new({"health": 4_000, "position": [-540, 343, 1_201]})
	player.set("attributes", {"str": 87, "agi": 42, "int": 22})
	player.set("icon", PackedByteArray([0, 1, 255]))
	var bytes := packets.pack(player)
	var again: RefCounted = its_class.new(packets.unpack(bytes).data)
	print("packets %s %s" % [packets.schema_hash, bytes.hex_encode()])
	print("read %s %s" % [again.get("health"), again.get("position")])
	print("classes %s" % [classes.keys().filter(_is_class)])
	var tables: GDScript = load(OS.get_environment("ESTRAGON_STATE"))
	_read_row(tables)
	quit()


## What estragon state wrote, with a row of these names.
func _read_row(script: GDScript) -> void:
	var classes := script.get_script_constant_map()
	var its_class: GDScript = classes["PlayersRow"]
	var row := FakeRow.new()
	var player: RefCounted = its_class.new(row)
	player.set("class_", "mage")
	player.set("at", Vector2(1.5, 2))
	var tables: Array = classes["TABLES"]
	var schema := EstragonStateSchema.new(str(classes["HASH"]), tables)
	print("columns %d, %d" % [schema.tables[0].columns.size(), schema.tables[1].columns.size()])
	print("state %s %s" % [classes["HASH"], row.fields])
	print("row %s %s %s" % [player.get("owner"), player.get("class_"), player.get("hp")])
	print("others: %s" % script.call("problem", "0"))


func _is_class(name: String) -> bool:
	return name.ends_with("Packet")


class FakeRow:
	extends RefCounted

	var fields: Dictionary = {"owner": 3, "hp": 80}

	func _get(property: StringName) -> Variant:
		return fields.get(str(property))

	func _set(property: StringName, value: Variant) -> bool:
		fields[str(property)] = value
		return true
