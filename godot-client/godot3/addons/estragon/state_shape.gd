# What the rows of a table have in common: its fields, and what is followed of them.
class_name EstragonStateShape
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonStateColumn := preload("state_column.gd")
const EstragonStateField := preload("state_field.gd")
const EstragonStateSchema := preload("state_schema.gd")

# Its name.
var name: String
# Who writes them beside the server.
var write: String
# Whether their first column says whose they are.
var is_owned: bool
# What travels of them.
var columns: Array = []
# EstragonStateField by name.
var fields: Dictionary = {}
# The fields that somebody shows.
var followed: Dictionary = {}
# What has changed of them in this frame: field, slots, time, since.
var touched: Array = []
# The fields that say that others leap.
var flags: Dictionary = {}
# Those of them, by field and slot, that have changed in this frame.
var flagged: Dictionary = {}

var _leaps: Dictionary
var _names: Array = []


func _init(schema: EstragonStateSchema.Table, leaps: Dictionary) -> void:
	name = schema.name
	write = schema.write
	is_owned = schema.is_owned
	columns = schema.columns
	_leaps = leaps
	for index in schema.fields.size():
		var its_schema: Dictionary = schema.fields[index]
		var field := EstragonStateField.new(its_schema, index, columns)
		fields[field.name] = field
	for column in columns:
		var its_name := "owner" if column.field == EstragonStateColumn.OWNER_FIELD else ""
		_names.append(str(fields.keys()[column.field]) if column.field >= 0 else its_name)


# The name of the field that a column is of; empty for one that is of none.
func field_of(column: int) -> String:
	return _names[column]


# A change of the field by more than so much is a leap.
func leap(field: String) -> float:
	if not _leaps.has(field):
		return INF
	flags[_leaps[field][1]] = true
	return _leaps[field][0]
