class_name EstragonRow
extends RefCounted
## A row of what a room knows: its fields are properties of it.
##
## [codeblock]
## var players := room.state.table("players")
## players.added.connect(func(row: EstragonRow) -> void: print(row.get("hp"), row.owner))
##
## func _process(_delta: float) -> void:
##     sprite.position = row.smooth("at")
## [/codeblock]
## Where it is ours to do, a field is written like any property; it is sent with the next tick, and
## what may not be so is told by [signal EstragonStateTable.corrected].

## Its place in the table, as the room's logic knows it too.
var slot: int
## The number of the member whose it is; 0 for nobody's.
var owner: int:
	get:
		return _cells.owner()
## Whether it is ours to write.
var is_mine: bool:
	get:
		return _cells.is_mine()
## Whether it is not there any more, or not for us; it keeps its last values.
var is_gone: bool:
	get:
		return _cells.is_gone

## What it will be once the server has had all our inputs: its fields by their names; empty unless it
## is our own, and predicted. Not to be changed.
var predicted: Dictionary:
	get:
		return _cells.prediction.state if _cells.prediction else {}

var _cells: EstragonStateCells


func _init(its_slot: int, cells: EstragonStateCells) -> void:
	slot = its_slot
	_cells = cells


## A field as it is to be shown just now: a little late, and smooth; what we write as it is, and what
## is predicted, see [method EstragonState.predict], as it will be.
## [code]null[/code] for a name that is no field.
func smooth(field: String) -> Variant:
	return _cells.smooth(field)


## Takes it out of its table, where that is ours to do.
func remove() -> EstragonResult:
	return await _cells.here.remove(_cells.shape.name, slot)


func _get(property: StringName) -> Variant:
	var field := _field(property)
	return _cells.value(field) if field else null


func _set(property: StringName, value: Variant) -> bool:
	if not _field(property):
		return false
	var error := _cells.write(property, value)
	if error:
		_cells.here.tell(error)
	return true


func _get_property_list() -> Array[Dictionary]:
	var list: Array[Dictionary] = []
	for field: String in _cells.shape.fields if _cells else {}:
		list.append({"name": field, "type": TYPE_NIL, "usage": PROPERTY_USAGE_DEFAULT})
	return list


func _field(property: StringName) -> EstragonStateField:
	return _cells.shape.fields.get(String(property)) if _cells else null
