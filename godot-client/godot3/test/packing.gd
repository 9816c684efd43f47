# Reads and writes what test/packets-godot.test.ts put into the file that the environment variable
# ESTRAGON_PACKING names, then reads frames that were mutated. Prints TAP.
extends SceneTree

# warning-ignore-all:return_value_discarded
# warning-ignore-all:integer_division

const Codec := preload("res://addons/estragon/codec.gd")
const PacketSet := preload("res://addons/estragon/packet_set.gd")
const Reader := preload("res://addons/estragon/reader.gd")
const Writer := preload("res://addons/estragon/writer.gd")

var _state: int = 0


func _init() -> void:
	var file := File.new()
	file.open(OS.get_environment("ESTRAGON_PACKING"), File.READ)
	var cases: Dictionary = JSON.parse(file.get_as_text()).get_result()
	var packed: Array = cases["packed"]
	var mutants := int(cases["mutants"])
	_state = int(cases["seed"])
	print("TAP version 14")
	var wrong := _replay(packed)
	print("# %s" % wrong.left(400))
	print("%sok 1 - %d values as SchemaPack has them" % ["not " if wrong else "", packed.size()])
	wrong = _mutate(cases["frames"], mutants)
	print("# %s" % wrong.left(400))
	print("%sok 2 - %d mutated frames" % ["" if wrong.begins_with("read") else "not ", mutants])
	print("1..2")
	quit()


# What is wrong with the first that is not as SchemaPack has it.
func _replay(cases: Array) -> String:
	for one in cases:
		var hex: String = one["hex"]
		var codec := Codec.new(one["schema"])
		var reader := Reader.new(_bytes(hex))
		var value = codec.read(reader)
		reader.finish()
		if reader.problem:
			return "%s: %s" % [hex, reader.told("it")]
		var writer := Writer.new()
		codec.write(writer, value)
		if writer.problem or _hex(writer.bytes()) != hex:
			return "%s: %s" % [hex, writer.told("written")]
		if not _alike(value, one["value"]):
			return "%s: read %s, expected %s" % [hex, value, one["value"]]
	return ""


# Reads mutants of the frames; says how many could be read, or what went wrong.
func _mutate(frames: Array, count: int) -> String:
	var counts := [0, 0]
	for one in frames:
		var packets := PacketSet.new("", one["types"])
		var frame := _bytes(one["hex"])
		for _time in count / frames.size():
			var mutant := _mutated(frame)
			var head = packets.open(mutant)
			counts[0 if head else 1] += 1
			if not head or head.is_reply:
				continue
			var packed := packets.pack(head.packet)
			var again = packets.unpack(packed)
			if not again or packets.pack(again) != packed:
				return "wrote %s for %s" % [_hex(packed), _hex(mutant)]
			if packed.size() > mutant.size() and packed.size() > mutant.size() + _slack(packed):
				return "read beyond the end of %s" % _hex(mutant)
	var is_both: bool = counts[0] * 100 > count and counts[1] * 10 > count
	return "%s %d, refused %d" % ["read" if is_both else "only", counts[0], counts[1]]


# A U+0000 is read as U+FFFD, which is two bytes longer, and whose text may need a longer length.
func _slack(bytes: PoolByteArray) -> int:
	for index in bytes.size() - 2:
		if bytes[index] == 0xEF and bytes[index + 1] == 0xBF and bytes[index + 2] == 0xBD:
			return bytes.size()
	return 0


func _mutated(frame: PoolByteArray) -> PoolByteArray:
	var copy := frame
	var at := _below(copy.size())
	match _below(6):
		0:
			copy.resize(at)
		1:
			copy.append(_below(256))
		2:
			copy.remove(at)
		3:
			for byte in [7, 255, 255, 255, 255]:
				copy.insert(at, byte)
		_:
			for _time in _below(3) + 1:
				copy.set(_below(copy.size()), _below(256))
	return copy


# Numbers of one seed, the same in every engine.
func _below(limit: int) -> int:
	_state = (_state * 1103515245 + 12345) & 0x7FFFFFFF
	return (_state >> 8) % limit


# As JSON has it, where bytes are base64 and a null stands for anything.
func _alike(value, json) -> bool:
	if json == null:
		return true
	match typeof(value):
		TYPE_RAW_ARRAY:
			return json == (Marshalls.raw_to_base64(value) if value.size() > 0 else "")
		TYPE_ARRAY:
			for index in value.size():
				if not _alike(value[index], json[index]):
					return false
			return value.size() == json.size()
		TYPE_DICTIONARY:
			for name in value:
				if not _alike(value[name], json[name]):
					return false
			return value.size() == json.size()
		TYPE_REAL:
			return abs(value - json) <= abs(json) * 1e-12
	return value == json


static func _bytes(hex: String) -> PoolByteArray:
	var bytes := PoolByteArray()
	for index in range(0, hex.length(), 2):
		bytes.append(("0x" + hex.substr(index, 2)).hex_to_int())
	return bytes


static func _hex(bytes: PoolByteArray) -> String:
	var parts := PoolStringArray()
	for byte in bytes:
		parts.append("%02x" % byte)
	return parts.join("")
