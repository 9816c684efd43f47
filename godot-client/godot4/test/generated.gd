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
	quit()


func _is_class(name: String) -> bool:
	return name.ends_with("Packet")
