extends RefCounted
## Replays the vectors of frames of state, walks of tables whose frames another wrote, and mutants of
## these. What is wrong is told; nothing is where all is well.

## Of a frame that is mutated, in digits.
const _LONGEST := 800
const _OPS: Array[String] = ["remove", "leave", "add", "update"]

var _state: int = 0
var _wrong: PackedStringArray = PackedStringArray()
var _schemas: Dictionary = {}


func replay(vectors: Array) -> PackedStringArray:
	for vector: Dictionary in vectors:
		if vector.has("schema"):
			_schemas[vector["name"]] = schema_of(vector["schema"])
		elif vector.has("field"):
			_scale(vector)
		elif vector.has("up"):
			_up(vector)
		else:
			_down(vector)
	return taken()


## Reads the frames of each walk: in the end its rows are those that the walk has.
func walk(walks: Array) -> PackedStringArray:
	for one: Dictionary in walks:
		var schema := schema_of(one["schema"])
		var tables: Array[Dictionary] = []
		for table: EstragonStateSchema.Table in schema.tables:
			tables.append({})
		for hex: String in one["frames"]:
			var frame := EstragonStateFrame.open(hex.hex_decode(), schema)
			if frame.problem:
				_wrong.append("%s: %s" % [hex.left(200), frame.problem])
				break
			_apply(frame, schema, tables)
		var wanted: Array = one["tables"]
		for index: int in tables.size():
			_compare(tables[index], wanted[index], schema.tables[index])
	return taken()


## What has gone wrong since this was asked before.
func taken() -> PackedStringArray:
	var wrong := _wrong
	_wrong = PackedStringArray()
	return wrong


## Reads mutants of the frames; the counts of those that could be read and of those that could not.
func mutate(walks: Array, count: int, seed_number: int) -> Array[int]:
	_state = seed_number
	var counts: Array[int] = [0, 0]
	while counts[0] + counts[1] < count:
		var one: Dictionary = walks[_below(walks.size())]
		if not one.has("known"):
			one["known"] = schema_of(one["schema"])
		var schema: EstragonStateSchema = one["known"]
		var frames: Array = one["frames"]
		var hex: String = frames[_below(frames.size())]
		if hex.length() > _LONGEST:
			continue
		var mutant := _mutated(hex.hex_decode())
		var frame := EstragonStateFrame.open(mutant, schema)
		counts[1 if frame.problem else 0] += 1
		EstragonStateFrame.room_of(mutant)
		for section: EstragonStateFrame.Section in frame.sections:
			if section.rows.slots.size() > schema.tables[section.table].most:
				_wrong.append("more rows than there may be in %s" % mutant.hex_encode())
	return counts


func schema_of(its: Variant) -> EstragonStateSchema:
	var told: Dictionary = its
	var tables: Array = told["tables"]
	var inputs: Array = told.get("inputs", [])
	return EstragonStateSchema.new("", tables, inputs)


func _scale(vector: Dictionary) -> void:
	var field: Dictionary = vector["field"]
	var column := EstragonStateColumn.of_field(field, 0)[0]
	for line: Array in vector["values"]:
		var value: float = line[0]
		var wanted: float = line[2]
		var q := column.quantise(value)
		if q != line[1] or absf(column.dequantise(q) - wanted) > 1e-12 * absf(wanted):
			_wrong.append("%s: %s gave %d, %s" % [field, line, q, column.dequantise(q)])


func _up(vector: Dictionary) -> void:
	var schema: EstragonStateSchema = _schemas[vector["of"]]
	var up: Dictionary = vector["up"]
	var inputs: EstragonStateFrame.Inputs = null
	var write: EstragonStateFrame.Write = null
	if up.has("inputs"):
		var told: Dictionary = up["inputs"]
		inputs = EstragonStateFrame.Inputs.new()
		inputs.first = told["first"]
		inputs.count = told["n"]
		inputs.values = _typed(told["values"], schema.inputs)
	if up.has("write"):
		var told: Dictionary = up["write"]
		write = EstragonStateFrame.Write.new()
		write.table = told["table"]
		var slots: Array = told["slots"]
		var numbers: Array = told["columns"]
		write.slots = PackedInt32Array(slots)
		write.columns = PackedInt32Array(numbers)
		var columns: Array[EstragonStateColumn] = []
		for column: int in write.columns:
			columns.append(schema.tables[write.table].columns[column])
		write.values = _typed(told["values"], columns)
	var room: int = up["room"]
	var have: int = up["have"]
	var behind: int = up.get("behind", -1)
	var hex := EstragonStateFrame.up(schema, room, have, inputs, write, behind).hex_encode()
	if hex != vector["hex"]:
		_wrong.append("%s gave %s" % [vector["hex"], hex])


## Values of JSON as the columns take them.
func _typed(its: Variant, columns: Array[EstragonStateColumn]) -> Array:
	var values: Array = its
	var typed: Array = []
	for index: int in columns.size():
		var all: Array = values[index]
		match columns[index].raw:
			"":
				typed.append(PackedInt32Array(all))
			"float32":
				typed.append(PackedFloat32Array(all))
			"float64":
				typed.append(PackedFloat64Array(all))
			_:
				typed.append(all)
	return typed


func _down(vector: Dictionary) -> void:
	var schema: EstragonStateSchema = _schemas[vector["of"]]
	var hex: String = vector["hex"]
	var frame := EstragonStateFrame.open(hex.hex_decode(), schema)
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


func _shown(frame: EstragonStateFrame) -> Array:
	var shown: Array = []
	for section: EstragonStateFrame.Section in frame.sections:
		var rows: Variant = null if section.rows.is_all else Array(section.rows.slots)
		if section.op != EstragonStateFrame.Op.UPDATE:
			var values := section.values.map(_listed)
			shown.append({
				"table": section.table, "op": _OPS[section.op], "n": section.rows.n, "rows": rows,
				"values": values,
			})
			continue
		var change := {
			"column": section.column, "n": section.rows.n, "rows": rows,
			"values": _listed(section.values[0]),
		}
		var last: Dictionary = {} if shown.is_empty() else shown.back()
		if last.get("op") == "update" and last.get("table") == section.table:
			var changes: Array = last["changes"]
			changes.append(change)
		else:
			shown.append({"table": section.table, "op": "update", "changes": [change]})
	return shown


func _listed(values: Variant) -> Array:
	var listed: Array = []
	for value: Variant in values:
		listed.append(value)
	return listed


func _apply(
	frame: EstragonStateFrame, schema: EstragonStateSchema, tables: Array[Dictionary]
) -> void:
	if frame.is_reset:
		for rows: Dictionary in tables:
			rows.clear()
	for section: EstragonStateFrame.Section in frame.sections:
		var rows := tables[section.table]
		var slots: Array = Array(section.rows.slots)
		if section.rows.is_all:
			slots = rows.keys()
			slots.sort()
		var columns := schema.tables[section.table].columns
		for index: int in slots.size():
			if section.op == EstragonStateFrame.Op.UPDATE:
				var row: Array = rows[slots[index]]
				var value: Variant = section.values[0][index]
				if not columns[section.column].raw and not frame.is_absolute:
					value += row[section.column]
				row[section.column] = _ringed(columns[section.column], value)
			elif section.op == EstragonStateFrame.Op.ADD:
				var row: Array = []
				for column: int in columns.size():
					row.append(_ringed(columns[column], section.values[column][index]))
				rows[slots[index]] = row
			else:
				rows.erase(slots[index])


func _ringed(column: EstragonStateColumn, value: Variant) -> Variant:
	if column.raw:
		return value
	var number: int = value
	return column.in_ring(number)


func _compare(rows: Dictionary, its: Variant, table: EstragonStateSchema.Table) -> void:
	var wanted: Array = its
	if rows.size() != wanted.size():
		_wrong.append("%s has %d rows of %d" % [table.name, rows.size(), wanted.size()])
	for line: Array in wanted:
		var slot: int = line[0]
		if not _alike(rows.get(slot), line[1]):
			_wrong.append("%s %d: %s, not %s" % [table.name, slot, rows.get(slot), line[1]])


## As JSON has it.
func _alike(value: Variant, json: Variant) -> bool:
	match typeof(value):
		TYPE_ARRAY:
			var items: Array = value
			if typeof(json) != TYPE_ARRAY:
				return false
			var others: Array = json
			for index: int in mini(items.size(), others.size()):
				if not _alike(items[index], others[index]):
					return false
			return items.size() == others.size()
		TYPE_DICTIONARY:
			var fields: Dictionary = value
			var others: Dictionary = json
			for name: String in fields:
				if not _alike(fields[name], others.get(name)):
					return false
			return fields.size() == others.size()
		TYPE_FLOAT, TYPE_INT:
			var number: float = value
			var other: float = json
			return absf(number - other) <= absf(other) * 1e-12
	return typeof(value) == typeof(json) and value == json


func _mutated(frame: PackedByteArray) -> PackedByteArray:
	var at := _below(frame.size())
	match _below(6):
		0:
			return frame.slice(0, at)
		1:
			frame.append(_below(256))
		2:
			frame.remove_at(at)
		3:
			return frame.slice(0, at) + PackedByteArray([255, 255, 255, 255, 7]) + frame.slice(at)
		_:
			for _time: int in _below(3) + 1:
				frame[_below(frame.size())] = _below(256)
	return frame


## Numbers of one seed, the same in every engine.
func _below(limit: int) -> int:
	_state = (_state * 1103515245 + 12345) & 0x7FFFFFFF
	return (_state >> 8) % limit
