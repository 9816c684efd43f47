@tool
@icon("icons/predicted.svg")
class_name EstragonPredicted
extends Node
## Plays our own row: from keys and sticks it makes the inputs that the room takes, and it moves a
## node, its parent unless said, as our row is predicted.
##
## The only script it needs is what an input does, a method of its node:
## [codeblock]
## func step(player: Dictionary, input: Dictionary, seconds: float) -> void:
##     player.x += input.x * 200.0 * seconds
## [/codeblock]
## See [method EstragonState.predict]. In a scene that an [EstragonTable] spawns for everybody it does
## nothing for others. It may be in the tree before there is a room, and rests while it is not.

## Our row is there, and predicted.
signal began(row: EstragonRow)
## This is done from now on; set fields of [param input] that are no action's, such as where one aims.
signal sampling(input: Dictionary)

## Which actions make a field of an input, unless [member actions] says: those of its name else.
const USUAL: Dictionary = {
	"x": ["ui_left", "ui_right"],
	"y": ["ui_up", "ui_down"],
	"move": ["ui_left", "ui_right", "ui_up", "ui_down"],
}

## The table of the members' rows, by its name in the room's state.
@export var table: String = "players":
	set(value):
		table = value
		update_configuration_warnings()
## By field of an input, which action of the input map makes it: one, such as [code]"jump"[/code], or
## two for less and more, or four for left, right, up and down of a vec2.
@export var actions: Dictionary = {}:
	set(value):
		actions = value
		update_configuration_warnings()
## By field of an input, how much an action is that is wholly pressed; 1 unless said.
@export var strengths: Dictionary = {}
## The method that does an input, see [method EstragonState.predict].
@export var step: String = "step":
	set(value):
		step = value
		update_configuration_warnings()
## Whose method, and whose properties are set.
@export var node: NodePath = ^"..":
	set(value):
		node = value
		update_configuration_warnings()
## By field of the row, which property is set to it; see [member EstragonTable.properties].
@export var properties: Dictionary = {}
## In the room with this code; the one that was joined, unless set.
@export var room: String = ""

var _network: Node
var _state: EstragonState
var _code: String
var _row: EstragonRow
var _paths: Dictionary = {}


func _enter_tree() -> void:
	if Engine.is_editor_hint():
		return
	_network = get_node_or_null(^"/root/Network")
	if not _network:
		return
	var rooms: EstragonRooms = _network.get(&"rooms")
	rooms.joined.connect(_on_joined)
	rooms.left.connect(_on_left)
	_look_for_room()


func _exit_tree() -> void:
	if not _network:
		return
	var rooms: EstragonRooms = _network.get(&"rooms")
	rooms.joined.disconnect(_on_joined)
	rooms.left.disconnect(_on_left)
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
	sampling.emit(input)
	_state.input(input)
	for field: String in _paths:
		var path: NodePath = _paths[field]
		its_node.set_indexed(path, _row.smooth(field))


## The row that is predicted; [code]null[/code] until it is there.
func row() -> EstragonRow:
	return _row


## What the actions make of an input just now.
func sampled() -> Dictionary:
	var input := {}
	var types := _state.input_types() if _state else {}
	for field: String in types:
		var names := _names(actions.get(field, USUAL.get(field, field)))
		var strength: float = strengths.get(field, 1.0)
		if types[field] == "bool":
			if InputMap.has_action(names[0]):
				input[field] = Input.is_action_pressed(names[0])
		elif names.size() == 4:
			input[field] = Input.get_vector(names[0], names[1], names[2], names[3]) * strength
		elif names.size() == 2:
			input[field] = Input.get_axis(names[0], names[1]) * strength
		elif InputMap.has_action(names[0]):
			input[field] = Input.get_action_strength(names[0]) * strength
	return input


func _get_configuration_warnings() -> PackedStringArray:
	var warnings := PackedStringArray()
	if not table:
		warnings.append("Set table to the name of the one with a row for each member.")
	var its_node := get_node_or_null(node) if is_inside_tree() else null
	if is_inside_tree() and not its_node:
		warnings.append("Set node to the one that is to be moved.")
	if its_node and not its_node.has_method(step):
		warnings.append("Give %s a method %s(player, input, seconds)." % [its_node.name, step])
	for field: String in actions:
		for name: String in _names(actions[field]):
			if not _has_action(name):
				warnings.append("Add the action %s to the input map." % name)
	return warnings


static func _names(said: Variant) -> PackedStringArray:
	var names: Array = said if said is Array else [said]
	return PackedStringArray(names)


## An editor's own input map is not that of the game.
static func _has_action(name: String) -> bool:
	return InputMap.has_action(name) or ProjectSettings.has_setting("input/" + name)


func _on_joined(its_room: EstragonRoom) -> void:
	if _state or room and its_room.code != room:
		return
	_code = its_room.code
	_state = its_room.state


func _on_left(its_room: EstragonRoom) -> void:
	if its_room.code == _code:
		_let_go()
		_look_for_room()


## Another may have been joined before the one that was left.
func _look_for_room() -> void:
	var rooms: EstragonRooms = _network.get(&"rooms")
	for code: String in rooms.all:
		var its_room: EstragonRoom = rooms.all[code]
		_on_joined(its_room)


## Whether its node is not another's, in a scene that was spawned.
func _is_ours(its_node: Node) -> bool:
	if not its_node.has_meta(EstragonTable.ROW):
		return true
	var spawned_for: EstragonRow = its_node.get_meta(EstragonTable.ROW)
	return spawned_for == _state.table(table).mine()


func _seek(its_node: Node) -> void:
	_row = _state.table(table).mine()
	if not _row:
		return
	_paths = EstragonTable.paths(its_node, _state.table(table).fields(), properties)
	_state.predict(table, Callable(its_node, step))
	began.emit(_row)


func _let_go() -> void:
	if _state and _row:
		_state.rest()
		_state.predict(table, Callable())
	_state = null
	_row = null
	_code = ""
