# A room's tables, as a recorded course of the web client has them.
extends Reference

# warning-ignore-all:return_value_discarded

const FakeHere := preload("res://test/fake_here.gd")
const Message := preload("res://addons/estragon/message.gd")
const State := preload("res://addons/estragon/state.gd")
const _TABLES := ["things", "coins", "round"]

var _heard: Array = []
var _here: FakeHere = FakeHere.new()
var _state: State = State.new(_here, {})


# Goes through a course; what is otherwise than there.
func course(recorded: Dictionary) -> Array:
	var wrong := []
	for name in _TABLES:
		_listen(name)
	_state.apply(_message("state.schema", recorded["schema"]))
	for step in recorded["steps"]:
		_here.time = step["now"]
		_heard = []
		var asked := _here.asked
		for frame in step["frames"]:
			_state.receive(_bytes(frame))
		_state.poll(_here.time)
		_heard.sort()
		if _heard != step["heard"] or (_here.asked > asked) != step["asks"]:
			wrong.append([step["now"], _heard, step["heard"]])
		if step.has("rows"):
			wrong += _unlike(step["rows"])
		if wrong.size() > 2:
			break
	return wrong


# A row of our own is as we write it, and sent once in a tick; what comes back is no news.
func writing(recorded: Dictionary) -> Array:
	_state.apply(_message("state.schema", recorded["schema"]))
	_state.poll(_here.time)
	var things := _state.table("things")
	var row = null
	for step in recorded["steps"]:
		for frame in step["frames"]:
			_state.receive(_bytes(frame))
		for one in things.rows():
			if one.owner > 0:
				row = one
		if row:
			break
	var wrong := []
	_here.number = row.owner
	_listen("things")
	for at in [1.0, 2.0, 3.0]:
		row.at = at
	row.place = Vector2(5, 6)
	_expect(wrong, [row.at, row.smooth("place"), row.is_mine], [3.0, Vector2(5, 6), true])
	_poll(1.0)
	row.at = 4.0
	_poll(10.0)
	_expect(wrong, _here.sent.size(), 1)
	_poll(100.0)
	_expect(wrong, _here.sent.size(), 2)
	_here.refuses = true
	row.at = 6.0
	_poll(100.0)
	_here.refuses = false
	_poll(100.0)
	_expect(wrong, _here.sent.size(), 3)
	var correction := {"table": "things", "slot": row.slot, "code": "CHANGE", "values": {"at": 0}}
	_state.apply(_message("state.corrected", correction))
	_expect(wrong, row.at == 4.0, false)
	_expect(wrong, _heard, ["things corrected %d CHANGE" % row.slot])
	row.at = "far"
	_here.number = 99
	row.at = 5.0
	var codes := []
	for error in _here.told:
		codes.append(error.code)
	_expect(wrong, codes, ["INVALID_MESSAGE_DATA", "PERMISSION_DENIED"])
	_expect(wrong, row.get("nothing"), null)
	return wrong


func _poll(ms: float) -> void:
	_here.time += ms
	_state.poll(_here.time)


static func _expect(wrong: Array, found, wanted) -> void:
	if found != wanted:
		wrong.append([found, wanted])


func _listen(name: String) -> void:
	var table := _state.table(name)
	for event in ["added", "removed", "left"]:
		table.connect(event, self, "_on_event", [name, event])
	table.connect("changed", self, "_on_changed", [name])
	table.connect("corrected", self, "_on_corrected", [name])


func _on_event(row, name: String, event: String) -> void:
	_heard.append("%s %s %d" % [name, event, row.slot])


func _on_changed(row, fields: Array, name: String) -> void:
	_heard.append("%s changed %d %s" % [name, row.slot, PoolStringArray(fields).join(",")])


func _on_corrected(row, error, name: String) -> void:
	_heard.append("%s corrected %d %s" % [name, row.slot, error.code])


# The rows that are not as they should be.
func _unlike(wanted: Dictionary) -> Array:
	var wrong := []
	for name in _TABLES:
		var table := _state.table(name)
		if table.size() != wanted[name].size():
			wrong.append([name, table.size(), wanted[name].size()])
		for slot in wanted[name]:
			var row := table.at(int(slot))
			var fields: Dictionary = wanted[name][slot]
			for field in fields:
				var found = row.get(field) if row else null
				if not _alike(found, fields[field]):
					wrong.append([name, slot, field, found, fields[field]])
	return wrong


static func _alike(found, wanted) -> bool:
	match typeof(found):
		TYPE_VECTOR2, TYPE_VECTOR3, TYPE_QUAT:
			for part in wanted:
				if abs(found[part] - wanted[part]) > 0.001:
					return false
			return true
		TYPE_INT, TYPE_REAL:
			return abs(found - wanted) <= 1e-9 * (abs(wanted) + 1.0)
		TYPE_DICTIONARY, TYPE_ARRAY:
			return to_json(found) == to_json(wanted)
	return typeof(found) == typeof(wanted) and found == wanted


static func _bytes(hex: String) -> PoolByteArray:
	var bytes := PoolByteArray()
	for index in range(0, hex.length(), 2):
		bytes.append(("0x" + hex.substr(index, 2)).hex_to_int())
	return bytes


static func _message(type: String, data: Dictionary) -> Message:
	return Message.new({"type": type, "data": data})
