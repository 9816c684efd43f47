extends SceneTree
## Reads and writes what test/packets-godot.test.ts put into the file that the environment variable
## ESTRAGON_PACKING names, then reads frames that were mutated. Prints TAP.

var _state: int = 0


func _init() -> void:
	var text := FileAccess.get_file_as_string(OS.get_environment("ESTRAGON_PACKING"))
	var cases: Dictionary = JSON.parse_string(text)
	var packed: Array = cases["packed"]
	var frames: Array = cases["frames"]
	var seed_number: float = cases["seed"]
	var mutants: float = cases["mutants"]
	_state = int(seed_number)
	print("TAP version 14")
	var wrong := _replay(packed)
	print("# %s" % wrong.left(400))
	print("%sok 1 - %d values as SchemaPack has them" % ["not " if wrong else "", packed.size()])
	wrong = _mutate(frames, int(mutants))
	print("# %s" % wrong.left(400))
	print("%sok 2 - %d mutated frames" % ["" if wrong.begins_with("read") else "not ", int(mutants)])
	print("1..2")
	quit()


## What is wrong with the first that is not as SchemaPack has it.
func _replay(cases: Array) -> String:
	for one: Dictionary in cases:
		var schema: Dictionary = one["schema"]
		var hex: String = one["hex"]
		var codec := EstragonCodec.new(schema)
		var reader := EstragonReader.new(hex.hex_decode())
		var value: Variant = codec.read(reader)
		reader.finish()
		if reader.problem:
			return "%s: %s" % [hex, reader.told("it")]
		var writer := EstragonWriter.new()
		codec.write(writer, value)
		if writer.problem or writer.bytes().hex_encode() != hex:
			return "%s: %s" % [hex, writer.told("written")]
		if not _alike(value, one["value"]):
			return "%s: read %s, expected %s" % [hex, value, one["value"]]
	return ""


## Reads mutants of the frames; says how many could be read, or what went wrong.
func _mutate(frames: Array, count: int) -> String:
	var counts: Array[int] = [0, 0]
	for one: Dictionary in frames:
		var types: Array = one["types"]
		var hex: String = one["hex"]
		var packets := EstragonPacketSet.new("", types)
		var frame := hex.hex_decode()
		for _time: int in floori(float(count) / frames.size()):
			var mutant := _mutated(frame)
			var head := packets.open(mutant)
			counts[0 if head else 1] += 1
			if not head or head.is_reply:
				continue
			var packed := packets.pack(head.packet)
			var again := packets.unpack(packed)
			if not again or packets.pack(again) != packed:
				return "wrote %s for %s" % [packed.hex_encode(), mutant.hex_encode()]
			if packed.size() > mutant.size() + _slack(packed):
				return "read beyond the end of %s" % mutant.hex_encode()
	var is_both := counts[0] * 100 > count and counts[1] * 10 > count
	return "%s %d, refused %d" % ["read" if is_both else "only", counts[0], counts[1]]


## A U+0000 is read as U+FFFD, which is two bytes longer, and whose text may need a longer length.
func _slack(bytes: PackedByteArray) -> int:
	return bytes.size() if bytes.hex_encode().contains("efbfbd") else 0


func _mutated(frame: PackedByteArray) -> PackedByteArray:
	var copy := frame.duplicate()
	var at := _below(copy.size())
	match _below(6):
		0:
			return copy.slice(0, at)
		1:
			copy.append(_below(256))
		2:
			copy.remove_at(at)
		3:
			return copy.slice(0, at) + PackedByteArray([255, 255, 255, 255, 7]) + copy.slice(at)
		_:
			for _time: int in _below(3) + 1:
				copy[_below(copy.size())] = _below(256)
	return copy


## Numbers of one seed, the same in every engine.
func _below(limit: int) -> int:
	_state = (_state * 1103515245 + 12345) & 0x7FFFFFFF
	return (_state >> 8) % limit


## As JSON has it, where bytes are base64 and a null stands for anything.
func _alike(value: Variant, json: Variant) -> bool:
	if json == null:
		return true
	match typeof(value):
		TYPE_PACKED_BYTE_ARRAY:
			var bytes: PackedByteArray = value
			return json == (Marshalls.raw_to_base64(bytes) if bytes else "")
		TYPE_ARRAY:
			var items: Array = value
			var others: Array = json
			for index: int in items.size():
				if not _alike(items[index], others[index]):
					return false
			return items.size() == others.size()
		TYPE_DICTIONARY:
			var fields: Dictionary = value
			var others: Dictionary = json
			for name: String in fields:
				if not _alike(fields[name], others[name]):
					return false
			return fields.size() == others.size()
		TYPE_FLOAT:
			var number: float = value
			var other: float = json
			return absf(number - other) <= absf(other) * 1e-12
	return value == json
