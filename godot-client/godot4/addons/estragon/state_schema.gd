class_name EstragonStateSchema
extends RefCounted
## The tables of a room, as [code]state.schema[/code] tells them: what its frames are read and
## written by.

const _ROWS := 4_096

## Tells whether two sides have the same tables.
var hash_text: String
## In order of their numbers.
var tables: Array[Table] = []
## The columns of an input, where the room takes some.
var inputs: Array[EstragonStateColumn] = []
## Its fields.
var input_fields: Array[EstragonStateField] = []


## From what a message says.
func _init(its_hash: String, its_tables: Array, its_inputs: Array = []) -> void:
	hash_text = its_hash
	for index: int in its_inputs.size():
		var field: Dictionary = its_inputs[index]
		inputs.append_array(EstragonStateColumn.of_field(field, index))
	for index: int in its_inputs.size():
		var field: Dictionary = its_inputs[index]
		input_fields.append(EstragonStateField.new(field, index, inputs))
	var is_acknowledged := false
	for schema: Dictionary in its_tables:
		var acknowledges: bool = (
			not inputs.is_empty() and not is_acknowledged and schema.get("rows") == "members"
		)
		is_acknowledged = is_acknowledged or acknowledges
		tables.append(Table.new(schema, tables.size(), acknowledges))


## The table of this name; null for none.
func table(name: String) -> Table:
	for one: Table in tables:
		if one.name == name:
			return one
	return null


## The table whose rows say which inputs of their owners were done; null for none.
func acknowledging() -> Table:
	for one: Table in tables:
		if one.columns and one.columns[-1].field == EstragonStateColumn.ACK_FIELD:
			return one
	return null


## Values of a column, as its body is written from them.
static func body(column: EstragonStateColumn, all: Array) -> Variant:
	match column.raw:
		"":
			return PackedInt32Array(all)
		"float32":
			return PackedFloat32Array(all)
		"float64":
			return PackedFloat64Array(all)
	return all


## What a table is: its fields, and the columns these have on the wire.
class Table:
	extends RefCounted

	var name: String
	## Its number in frames.
	var number: int
	## The fields, as the schema says them.
	var fields: Array
	var columns: Array[EstragonStateColumn] = []
	## Slots are below.
	var most: int
	var is_single: bool
	## Its first column says whose a row is, 0 for nobody's.
	var is_owned: bool
	## Who writes its rows beside the server: [code]owner[/code], [code]host[/code] or nobody.
	var write: String

	func _init(schema: Dictionary, its_number: int, acknowledges: bool) -> void:
		var sees: Dictionary = schema.get("sees", {})
		name = schema["name"]
		number = its_number
		fields = schema["fields"]
		write = schema.get("write", "")
		is_single = schema.get("single", false)
		is_owned = (
			schema.get("rows") == "members" or write == "owner" or sees.get("who") == "owner"
		)
		most = 1 if is_single else schema.get("most", _ROWS)
		if is_owned:
			columns.append(EstragonStateColumn.count("owner", EstragonStateColumn.OWNER_FIELD))
		for index: int in fields.size():
			var field: Dictionary = fields[index]
			columns.append_array(EstragonStateColumn.of_field(field, index))
		if acknowledges:
			columns.append(EstragonStateColumn.count("ack", EstragonStateColumn.ACK_FIELD))
