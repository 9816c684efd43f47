class_name EstragonStateFrame
extends RefCounted
## The binary kinds state_down and state_up of PROTOCOL.md: what became of a room's tables, and what a
## member says of itself and its rows.

## What a [Section] says of its rows.
enum Op { REMOVE, LEAVE, ADD, UPDATE }

const _RESET := EstragonProtocol.STATE_IS_RESET
const _ABSOLUTE := EstragonProtocol.STATE_IS_ABSOLUTE
const _MORE := EstragonProtocol.STATE_HAS_MORE

## What was expected of a frame that does not fit; empty for one that does.
var problem: String = ""
## The number that the room was told with.
var room: int
var tick: int
## How many ticks before this one its receiver must have, at least.
var back: int
## All rows of the room are to be forgotten first.
var is_reset: bool
## Updates hold values, not differences.
var is_absolute: bool
## The rest of this tick is in the next frame of this room.
var has_more: bool
## What it says, in order.
var sections: Array[Section] = []


## The room that a frame which came is of, without reading the rest; -1 for what is no such frame.
static func room_of(bytes: PackedByteArray) -> int:
	var reader := EstragonStateReader.new(bytes.slice(0, 6))
	reader.at = 1
	var number := reader.number()
	return -1 if reader.problem else number


## Reads a whole frame by the tables of its room; where it does not fit, [member problem] says so, and
## nothing of it is to be done.
static func open(bytes: PackedByteArray, schema: EstragonStateSchema) -> EstragonStateFrame:
	var frame := EstragonStateFrame.new()
	var reader := EstragonStateReader.new(bytes)
	frame._read_head(reader)
	var before := -1
	while reader.has_more():
		var head := reader.number()
		if head <= before or head >> 2 >= schema.tables.size():
			var count := schema.tables.size()
			reader.fail("expected a section of %d tables in order, got %d" % [count, head])
			break
		before = head
		frame._read_section(reader, schema.tables[head >> 2], head & 3)
	frame.problem = reader.problem
	return frame


## What a member has, does and writes: [param inputs] and [param write] may be null; what it shows is
## [param behind] ms before what it has, or it does not say.
static func up(
	schema: EstragonStateSchema,
	its_room: int,
	have: int,
	inputs: Inputs = null,
	write: Write = null,
	behind := -1
) -> PackedByteArray:
	var writer := EstragonWriter.new()
	var flags := 0
	if inputs:
		flags |= EstragonProtocol.STATE_UP_HAS_INPUTS
	if write:
		flags |= EstragonProtocol.STATE_UP_HAS_WRITE
	if behind >= 0:
		flags |= EstragonProtocol.STATE_UP_HAS_BEHIND
	writer.stream.put_u8(EstragonProtocol.STATE_UP_KIND | flags)
	writer.varuint(its_room)
	writer.varuint(have)
	if behind >= 0:
		writer.varuint(behind)
	if inputs:
		writer.varuint(inputs.first)
		writer.varuint(inputs.count)
		for index: int in schema.inputs.size():
			schema.inputs[index].write(writer, inputs.values[index])
	if write:
		_write(writer, schema.tables[write.table], write)
	return writer.bytes()


static func _write(
	writer: EstragonWriter, table: EstragonStateSchema.Table, write: Write
) -> void:
	writer.varuint(write.table)
	writer.varuint(write.slots.size() << 2 | 2)
	var gaps := write.slots.duplicate()
	var mask := 0
	for index: int in range(gaps.size() - 1, 0, -1):
		gaps[index] -= gaps[index - 1] + 1
	EstragonStateColumn.count("", 0).write(writer, gaps)
	for column: int in write.columns:
		mask |= 1 << column
	writer.varuint(mask)
	for index: int in write.columns.size():
		table.columns[write.columns[index]].write(writer, write.values[index])


func _read_head(reader: EstragonStateReader) -> void:
	var kind := reader.byte()
	var flags := kind & ~EstragonProtocol.KIND_MASK
	is_reset = flags & _RESET != 0
	is_absolute = flags & _ABSOLUTE != 0
	has_more = flags & _MORE != 0
	if flags & ~(_RESET | _ABSOLUTE | _MORE) or is_reset and not is_absolute:
		reader.fail("expected flags of a frame of state, got %d" % flags)
	room = reader.number()
	tick = reader.number()
	back = reader.number()
	if back > tick or is_reset and back != 0:
		reader.fail("expected a base of 0 to %d, got %d back" % [tick, back])


func _read_section(reader: EstragonStateReader, table: EstragonStateSchema.Table, op: int) -> void:
	if op == Op.UPDATE:
		_read_changes(reader, table)
		return
	var section := Section.new(table.number, op, reader.rows(table.most))
	sections.append(section)
	if op != Op.ADD:
		return
	if section.rows.is_all:
		reader.fail("expected the rows that are added, got all")
	for column: EstragonStateColumn in table.columns:
		if reader.problem:
			return
		section.values.append(column.read(reader, section.rows.n))


func _read_changes(reader: EstragonStateReader, table: EstragonStateSchema.Table) -> void:
	var mask := reader.number()
	var count := table.columns.size()
	if mask == 0 or mask >> count != 0:
		reader.fail("expected a mask of %d columns, got %d" % [count, mask])
	var rows: EstragonStateReader.Rows = null
	for column: int in count:
		if not mask >> column & 1:
			continue
		rows = reader.rows(table.most, rows)
		if reader.problem:
			return
		var section := Section.new(table.number, Op.UPDATE, rows)
		section.column = column
		section.values = [table.columns[column].read(reader, rows.n)]
		sections.append(section)


## What became of some rows of a table.
class Section:
	extends RefCounted

	## Its number.
	var table: int
	var op: int
	var rows: EstragonStateReader.Rows
	## Of an update: which of the table's columns.
	var column: int = -1
	## A column's values for each column of what was added; of an update one's, which differences are
	## to be added to, unless it is raw or the frame is absolute.
	var values: Array = []

	func _init(its_table: int, its_op: int, its_rows: EstragonStateReader.Rows) -> void:
		table = its_table
		op = its_op
		rows = its_rows


## Inputs one after another, numbered from [member first] on.
class Inputs:
	extends RefCounted

	var first: int
	var count: int
	## Of each column, one value an input.
	var values: Array


## What rows are to be.
class Write:
	extends RefCounted

	## Its number.
	var table: int
	## Ascending.
	var slots: PackedInt32Array
	## Which columns, ascending.
	var columns: PackedInt32Array
	## Of each of these, one value a row.
	var values: Array
