extends SceneTree
## Replays protocol/vectors.json, whose path is in the environment variable ESTRAGON_VECTORS, and
## prints TAP.

const Doing := preload("res://test/doing.gd")
const Moving := preload("res://test/moving.gd")
const Predicting := preload("res://test/predicting.gd")
const Tables := preload("res://test/tables.gd")
const _SKIP_SURROGATE := "# SKIP Godot 4 does not read half a surrogate pair"
const _SKIP_SERVER := "# SKIP only a server reads these"

const States := preload("res://test/states.gd")

var _count: int = 0
var _failed: int = 0


func _init() -> void:
	print("TAP version 14")
	var vectors := _load(OS.get_environment("ESTRAGON_VECTORS"))
	var fingerprint: Variant = vectors.get("fingerprint")
	_is(fingerprint, EstragonProtocol.FINGERPRINT, "the tables are those of the vectors")
	var schemas := {}
	for vector: Dictionary in _section(vectors, "kinds"):
		var name: String = vector["name"]
		if vector.has("schema"):
			schemas[name] = vector["schema"]
		else:
			var schema: Dictionary = schemas[name]
			_check("kinds: %s" % name, schema, name, vector)
	for vector: Dictionary in _section(vectors, "messages"):
		var type: String = vector["type"]
		var line: Dictionary = EstragonProtocol.MESSAGES[type]
		var schema: Dictionary = line[vector["part"]]
		_check("messages: %s %s" % [type, vector["part"]], schema, type, vector)
	for vector: Dictionary in _section(vectors, "envelopes"):
		_skip("envelopes: %s" % JSON.stringify(vector).left(60), _SKIP_SERVER)
	for vector: Dictionary in _section(vectors, "counted"):
		var frame: Variant = _value(vector, "frame")
		var title := "counted: %s" % EstragonMessage.to_text(frame)
		_is(EstragonMessage.is_counted(frame), vector["counted"], title)
	for vector: Dictionary in _section(vectors, "texts"):
		_text(vector)
	_texts_of_godot()
	for vector: Dictionary in _section(vectors, "ledgers"):
		_ledger(vector)
	_packing(vectors)
	_frames(vectors)
	_relay(vectors)
	_batch(vectors)
	_states(vectors)
	_lags(vectors)
	_pacing(vectors)
	_moving(vectors)
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count < 2 else 0)


func _load(path: String) -> Dictionary:
	var vectors: Variant = JSON.parse_string(FileAccess.get_file_as_string(path))
	return vectors if typeof(vectors) == TYPE_DICTIONARY else {}


func _section(vectors: Dictionary, name: String) -> Array:
	return vectors.get(name, [])


## A vector's value; its source where JSON cannot say it as others write it.
func _value(vector: Dictionary, key: String) -> Variant:
	if not vector.has("source"):
		return vector.get(key)
	var source: String = vector["source"]
	var json := JSON.new()
	return json.data if json.parse(source) == OK else null


func _check(title: String, schema: Dictionary, place: String, vector: Dictionary) -> void:
	var value: Variant = _value(vector, "value")
	var shown := EstragonMessage.to_text(value)
	var expected: String = vector["problem"] if vector["problem"] else ""
	var exact: bool = vector.get("exact", true)
	var found := EstragonSchema.problem(schema, value, place, exact)
	_is(found, expected, "%s %s" % [title, shown.left(60)])
	if not found:
		var revived: Variant = EstragonSchema.revive(schema, value)
		_ok(_equal(revived, _value(vector, "value")), "%s comes back equal" % title)


func _text(vector: Dictionary) -> void:
	var source: String = vector["source"]
	var title := "texts: %s" % source
	var json := JSON.new()
	if json.parse(source) != OK:
		_skip(title, _SKIP_SURROGATE)
	else:
		_is(EstragonMessage.to_text(json.data), vector["text"], title)


## What no vector tries: values that the engine's own writer gets wrong.
func _texts_of_godot() -> void:
	var controls := String.chr(1) + String.chr(11) + String.chr(31)
	_is(EstragonMessage.to_text(controls), '"\\u0001\\u000b\\u001f"', "texts: control characters")
	var backslash := "\\" + "v" + String.chr(11)
	_is(EstragonMessage.to_text(backslash), '"\\\\v\\u000b"', "texts: a backslash before a v")
	_is(EstragonMessage.to_text(0.1 + 0.2), "0.30000000000000004", "texts: seventeen digits")


func _packing(vectors: Dictionary) -> void:
	var schemas := {}
	for vector: Dictionary in _section(vectors, "packing"):
		var name: String = vector["name"]
		if vector.has("schema"):
			schemas[name] = vector["schema"]
			continue
		var schema: Dictionary = schemas[name]
		var hex: String = vector.get("hex", "")
		var problem: Variant = vector.get("problem")
		var title := "packing: %s %s %s" % [name, hex.left(40), problem]
		if vector.has("value"):
			var writer := EstragonWriter.new()
			EstragonCodec.new(schema).write(writer, _bytes_of(schema, vector["value"]))
			var written := writer.told("it") if writer.problem else writer.bytes().hex_encode()
			_is(written, problem if problem else hex, title + ", written")
		if vector.has("hex"):
			var reader := EstragonReader.new(hex.hex_decode())
			var value: Variant = EstragonCodec.new(schema).read(reader)
			reader.finish()
			if reader.problem:
				_is(reader.told("it"), problem, title + ", read")
			else:
				_is(_base64_of(value), vector.get("value"), title + ", read")


func _frames(vectors: Dictionary) -> void:
	var frames := _section(vectors, "frames")
	var first: Dictionary = frames[0]
	var types: Array = first["packets"]
	for type: Dictionary in types:
		type["is_bundle"] = type["isBundle"]
	var packets := EstragonPacketSet.new("", types)
	for vector: Dictionary in frames.slice(1):
		var hex: String = vector["hex"]
		var head: Dictionary = vector.get("head", {})
		var number: float = head.get("id", -1)
		var title := "frames: %s" % hex
		if vector.has("value"):
			_is(packets.answer(int(number), vector["value"]).hex_encode(), hex, title + ", written")
		elif vector["reader"] == "server":
			var room: String = head.get("room", "")
			var to: Array = head.get("to", [])
			var frame := packets.frame(int(number), room, to, vector["packet"])
			_is(frame.hex_encode(), hex, title + ", written")
			continue
		var opened := packets.open(hex.hex_decode())
		if not opened:
			_is(packets.error.message, vector.get("problem"), title + ", refused")
			continue
		_is([opened.id, opened.room, opened.from], [
			number, head.get("room", ""), head.get("from", 0)
		], title + ", its head")
		if opened.is_reply:
			_is(opened.value, vector["value"], title + ", read")
		else:
			var packet := opened.packet
			_is([packet.name, packets.to_json(packet)], vector["packet"], title + ", read")


func _relay(vectors: Dictionary) -> void:
	for vector: Dictionary in _section(vectors, "relay"):
		var hex: String = vector["hex"]
		var title := "relay: %s" % hex
		var bytes := hex.hex_decode()
		if vector.has("problem"):
			if vector["reader"] == "client":
				_is(EstragonRelayFrame.is_whole(bytes), false, title)
			continue
		var head: Dictionary = vector["head"]
		var channel: float = head["channel"]
		var epoch: float = head["epoch"]
		var kind: float = vector["byte"]
		var ordered: int = EstragonProtocol.RELAY_IS_ORDERED if head["isOrdered"] else 0
		if vector["reader"] == "client":
			_is(EstragonRelayFrame.is_whole(bytes), true, title)
			var at := EstragonRelayFrame.from_at(bytes)
			var from: float = head["from"]
			_is([bytes.decode_s32(at), bytes.slice(at + 4).hex_encode()], [int(from), "aabb"], title)
			_is(EstragonRelayFrame.channel_of(bytes), int(channel), title + ", its channel")
			continue
		var targets := PackedInt32Array()
		for target: float in head["targets"]:
			targets.append(int(target))
		var heads: String = head.get("heads", "")
		var frame := EstragonRelayFrame.up(
			int(kind) | ordered, int(channel), int(epoch), targets, "aabb".hex_decode(), heads.hex_decode()
		)
		_is(frame.hex_encode(), hex, title + ", written")


func _batch(vectors: Dictionary) -> void:
	for vector: Dictionary in _section(vectors, "batch"):
		if vector.has("problem"):
			continue
		var frames: Array[PackedByteArray] = []
		for part: String in vector["parts"]:
			frames.append(part.hex_decode())
		_is(EstragonBatch.of(frames).hex_encode(), vector["hex"], "batch: %d frames" % frames.size())


## Frames of state, and what test/vectors.test.ts puts into the file that ESTRAGON_STATES names.
func _states(vectors: Dictionary) -> void:
	var all := _section(vectors, "state")
	var states := States.new()
	_ok(all.size() > 20, "state: %d vectors" % all.size())
	_is(Array(states.replay(all)), [], "state: every vector")
	var told := _load(OS.get_environment("ESTRAGON_STATES"))
	var walks := _section(told, "walks")
	_is(Array(states.walk(walks)), [], "state: the tables of %d walks" % walks.size())
	var mutants: float = told["mutants"]
	var its_seed: float = told["seed"]
	var counts := states.mutate(walks, int(mutants), int(its_seed))
	_is(Array(states.taken()), [], "state: no mutant has more rows than there may be")
	_ok(counts[0] * 100 > mutants and counts[1] * 10 > mutants, "state: mutants read, refused: %s" % [counts])


## Values whose bytes are base64, as the codec takes them; there are such in one schema only.
func _bytes_of(schema: Dictionary, value: Variant) -> Variant:
	if schema["kind"] == "buffer" and value:
		return Marshalls.base64_to_raw(str(value))
	return PackedByteArray() if schema["kind"] == "buffer" else value


func _base64_of(value: Variant) -> Variant:
	if typeof(value) != TYPE_PACKED_BYTE_ARRAY:
		return value
	var bytes: PackedByteArray = value
	return Marshalls.raw_to_base64(bytes) if bytes else ""


func _ledger(vector: Dictionary) -> void:
	var bytes: float = vector["bytes"]
	var frames: float = vector["frames"]
	var ledger := EstragonLedger.new(int(bytes), int(frames))
	var pushed := 0
	var steps: Array = vector["steps"]
	for step: Array in steps:
		var title := "ledgers: %s: %s" % [vector["name"], EstragonMessage.to_text(step)]
		var its_number: float = step[1]
		var number := int(its_number)
		match step[0]:
			"push":
				pushed += 1
				ledger.push(str(pushed), number)
				_is(_state(ledger), step.slice(2), title)
			"acknowledge":
				ledger.acknowledge(number)
				_is(_state(ledger), step.slice(2), title)
			"reset":
				ledger.reset()
				pushed = 0
				_is(_state(ledger), step.slice(2), title)
			"after":
				var names: Array = []
				for frame: String in ledger.after(number):
					names.append(frame.to_int())
				_is(names, step[2], title)
			"covers":
				_is(ledger.covers(number), step[2], title)
			"is_full":
				_is(ledger.is_full(number), step[2], title)
			_:
				_is("no such step", step[0], title)


func _state(ledger: EstragonLedger) -> Array:
	return [ledger.sent, ledger.forgotten, ledger.held]


## The chance of a lag is the same everywhere.
func _lags(vectors: Dictionary) -> void:
	for vector: Dictionary in _section(vectors, "lags"):
		var its_connection: float = vector["connection"]
		var connection := int(its_connection)
		var luck := EstragonLuck.new(EstragonLag.from(vector, EstragonWorld.new()), connection)
		var title := "lags: %s of seed %s, connection %d" % ["%s", vector["seed"], connection]
		for line: String in ["up", "down", "seconds"]:
			var next: Callable = luck.second if line == "seconds" else Callable(luck, line)
			var expected: Array = vector[line]
			_is(expected.map(func(_one: Variant) -> Variant: return next.call()), expected, title % line)


## When a message may go is the same everywhere.
func _pacing(vectors: Dictionary) -> void:
	for vector: Dictionary in _section(vectors, "pacing"):
		var rates: Dictionary = vector["rates"]
		var pacer := EstragonPacer.new(rates)
		var wrong: Array = []
		var steps: Array = vector["steps"]
		for step: Array in steps:
			var now: float = step[0]
			var rate: String = step[1]
			var at := pacer.next(rate, now)
			var goes := at - now <= EstragonProtocol.MOST_WAIT_MS
			if goes:
				pacer.take(rate, at)
			var wanted: float = step[2] if step[2] != null else INF
			if goes != (wanted < INF) or goes and absf(at - wanted) > 1e-6:
				wrong.append([now, at])
		_is(wrong, [], "pacing: %s" % vector["name"])


## What moves is shown the same everywhere.
func _moving(vectors: Dictionary) -> void:
	for vector: Dictionary in _section(vectors, "playback"):
		_is(Moving.playback(vector), [], "playback: %s" % vector["name"])
	for vector: Dictionary in _section(vectors, "smoothing"):
		_is(Moving.smoothing(vector), [], "smoothing: %s" % vector["name"])
	for vector: Dictionary in _section(vectors, "prediction"):
		_is(Predicting.replay(vector), [], "prediction: %s" % vector["name"])
	for vector: Dictionary in _section(vectors, "ticks"):
		_is(Predicting.ticks(vector), [], "ticks: those that are due")
	for line: Dictionary in _section(_load(OS.get_environment("ESTRAGON_LINES")), "lines"):
		_is(Moving.line(line), [], "lines: %s is drawn as in a browser" % line["name"])
	var course := _load(OS.get_environment("ESTRAGON_COURSE"))
	_is(Tables.new().course(course), [], "course: tables are as their server has them, tick for tick")
	_is(Tables.new().writing(course), [], "course: our own rows are as we write them")
	_is(Doing.new().run(), [], "inputs: one a tick, sent once, and again after a drop")


func _is(found: Variant, expected: Variant, title: String) -> void:
	_ok(_equal(found, expected), title)
	if not _equal(found, expected):
		print("  ---\n  found: %s\n  wanted: %s\n  ..." % [
			EstragonMessage.to_text(found), EstragonMessage.to_text(expected)
		])


## As in JSON, in which 3 and 3.0 are one number.
func _equal(one: Variant, other: Variant) -> bool:
	if typeof(one) == TYPE_ARRAY and typeof(other) == TYPE_ARRAY:
		var ones: Array = one
		var others: Array = other
		for index: int in mini(ones.size(), others.size()):
			if not _equal(ones[index], others[index]):
				return false
		return ones.size() == others.size()
	if typeof(one) == TYPE_DICTIONARY and typeof(other) == TYPE_DICTIONARY:
		var ones: Dictionary = one
		var others: Dictionary = other
		for key: Variant in ones:
			if not others.has(key) or not _equal(ones[key], others[key]):
				return false
		return ones.size() == others.size()
	var numbers: Array = [TYPE_INT, TYPE_FLOAT]
	if typeof(one) in numbers and typeof(other) in numbers:
		var number: float = one
		var another: float = other
		# JSON in Godot may be off by the last bit.
		return one == other or absf(number) > 1e38 and absf(number / another - 1.0) < 1e-15
	return typeof(one) == typeof(other) and one == other


func _ok(is_so: bool, title: String) -> void:
	_count += 1
	if not is_so:
		_failed += 1
	print("%sok %d - %s" % ["" if is_so else "not ", _count, title.replace("#", "\\#")])


func _skip(title: String, directive: String) -> void:
	_count += 1
	print("ok %d - %s %s" % [_count, title.replace("#", "\\#"), directive])
