# A row of what a room knows: its fields are properties of it.
#
# var players := room.state.table("players")
# players.connect("added", self, "_on_added") # with an EstragonRow: row.hp, row.owner
#
# func _process(_delta):
#     sprite.position = row.smooth("at")
# Where it is ours to do, a field is written like any property; it is sent with the next tick, and
# what may not be so is told by `EstragonStateTable.corrected`.
class_name EstragonRow
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonResult := preload("result.gd")
const EstragonStateCells := preload("state_cells.gd")
const EstragonStateField := preload("state_field.gd")

# Its place in the table, as the room's logic knows it too.
var slot: int
# The number of the member whose it is; 0 for nobody's.
var owner: int setget , _get_owner
# Whether it is ours to write.
var is_mine: bool setget , _get_is_mine
# Whether it is not there any more, or not for us; it keeps its last values.
var is_gone: bool setget , _get_is_gone
# What it will be once the server has had all our inputs: its fields by their names; empty unless it is
# our own, and predicted. Not to be changed.
var predicted: Dictionary setget , _get_predicted

var _cells: EstragonStateCells


func _init(its_slot: int, cells: EstragonStateCells) -> void:
	slot = its_slot
	_cells = cells


# A field as it is to be shown just now: a little late, and smooth; what we write as it is, and what is
# predicted, see EstragonState.predict, as it will be. null for a name that is no field.
func smooth(field: String):
	return _cells.smooth(field)


# Takes it out of its table, where that is ours to do.
func remove() -> EstragonResult:
	return yield(_cells.here.remove(_cells.shape.name, slot), "completed")


func _get_owner() -> int:
	return _cells.owner()


func _get_is_mine() -> bool:
	return _cells.is_mine()


func _get_is_gone() -> bool:
	return _cells.is_gone


func _get_predicted() -> Dictionary:
	return _cells.prediction.state if _cells.prediction else {}


func _get(property: String):
	var field := _field(property)
	return _cells.value(field) if field else null


func _set(property: String, value):
	if not _field(property):
		return false
	var error = _cells.write(property, value)
	if error:
		_cells.here.tell(error)
	return true


func _get_property_list() -> Array:
	var list: Array = []
	for field in _cells.shape.fields if _cells else {}:
		list.append({"name": field, "type": TYPE_NIL, "usage": PROPERTY_USAGE_DEFAULT})
	return list


func _field(property: String) -> EstragonStateField:
	return _cells.shape.fields.get(property) if _cells else null
