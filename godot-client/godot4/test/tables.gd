extends RefCounted
## A room's tables, as a recorded course of the web client has them.

const FakeHere := preload("res://test/fake_here.gd")
const _TABLES: Array[String] = ["things", "coins", "round"]

var _heard: Array = []
var _here: FakeHere = FakeHere.new()
var _state: EstragonState = EstragonState.new(_here, {})


## Goes through a course; what is otherwise than there.
func course(recorded: Dictionary) -> Array:
	var wrong: Array = []
	for name: String in _TABLES:
		_listen(name)
	var schema: Dictionary = recorded["schema"]
	_state.apply(_message("state.schema", schema))
	var steps: Array = recorded["steps"]
	for step: Dictionary in steps:
		_here.time = step["now"]
		_heard = []
		var asked := _here.asked
		var frames: Array = step["frames"]
		for frame: String in frames:
			_state.receive(frame.hex_decode())
		_state.poll(_here.time)
		_heard.sort()
		if _heard != step["heard"] or (_here.asked > asked) != step["asks"]:
			wrong.append([step["now"], _heard, step["heard"]])
		if step.has("rows"):
			var rows: Dictionary = step["rows"]
			wrong.append_array(_unlike(rows))
		if wrong.size() > 2:
			break
	return wrong


## A row of our own is as we write it, and sent once in a tick; what comes back is no news.
func writing(recorded: Dictionary) -> Array:
	var schema: Dictionary = recorded["schema"]
	_state.apply(_message("state.schema", schema))
	_state.poll(_here.time)
	var things := _state.table("things")
	var row: EstragonRow
	var steps: Array = recorded["steps"]
	for step: Dictionary in steps:
		var frames: Array = step["frames"]
		for frame: String in frames:
			_state.receive(frame.hex_decode())
		for one: EstragonRow in things.rows():
			if one.owner > 0:
				row = one
		if row:
			break
	var wrong: Array = []
	_here.number = row.owner
	_listen("things")
	for at: float in [1.0, 2.0, 3.0]:
		row.set("at", at)
	row.set("place", Vector2(5, 6))
	_expect(wrong, [row.get("at"), row.smooth("place"), row.is_mine], [3.0, Vector2(5, 6), true])
	_poll(1.0)
	row.set("at", 4.0)
	_poll(10.0)
	_expect(wrong, _here.sent.size(), 1)
	_poll(100.0)
	_expect(wrong, _here.sent.size(), 2)
	_here.refuses = true
	row.set("at", 6.0)
	_poll(100.0)
	_here.refuses = false
	_poll(100.0)
	_expect(wrong, _here.sent.size(), 3)
	var correction := {"table": "things", "slot": row.slot, "code": "CHANGE", "values": {"at": 0}}
	_state.apply(_message("state.corrected", correction))
	_expect(wrong, row.get("at") == 4.0, false)
	_expect(wrong, _heard, ["things corrected %d CHANGE" % row.slot])
	row.set("at", "far")
	_here.number = 99
	row.set("at", 5.0)
	var codes := _here.told.map(func(error: EstragonError) -> String: return error.code)
	_expect(wrong, codes, ["INVALID_MESSAGE_DATA", "PERMISSION_DENIED"])
	_expect(wrong, row.get("nothing"), null)
	return wrong


func _poll(ms: float) -> void:
	_here.time += ms
	_state.poll(_here.time)


static func _expect(wrong: Array, found: Variant, wanted: Variant) -> void:
	if found != wanted:
		wrong.append([found, wanted])


func _listen(name: String) -> void:
	var table := _state.table(name)
	table.added.connect(_on_event.bind(name, "added"))
	table.removed.connect(_on_event.bind(name, "removed"))
	table.left.connect(_on_event.bind(name, "left"))
	table.changed.connect(_on_changed.bind(name))
	table.corrected.connect(_on_corrected.bind(name))


func _on_event(row: EstragonRow, name: String, event: String) -> void:
	_heard.append("%s %s %d" % [name, event, row.slot])


func _on_changed(row: EstragonRow, fields: PackedStringArray, name: String) -> void:
	_heard.append("%s changed %d %s" % [name, row.slot, ",".join(fields)])


func _on_corrected(row: EstragonRow, error: EstragonError, name: String) -> void:
	_heard.append("%s corrected %d %s" % [name, row.slot, error.code])


## The rows that are not as they should be.
func _unlike(wanted: Dictionary) -> Array:
	var wrong: Array = []
	for name: String in _TABLES:
		var rows: Dictionary = wanted[name]
		var table := _state.table(name)
		if table.size() != rows.size():
			wrong.append([name, table.size(), rows.size()])
		for slot: String in rows:
			var row := table.at(int(slot))
			var fields: Dictionary = rows[slot]
			for field: String in fields:
				var found: Variant = row.get(field) if row else null
				if not _alike(found, fields[field]):
					wrong.append([name, slot, field, found, fields[field]])
	return wrong


static func _alike(found: Variant, wanted: Variant) -> bool:
	match typeof(found):
		TYPE_VECTOR2, TYPE_VECTOR3, TYPE_QUATERNION:
			var parts: Dictionary = wanted
			for part: String in parts:
				if not _near(found[part], parts[part], 1e-3):
					return false
			return true
		TYPE_INT, TYPE_FLOAT:
			return _near(found, wanted, 1e-9)
	return typeof(found) == typeof(wanted) and found == wanted


static func _near(found: Variant, wanted: Variant, most: float) -> bool:
	var one: float = found
	var other: float = wanted
	return absf(one - other) <= most * maxf(1.0, absf(other))


static func _message(type: String, data: Dictionary) -> EstragonMessage:
	return EstragonMessage.read({"type": type, "data": data})
