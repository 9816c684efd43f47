# A table of what a room knows, as much of it as we see.
class_name EstragonStateTable
extends Reference

# warning-ignore-all:return_value_discarded

# A row is there: it is new, or we see it from now on.
signal added(row)
# Fields of a row are others, by their names.
signal changed(row, fields)
# A row is not there any more, or not for us; it keeps its last values.
signal removed(row)
# Of such a row, before: it is there, but we do not see it any more.
signal left(row)
# What we wrote is not to be: the row is as the room has it.
signal corrected(row, error)

const EstragonError := preload("error.gd")
const EstragonPredictedField := preload("predicted_field.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonRow := preload("row.gd")
const EstragonStateCells := preload("state_cells.gd")
const EstragonStateField := preload("state_field.gd")
const EstragonStateFrame := preload("state_frame.gd")
const EstragonStateHere := preload("state_here.gd")
const EstragonStateSchema := preload("state_schema.gd")
const EstragonStateShape := preload("state_shape.gd")

const _REMOVE := EstragonStateFrame.Op.REMOVE
const _LEAVE := EstragonStateFrame.Op.LEAVE
const _ADD := EstragonStateFrame.Op.ADD

# Its name.
var name: String

var _here: EstragonStateHere
var _shape: EstragonStateShape
var _rows: Dictionary = {}
# By slot, what these hold.
var _cells: Dictionary = {}
# The slots that have a row, ascending; made anew where `_is_sorted` is false.
var _slots: Array = []
var _is_sorted: bool = true
# Rows that a reset has not told yet; null while there is none.
var _stale = null
var _leaps: Dictionary = {}
# What is to be told.
var _removed: Array = []
var _left: Array = []
var _added: Array = []
var _changed: Dictionary = {}


func _init(its_name: String, here: EstragonStateHere) -> void:
	name = its_name
	_here = here


# How many rows we see.
func size() -> int:
	return _rows.size()


# The row in a slot; null for none.
func at(slot: int) -> EstragonRow:
	return _rows.get(slot)


# All of them, in the order of their slots.
func rows() -> Array:
	var all: Array = []
	for slot in _sorted():
		all.append(_rows[slot])
	return all


# The first row of the member with this number; null for none.
func of(member: int) -> EstragonRow:
	for slot in _sorted():
		var one: EstragonRow = _rows[slot]
		if one.owner == member:
			return one
	return null


# Our own first row; null for none.
func mine() -> EstragonRow:
	return of(_here.you())


# The only row of a single; null until it is there.
func row() -> EstragonRow:
	return at(0)


# The row in a slot, as soon as it is there.
func when(slot: int) -> EstragonRow:
	while not _rows.has(slot):
		yield(self, "added")
	return _rows[slot]


# Adds a row of our own; as the host, of a table that the host writes, one of any
# `owner`. The result's data holds `slot`, see `when`.
func add(fields_of_it: Dictionary = {}, owner: int = 0) -> EstragonResult:
	var values_of_it := {}
	for field in fields_of_it:
		values_of_it[field] = EstragonStateField.plain(fields_of_it[field])
	return yield(_here.add(name, values_of_it, owner), "completed")


# How a field is smoothed: a change of more than `leap` is a leap, between the ends of which
# nothing is shown; and so is one together with a change of the field `flag`.
func smoothing(field: String, leap: float = INF, flag: String = "") -> void:
	_leaps[field] = [leap, flag]
	for slot in _cells:
		_of(slot).unfollow(field)


# The names of its fields; empty until the server has told of it.
func fields() -> Array:
	return _shape.fields.keys() if _shape else []


# Its fields are these; what it had of others is gone. The add-on's own, as what follows.
func shape(schema: EstragonStateSchema.Table) -> void:
	for slot in _rows.keys():
		_take(slot)
	_shape = EstragonStateShape.new(schema, _leaps) if schema else null


# The room is another one: what was shown is not to be gone on from.
func restart() -> void:
	for slot in _cells:
		_of(slot).restart()


# A reset begins: what it does not tell is gone.
func reset() -> void:
	_stale = _rows.duplicate()


# What a section of a frame says; whether that can be of what we have.
func apply(
	section: EstragonStateFrame.Section, is_absolute: bool, time: float, since: float
) -> bool:
	if section.rows.is_all and section.rows.n != _rows.size():
		return false
	var slots: Array = _sorted() if section.rows.is_all else section.rows.slots
	match section.op:
		_REMOVE, _LEAVE:
			for slot in slots:
				var gone := _take(slot)
				if gone and section.op == _LEAVE:
					_left.append(gone)
			return true
		_ADD:
			_add(section, slots, time, since)
			return true
	return _update(section, slots, is_absolute, time, since)


# The tick is whole: tells what is new.
func tell() -> void:
	if _stale != null:
		var stale: Dictionary = _stale
		_stale = null
		for slot in stale:
			_take(slot)
	if _removed.empty() and _added.empty() and _changed.empty():
		return
	var news := [_removed, _left, _added, _changed]
	_removed = []
	_left = []
	_added = []
	_changed = {}
	for gone in news[0]:
		if gone in news[1]:
			emit_signal("left", gone)
		emit_signal("removed", gone)
	for new in news[2]:
		emit_signal("added", new)
	var others: Dictionary = news[3]
	for other in others:
		if not other.is_gone:
			var its_fields: Dictionary = others[other]
			emit_signal("changed", other, its_fields.keys())


# What we have written and not sent, or all that the server has not said yet: pairs of columns
# and of slots that have these.
func take(is_all: bool) -> Array:
	var blocks := {}
	for slot in _sorted():
		var columns := _of(slot).take(is_all)
		if columns:
			var key := str(columns)
			if not blocks.has(key):
				blocks[key] = [columns, []]
			blocks[key][1].append(slot)
	return blocks.values()


# What a column holds in some rows, as frames want it.
func values(column: int, slots: Array) -> Array:
	var all: Array = []
	for slot in slots:
		all.append(_of(slot).content(column))
	return all


# What our own first row holds; null for none.
func own_cells() -> EstragonStateCells:
	var own := mine()
	return _of(own.slot) if own else null


# Its fields, as they are predicted.
func predicted_fields() -> Array:
	var all: Array = []
	for field in _shape.fields.values():
		var leap: float = EstragonProtocol.PREDICTION_LEAP
		if _leaps.has(field.name):
			leap = _leaps[field.name][0]
		var column = _shape.columns[field.columns[0]]
		var tolerance := EstragonPredictedField.tolerance_of(field.type, column)
		all.append(
			EstragonPredictedField.new(field.name, field.way, tolerance, leap, field.moves)
		)
	return all


# What we wrote of a row is not to be.
func correct(slot: int, its_fields: Array, error: EstragonError) -> void:
	var row_there := at(slot)
	if row_there:
		_of(slot).forget(its_fields)
		emit_signal("corrected", row_there, error)


func _add(
	section: EstragonStateFrame.Section, slots: Array, time: float, since: float
) -> void:
	for index in slots.size():
		var slot: int = slots[index]
		var contents: Array = []
		for column in section.values.size():
			contents.append(section.values[column][index])
		if _stale != null and _erase_stale(slot):
			var cells := _of(slot)
			for column in contents.size():
				if cells.tell(column, contents[column], false):
					_notice(slot, column)
			cells.move_all(time, since)
			continue
		_take(slot)
		var new_cells := EstragonStateCells.new(contents, _shape, _here)
		for column in contents.size():
			new_cells.tell(column, contents[column], false)
		_cells[slot] = new_cells
		_rows[slot] = EstragonRow.new(slot, new_cells)
		_is_sorted = false
		_added.append(_rows[slot])


func _erase_stale(slot: int) -> bool:
	var stale: Dictionary = _stale
	return stale.erase(slot)


func _update(
	section: EstragonStateFrame.Section,
	slots: Array,
	is_absolute: bool,
	time: float,
	since: float
) -> bool:
	var column: int = section.column
	var told = section.values[0]
	for index in slots.size():
		var cells: EstragonStateCells = _cells.get(slots[index])
		if not cells:
			return false
		if cells.tell(column, told[index], not is_absolute):
			_notice(slots[index], column)
	var field := _shape.field_of(column)
	if _shape.followed.has(field):
		_shape.touched.append([field, slots, time, since])
	elif _shape.flags.has(field):
		for slot in slots:
			_shape.flagged["%s %d" % [field, slot]] = true
	return true


# All of a frame is done: what moved is shown so from now on.
func moved() -> void:
	if not _shape or _shape.touched.empty():
		return
	var done := {}
	for touch in _shape.touched:
		var field: String = touch[0]
		var slots: Array = touch[1]
		var time: float = touch[2]
		var since: float = touch[3]
		var flag: String = _leaps[field][1] if _leaps.has(field) else ""
		var its_field: EstragonStateField = _shape.fields[field]
		var is_vector: bool = its_field.columns.size() > 1
		for slot in slots:
			if is_vector:
				var key := "%s %d" % [field, slot]
				if done.has(key):
					continue
				done[key] = true
			if _cells.has(slot):
				var leaps: bool = flag and _shape.flagged.has("%s %d" % [flag, slot])
				_of(slot).move(field, time, since, leaps)
	_shape.touched.clear()
	_shape.flagged.clear()


func _notice(slot: int, column: int) -> void:
	var field := _shape.field_of(column)
	var row_there: EstragonRow = _rows[slot]
	if not field or row_there in _added:
		return
	if not _changed.has(row_there):
		_changed[row_there] = {}
	_changed[row_there][field] = true


# The row is gone, with its last values; who was not told of it never is.
func _take(slot: int) -> EstragonRow:
	var gone: EstragonRow = _rows.get(slot)
	if not gone:
		return null
	_rows.erase(slot)
	_is_sorted = false
	if _stale != null:
		_erase_stale(slot)
	_of(slot).is_gone = true
	_cells.erase(slot)
	if gone in _added:
		_added.erase(gone)
	else:
		_removed.append(gone)
	return gone


func _of(slot: int) -> EstragonStateCells:
	return _cells[slot]


func _sorted() -> Array:
	if not _is_sorted:
		_slots = _rows.keys()
		_slots.sort()
		_is_sorted = true
	return _slots
