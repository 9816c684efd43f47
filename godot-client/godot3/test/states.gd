# Replays the vectors of frames of state, walks of tables whose frames another wrote, and mutants of
# these. What is wrong is told; nothing is where all is well.
extends Reference

# warning-ignore-all:return_value_discarded

const StateColumn := preload("res://addons/estragon/state_column.gd")
const StateFrame := preload("res://addons/estragon/state_frame.gd")
const StateSchema := preload("res://addons/estragon/state_schema.gd")

# Of a frame that is mutated, in digits.
const _LONGEST := 800
const _OPS := ["remove", "leave", "add", "update"]

var _state: int = 0
var _wrong: Array = []
var _schemas: Dictionary = {}


func replay(vectors: Array) -> Array:
	for vector in vectors:
		if vector.has("schema"):
			_schemas[vector["name"]] = schema_of(vector["schema"])
		elif vector.has("field"):
			_scale(vector)
		elif vector.has("up"):
			_up(vector)
		else:
			_down(vector)
	return taken()


# Reads the frames of each walk: in the end its rows are those that the walk has.
func walk(walks: Array) -> Array:
	for one in walks:
		var schema := schema_of(one["schema"])
		var tables := []
		for table in schema.tables:
			tables.append({})
		for hex in one["frames"]:
			var frame = StateFrame.open(_bytes(hex), schema)
			if frame.problem:
				_wrong.append("%s: %s" % [hex.left(200), frame.problem])
				break
			_apply(frame, schema, tables)
		var wanted: Array = one["tables"]
		for index in tables.size():
			_compare(tables[index], wanted[index], schema.tables[index])
	return taken()


# What has gone wrong since this was asked before.
func taken() -> Array:
	var wrong := _wrong
	_wrong = []
	return wrong


# Reads mutants of the frames; the counts of those that could be read and of those that could not.
func mutate(walks: Array, count: int, seed_number: int) -> Array:
	_state = seed_number
	var counts: Array = [0, 0]
	while counts[0] + counts[1] < count:
		var one: Dictionary = walks[_below(walks.size())]
		if not one.has("known"):
			one["known"] = schema_of(one["schema"])
		var schema: StateSchema = one["known"]
		var frames: Array = one["frames"]
		var hex: String = frames[_below(frames.size())]
		if hex.length() > _LONGEST:
			continue
		var mutant := _mutated(_bytes(hex))
		var frame = StateFrame.open(mutant, schema)
		counts[1 if frame.problem else 0] += 1
		StateFrame.room_of(mutant)
		for section in frame.sections:
			if section.rows.slots.size() > schema.tables[section.table].most:
				_wrong.append("more rows than there may be in %s" % Array(mutant))
	return counts


func schema_of(its) -> StateSchema:
	var told: Dictionary = its
	var tables: Array = told["tables"]
	var inputs: Array = told.get("inputs", [])
	return StateSchema.new("", tables, inputs)


func _scale(vector: Dictionary) -> void:
	var field: Dictionary = vector["field"]
	var column = StateColumn.of_field(field, 0)[0]
	for line in vector["values"]:
		var value: float = line[0]
		var wanted: float = line[2]
		var q: int = column.quantise(value)
		if q != line[1] or abs(column.dequantise(q) - wanted) > 1e-12 * abs(wanted):
			_wrong.append("%s: %s gave %d, %s" % [field, line, q, column.dequantise(q)])


func _up(vector: Dictionary) -> void:
	var schema: StateSchema = _schemas[vector["of"]]
	var up: Dictionary = vector["up"]
	var inputs: StateFrame.Inputs = null
	var write: StateFrame.Write = null
	if up.has("inputs"):
		var told: Dictionary = up["inputs"]
		inputs = StateFrame.Inputs.new()
		inputs.first = told["first"]
		inputs.count = told["n"]
		inputs.values = _typed(told["values"], schema.inputs)
	if up.has("write"):
		var told: Dictionary = up["write"]
		write = StateFrame.Write.new()
		write.table = told["table"]
		write.slots = _whole(told["slots"])
		write.columns = _whole(told["columns"])
		var columns := []
		for column in write.columns:
			columns.append(schema.tables[write.table].columns[column])
		write.values = _typed(told["values"], columns)
	var room: int = up["room"]
	var have: int = up["have"]
	var behind: int = up.get("behind", -1)
	var hex := _hex(StateFrame.up(schema, room, have, inputs, write, behind))
	if hex != vector["hex"]:
		_wrong.append("%s gave %s" % [vector["hex"], hex])


# Values of JSON as the columns take them.
func _typed(its, columns: Array) -> Array:
	var values: Array = its
	var typed: Array = []
	for index in columns.size():
		typed.append(values[index] if columns[index].raw else _whole(values[index]))
	return typed


# JSON has numbers with a point alone.
func _whole(values: Array) -> Array:
	var whole := []
	for value in values:
		whole.append(int(value))
	return whole


func _down(vector: Dictionary) -> void:
	var schema: StateSchema = _schemas[vector["of"]]
	var hex: String = vector["hex"]
	var frame = StateFrame.open(_bytes(hex), schema)
	if vector.has("problem"):
		if frame.problem != vector["problem"]:
			_wrong.append("%s: %s, not %s" % [hex, frame.problem, vector["problem"]])
		return
	var head := {
		"room": frame.room, "tick": frame.tick, "back": frame.back, "isReset": frame.is_reset,
		"isAbsolute": frame.is_absolute, "hasMore": frame.has_more,
	}
	if frame.problem or not _alike(head, vector["head"]):
		_wrong.append("%s: %s %s" % [hex, frame.problem, head])
	if not _alike(_shown(frame), vector["sections"]):
		_wrong.append("%s: %s" % [hex, _shown(frame)])


func _shown(frame: StateFrame) -> Array:
	var shown: Array = []
	for section in frame.sections:
		var rows = null if section.rows.is_all else section.rows.slots.duplicate()
		if section.op != StateFrame.Op.UPDATE:
			var values: Array = section.values
			shown.append({
				"table": section.table, "op": _OPS[section.op], "n": section.rows.n, "rows": rows,
				"values": values,
			})
			continue
		var change := {
			"column": section.column, "n": section.rows.n, "rows": rows,
			"values": section.values[0],
		}
		var last: Dictionary = {} if shown.size() == 0 else shown.back()
		if last.get("op") == "update" and last.get("table") == section.table:
			var changes: Array = last["changes"]
			changes.append(change)
		else:
			shown.append({"table": section.table, "op": "update", "changes": [change]})
	return shown


func _apply(
	frame: StateFrame, schema: StateSchema, tables: Array
) -> void:
	if frame.is_reset:
		for rows in tables:
			rows.clear()
	for section in frame.sections:
		var rows: Dictionary = tables[section.table]
		var slots: Array = section.rows.slots.duplicate()
		if section.rows.is_all:
			slots = rows.keys()
			slots.sort()
		var columns: Array = schema.tables[section.table].columns
		for index in slots.size():
			if section.op == StateFrame.Op.UPDATE:
				var row: Array = rows[slots[index]]
				var value = section.values[0][index]
				if not columns[section.column].raw and not frame.is_absolute:
					value += row[section.column]
				row[section.column] = _ringed(columns[section.column], value)
			elif section.op == StateFrame.Op.ADD:
				var row: Array = []
				for column in columns.size():
					row.append(_ringed(columns[column], section.values[column][index]))
				rows[slots[index]] = row
			else:
				rows.erase(slots[index])


func _ringed(column: StateColumn, value):
	if column.raw:
		return value
	var number: int = value
	return column.in_ring(number)


func _compare(rows: Dictionary, its, table: StateSchema.Table) -> void:
	var wanted: Array = its
	if rows.size() != wanted.size():
		_wrong.append("%s has %d rows of %d" % [table.name, rows.size(), wanted.size()])
	for line in wanted:
		var slot: int = line[0]
		if not _alike(rows.get(slot), line[1]):
			_wrong.append("%s %d: %s, not %s" % [table.name, slot, rows.get(slot), line[1]])


# As JSON has it.
func _alike(value, json) -> bool:
	match typeof(value):
		TYPE_ARRAY:
			var items: Array = value
			if typeof(json) != TYPE_ARRAY:
				return false
			var others: Array = json
			for index in min(items.size(), others.size()):
				if not _alike(items[index], others[index]):
					return false
			return items.size() == others.size()
		TYPE_DICTIONARY:
			var fields: Dictionary = value
			var others: Dictionary = json
			for name in fields:
				if not _alike(fields[name], others.get(name)):
					return false
			return fields.size() == others.size()
		TYPE_REAL, TYPE_INT:
			# Godot 3.2 knows seven digits of what it takes for a float.
			return value == json or abs(value - json) <= abs(json) * 0.000000000001
	return typeof(value) == typeof(json) and value == json


func _mutated(frame: PoolByteArray) -> PoolByteArray:
	var at := _below(frame.size())
	match _below(6):
		0:
			frame.resize(at)
		1:
			frame.append(_below(256))
		2:
			frame.remove(at)
		3:
			for byte in [255, 255, 255, 255, 7]:
				frame.insert(at, byte)
		_:
			for _time in _below(3) + 1:
				frame[_below(frame.size())] = _below(256)
	return frame


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


# Numbers of one seed, the same in every engine.
func _below(limit: int) -> int:
	_state = (_state * 1103515245 + 12345) & 0x7FFFFFFF
	return (_state >> 8) % limit
