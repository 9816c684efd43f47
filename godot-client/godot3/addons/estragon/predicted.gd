# Plays our own row: from keys and sticks it makes the inputs that the room takes, and it moves a node,
# its parent unless said, as our row is predicted.
#
# The only script it needs is what an input does, a method of its node:
#
#     func step(player: Dictionary, input: Dictionary, seconds: float) -> void:
#         player.x += input.x * 200.0 * seconds
# See EstragonState.predict. In a scene that an EstragonTable spawns for everybody it does nothing for
# others. It may be in the tree before there is a room, and rests while it is not.
tool
class_name EstragonPredicted, "icons/predicted.svg"
extends Node

# warning-ignore-all:return_value_discarded

# Our row is there, and predicted; `row` is an EstragonRow.
signal began(row)
# This is done from now on; set fields of `input` that are no action's, such as where one aims.
signal sampling(input)

const EstragonRow := preload("row.gd")
const EstragonState := preload("state.gd")
const EstragonTable := preload("table.gd")
# Which actions make a field of an input, unless `actions` says: those of its name else.
const USUAL := {
	"x": ["ui_left", "ui_right"],
	"y": ["ui_up", "ui_down"],
	"move": ["ui_left", "ui_right", "ui_up", "ui_down"],
}

# The table of the members' rows, by its name in the room's state.
export var table: String = "players" setget _set_table
# By field of an input, which action of the input map makes it: one, such as "jump", or two for less
# and more, or four for left, right, up and down of a vec2.
export var actions: Dictionary = {} setget _set_actions
# By field of an input, how much an action is that is wholly pressed; 1 unless said.
export var strengths: Dictionary = {}
# The method that does an input, see EstragonState.predict.
export var step: String = "step" setget _set_step
# Whose method, and whose properties are set.
export var node: NodePath = NodePath("..") setget _set_node
# By field of the row, which property is set to it; see EstragonTable.properties.
export var properties: Dictionary = {}
# In the room with this code; the one that was joined, unless set.
export var room: String = ""

var _network: Node
var _state: EstragonState
var _code: String = ""
var _row: EstragonRow
var _paths: Dictionary = {}


func _enter_tree() -> void:
	if Engine.editor_hint:
		return
	_network = get_node_or_null("/root/Network")
	if not _network:
		return
	var rooms = _network.get("rooms")
	rooms.connect("joined", self, "_on_joined")
	rooms.connect("left", self, "_on_left")
	_look_for_room()


func _exit_tree() -> void:
	if not _network:
		return
	var rooms = _network.get("rooms")
	rooms.disconnect("joined", self, "_on_joined")
	rooms.disconnect("left", self, "_on_left")
	_let_go()


func _process(_delta: float) -> void:
	var its_node := get_node_or_null(node)
	if not _state or not its_node or not _is_ours(its_node):
		return
	if not _row or _row.is_gone:
		_seek(its_node)
	if not _row:
		return
	var input := sampled()
	emit_signal("sampling", input)
	_state.input(input)
	for field in _paths:
		its_node.set_indexed(_paths[field], _row.smooth(field))


# The row that is predicted; null until it is there.
func row() -> EstragonRow:
	return _row


# What the actions make of an input just now.
func sampled() -> Dictionary:
	var input := {}
	var types := _state.input_types() if _state else {}
	for field in types:
		var names := _names(actions.get(field, USUAL.get(field, field)))
		var strength: float = strengths.get(field, 1.0)
		if types[field] == "bool":
			if InputMap.has_action(names[0]):
				input[field] = Input.is_action_pressed(names[0])
		elif names.size() == 4:
			var way := Vector2(_axis(names[0], names[1]), _axis(names[2], names[3]))
			input[field] = way.clamped(1.0) * strength
		elif names.size() == 2:
			input[field] = _axis(names[0], names[1]) * strength
		elif InputMap.has_action(names[0]):
			input[field] = Input.get_action_strength(names[0]) * strength
	return input


func _get_configuration_warning() -> String:
	var its_node := get_node_or_null(node) if is_inside_tree() else null
	if not table:
		return "Set table to the name of the one with a row for each member."
	if is_inside_tree() and not its_node:
		return "Set node to the one that is to be moved."
	if its_node and not its_node.has_method(step):
		return "Give %s a method %s(player, input, seconds)." % [its_node.name, step]
	for field in actions:
		for name in _names(actions[field]):
			if not InputMap.has_action(name) and not ProjectSettings.has_setting("input/" + name):
				return "Add the action %s to the input map." % name
	return ""


static func _names(said) -> Array:
	return said if typeof(said) == TYPE_ARRAY else [said]


static func _axis(less: String, more: String) -> float:
	return Input.get_action_strength(more) - Input.get_action_strength(less)


func _set_table(value: String) -> void:
	table = value
	update_configuration_warning()


func _set_actions(value: Dictionary) -> void:
	actions = value
	update_configuration_warning()


func _set_step(value: String) -> void:
	step = value
	update_configuration_warning()


func _set_node(value: NodePath) -> void:
	node = value
	update_configuration_warning()


func _on_joined(its_room) -> void:
	if _state or room and its_room.code != room:
		return
	_code = its_room.code
	_state = its_room.state


func _on_left(its_room) -> void:
	if its_room.code == _code:
		_let_go()
		_look_for_room()


# Another may have been joined before the one that was left.
func _look_for_room() -> void:
	for its_room in _network.get("rooms").all.values():
		_on_joined(its_room)


# Whether its node is not another's, in a scene that was spawned.
func _is_ours(its_node: Node) -> bool:
	if not its_node.has_meta(EstragonTable.ROW):
		return true
	return its_node.get_meta(EstragonTable.ROW) == _state.table(table).mine()


func _seek(its_node: Node) -> void:
	_row = _state.table(table).mine()
	if not _row:
		return
	_paths = EstragonTable.paths(its_node, _state.table(table).fields(), properties)
	_state.predict(table, its_node, step)
	emit_signal("began", _row)


func _let_go() -> void:
	if _state and _row:
		_state.rest()
		_state.predict(table, null)
	_state = null
	_row = null
	_code = ""
