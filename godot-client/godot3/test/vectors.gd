# Replays protocol/vectors.json, whose path is in the environment variable ESTRAGON_VECTORS, and
# prints TAP.
extends SceneTree

const Codec := preload("res://addons/estragon/codec.gd")
const Doing := preload("res://test/doing.gd")
const Lag := preload("res://addons/estragon/lag.gd")
const Ledger := preload("res://addons/estragon/ledger.gd")
const Luck := preload("res://addons/estragon/luck.gd")
const Message := preload("res://addons/estragon/message.gd")
const Moving := preload("res://test/moving.gd")
const PacketSet := preload("res://addons/estragon/packet_set.gd")
const Protocol := preload("res://addons/estragon/protocol.gd")
const Predicting := preload("res://test/predicting.gd")
const Reader := preload("res://addons/estragon/reader.gd")
const RelayVectors := preload("res://test/relay_vectors.gd")
const Schema := preload("res://addons/estragon/schema.gd")
const Pacer := preload("res://addons/estragon/pacer.gd")
const States := preload("res://test/states.gd")
const Tables := preload("res://test/tables.gd")
const Text := preload("res://addons/estragon/text.gd")
const Writer := preload("res://addons/estragon/writer.gd")

const _SKIP_NUL := "# SKIP Godot 3.2 ends a text at U+0000"

var _count: int = 0
var _failed: int = 0


func _init() -> void:
	print("TAP version 14")
	var vectors := _load(OS.get_environment("ESTRAGON_VECTORS"))
	_ok(vectors.get("fingerprint") == Protocol.FINGERPRINT, "the tables are those of the vectors")
	var schemas := {}
	for vector in vectors.get("kinds", []):
		if vector.has("schema"):
			schemas[vector["name"]] = vector["schema"]
		else:
			_check("kinds: %s" % vector["name"], schemas[vector["name"]], vector["name"], vector)
	for vector in vectors.get("messages", []):
		var type: String = vector["type"]
		var schema: Dictionary = Protocol.MESSAGES[type][vector["part"]]
		_check("messages: %s %s" % [type, vector["part"]], schema, type, vector)
	for vector in vectors.get("envelopes", []):
		_skip("envelopes: %s" % JSON.print(vector).left(60), "# SKIP only a server reads these")
	for vector in vectors.get("counted", []):
		var frame = _value(vector, "frame")
		_is(Message.is_counted(frame), vector["counted"], "counted: %s" % Text.of(frame))
	for vector in vectors.get("texts", []):
		_text(vector)
	_texts_of_godot()
	for vector in vectors.get("ledgers", []):
		_ledger(vector)
	_packing(vectors.get("packing", []))
	_frames(vectors.get("frames", []))
	for vector in vectors.get("relay", []):
		_relay(vector, "relay: " + vector["hex"])
	_states(vectors.get("state", []))
	for vector in vectors.get("lags", []):
		_lag(vector)
	for vector in vectors.get("pacing", []):
		_pacing(vector)
	_moving(vectors)
	print("1..%d" % _count)
	quit(1 if _failed or _count < 2 else 0)


func _relay(vector: Dictionary, title: String) -> void:
	if vector.get("head", {}).has("heads"):
		_skip(title, "# SKIP no packet of Godot 3 has bytes of its own for each target")
		return
	var made: Array = RelayVectors.replay(vector, _bytes(vector["hex"]))
	if made:
		_is(made[0], made[1], title)


# Frames of state, and what test/vectors.test.ts puts into the file that ESTRAGON_STATES names.
func _states(all: Array) -> void:
	var states := States.new()
	_ok(all.size() > 20, "state: %d vectors" % all.size())
	_is(states.replay(all), [], "state: every vector")
	var told := _load(OS.get_environment("ESTRAGON_STATES"))
	var walks: Array = told["walks"]
	_is(states.walk(walks), [], "state: the tables of %d walks" % walks.size())
	var mutants: float = told["mutants"]
	var counts := states.mutate(walks, int(mutants), int(told["seed"]))
	_is(states.taken(), [], "state: no mutant has more rows than there may be")
	_ok(counts[0] * 100 > mutants and counts[1] * 10 > mutants, "state: mutants read, refused: %s" % [counts])


# When a message may go is the same everywhere.
func _pacing(vector: Dictionary) -> void:
	var pacer := Pacer.new(vector["rates"])
	var wrong := []
	for step in vector["steps"]:
		var at: float = pacer.next(step[1], step[0])
		var goes: bool = at - step[0] <= Protocol.MOST_WAIT_MS
		if goes:
			pacer.take(step[1], at)
		if goes != (step[2] != null) or goes and abs(at - step[2]) > 0.000001:
			wrong.append([step[0], at])
	_is(wrong, [], "pacing: %s" % vector["name"])


# What moves is shown the same everywhere.
func _moving(vectors: Dictionary) -> void:
	for vector in vectors.get("playback", []):
		_is(Moving.playback(vector), [], "playback: %s" % vector["name"])
	for vector in vectors.get("smoothing", []):
		_is(Moving.smoothing(vector), [], "smoothing: %s" % vector["name"])
	for vector in vectors.get("prediction", []):
		_is(Predicting.new().replay(vector), [], "prediction: %s" % vector["name"])
	for vector in vectors.get("ticks", []):
		_is(Predicting.new().ticks(vector), [], "ticks: those that are due")
	for line in _load(OS.get_environment("ESTRAGON_LINES")).get("lines", []):
		_is(Moving.line(line), [], "lines: %s is drawn as in a browser" % line["name"])
	var course := _load(OS.get_environment("ESTRAGON_COURSE"))
	_is(Tables.new().course(course), [], "course: tables are as their server has them, tick for tick")
	_is(Tables.new().writing(course), [], "course: our own rows are as we write them")
	_is(Doing.new().run(), [], "inputs: one a tick, sent once, and again after a drop")


# What befalls a connection whose lag has this seed.
func _lag(vector: Dictionary) -> void:
	var options := {}
	for name in ["delay", "jitter", "cut", "stall", "seed"]:
		options[name] = vector[name]
	_is(Lag.problem(options), "", "lags: %s are options" % JSON.print(options))
	var luck := Luck.new(Lag.new(options, 0.0), int(vector["connection"]))
	for what in ["up", "down", "second"]:
		var expected: Array = vector["seconds" if what == "second" else what]
		var got := []
		for _one in expected:
			got.append(luck.call(what))
		var name := "lags: seed %d, connection %d" % [vector["seed"], vector["connection"]]
		_is(JSON.print(got), JSON.print(expected), "%s: %s" % [name, what])


func _load(path: String) -> Dictionary:
	var file := File.new()
	var vectors: Dictionary = {}
	if file.open(path, File.READ) == OK:
		vectors = JSON.parse(file.get_as_text()).get_result()
	return vectors


# A vector's value; its source where JSON cannot say it as others write it.
func _value(vector: Dictionary, key: String):
	return JSON.parse(vector["source"]).get_result() if vector.has("source") else vector.get(key)


func _check(title: String, schema: Dictionary, place: String, vector: Dictionary) -> void:
	var value = _value(vector, "value")
	var expected: String = vector["problem"] if vector["problem"] else ""
	var found := Schema.problem(schema, value, place, vector.get("exact", true))
	_is(found, expected, "%s %s" % [title, Text.of(value).left(60)])
	if not found:
		var shown := Text.of(value)
		_is(Text.of(Schema.revive(schema, value)), shown, "%s comes back equal" % title)


func _text(vector: Dictionary) -> void:
	var source: String = vector["source"]
	var title := "texts: %s" % source
	if source.find("\\u0000") >= 0 and JSON.parse('"\\u0000"').result == "":
		_skip(title, _SKIP_NUL)
		return
	_written(JSON.parse(source).get_result(), vector["text"], title)


func _ledger(vector: Dictionary) -> void:
	var ledger := Ledger.new(int(vector["bytes"]), int(vector["frames"]))
	var pushed := 0
	for step in vector["steps"]:
		var title: String = "ledgers: %s: %s" % [vector["name"], Text.of(step)]
		var number := int(step[1])
		match step[0]:
			"push":
				pushed += 1
				ledger.push(str(pushed), number)
				_is(_state(ledger), step.slice(2, 4), title)
			"acknowledge":
				ledger.acknowledge(number)
				_is(_state(ledger), step.slice(2, 4), title)
			"reset":
				ledger.reset()
				pushed = 0
				_is(_state(ledger), step.slice(2, 4), title)
			"after":
				var names := []
				for frame in ledger.after(number):
					names.append(int(frame))
				_is(names, step[2], title)
			"covers":
				_is(ledger.covers(number), step[2], title)
			"is_full":
				_is(ledger.is_full(number), step[2], title)
			_:
				_ok(false, "%s: no such step" % title)


func _packing(vectors: Array) -> void:
	var schemas := {}
	for vector in vectors:
		var name: String = vector["name"]
		if vector.has("schema"):
			schemas[name] = vector["schema"]
			continue
		var schema: Dictionary = schemas[name]
		var hex: String = vector.get("hex", "")
		var problem = vector.get("problem")
		var title := "packing: %s %s %s" % [name, hex.left(40), problem]
		if vector.has("value"):
			var writer := Writer.new()
			Codec.new(schema).write(writer, _bytes_of(schema, vector["value"]))
			var written := writer.told("it") if writer.problem else _hex(writer.bytes())
			_is(written, problem if problem else hex, title + ", written")
		if vector.has("hex"):
			var reader := Reader.new(_bytes(hex))
			var value = Codec.new(schema).read(reader)
			reader.finish()
			if reader.problem:
				_is(reader.told("it"), problem, title + ", read")
			else:
				_alike(_base64_of(value), vector.get("value"), title + ", read")


func _frames(vectors: Array) -> void:
	var types: Array = vectors[0]["packets"]
	for type in types:
		type["is_bundle"] = type["isBundle"]
	var packets := PacketSet.new("", types)
	for index in range(1, vectors.size()):
		var vector: Dictionary = vectors[index]
		var hex: String = vector["hex"]
		var head: Dictionary = vector.get("head", {})
		var number := int(head.get("id", -1))
		var title := "frames: %s" % hex
		if vector.has("value"):
			_is(_hex(packets.answer(number, vector["value"])), hex, title + ", written")
		elif vector["reader"] == "server":
			var to: Array = head.get("to", [])
			var frame := packets.frame(number, head.get("room", ""), to, vector["packet"])
			_is(_hex(frame), hex, title + ", written")
			continue
		var opened = packets.open(_bytes(hex))
		if not opened:
			_is(packets.error.message, vector.get("problem"), title + ", refused")
			continue
		_is([opened.id, opened.room, opened.from], [
			number, head.get("room", ""), head.get("from", 0)
		], title + ", its head")
		if opened.is_reply:
			_alike(opened.value, vector["value"], title + ", read")
		else:
			var packet = opened.packet
			_alike([packet.name, packets.to_json(packet)], vector["packet"], title + ", read")


# Values whose bytes are base64, as the codec takes them; there are such in one schema only.
func _bytes_of(schema: Dictionary, value):
	if schema["kind"] != "buffer":
		return value
	return Marshalls.base64_to_raw(value) if value else PoolByteArray()


func _base64_of(value):
	if typeof(value) != TYPE_RAW_ARRAY:
		return value
	return Marshalls.raw_to_base64(value) if value.size() > 0 else ""


static func _bytes(hex: String) -> PoolByteArray:
	var bytes := PoolByteArray()
	for index in range(0, hex.length(), 2):
		bytes.append(("0x" + hex.substr(index, 2)).hex_to_int())
	return bytes


static func _hex(bytes: PoolByteArray) -> String:
	var text := ""
	for byte in bytes:
		text += "%02x" % byte
	return text


func _state(ledger: Ledger) -> Array:
	return [ledger.sent, ledger.forgotten, ledger.held]


# What no vector tries: values that JSON cannot say, or that the engine's own writer gets wrong.
func _texts_of_godot() -> void:
	_written(char(1) + char(11) + char(31), '"\\u0001\\u000b\\u001f"', "texts: control characters")
	_written("\\" + "v" + char(11), '"\\\\v\\u000b"', "texts: a backslash before a v")
	_written([NAN, INF, -INF, Vector2.ZERO, null], "[null,null,null,null,null]", "texts: no JSON")
	_written([0.1, -2.5, 3.0, 1.0e-7], "[0.1,-2.5,3,1e-7]", "texts: numbers")
	_written(1.0 / 3.0, "0.3333333333333333", "texts: sixteen digits")


func _written(value, text: String, title: String) -> void:
	_ok(Text.of(value) == text, title)
	if Text.of(value) != text:
		print("  ---\n  found: %s\n  wanted: %s\n  ..." % [Text.of(value), text])


# Compares as JSON, in which 3 and 3.0 are one number.
func _is(found, expected, title: String) -> void:
	_ok(Text.of(found) == Text.of(expected), title)
	if Text.of(found) != Text.of(expected):
		print("  ---\n  found: %s\n  wanted: %s\n  ..." % [Text.of(found), Text.of(expected)])


# The same whatever order the fields have.
func _alike(found, expected, title: String) -> void:
	_is(_ordered(found), _ordered(expected), title)


func _ordered(value):
	match typeof(value):
		TYPE_ARRAY:
			var items := []
			for item in value:
				items.append(_ordered(item))
			return items
		TYPE_DICTIONARY:
			var names: Array = value.keys()
			names.sort()
			var fields := {}
			for name in names:
				fields[name] = _ordered(value[name])
			return fields
		TYPE_REAL:
			# JSON in Godot may be off by the last bit.
			return "%.14f" % (value / 1e38) if abs(value) > 1e38 else value
	return value


func _ok(is_so: bool, title: String) -> void:
	_count += 1
	if not is_so:
		_failed += 1
	print("%sok %d - %s" % ["" if is_so else "not ", _count, title.replace("#", "\\#")])


func _skip(title: String, directive: String) -> void:
	_count += 1
	print("ok %d - %s %s" % [_count, title.replace("#", "\\#"), directive])
