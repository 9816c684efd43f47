@tool
@icon("icons/owned.svg")
class_name EstragonOwned
extends Node
## Writes a row of our own from the properties of a node: its parent, unless said.
##
## Where its node was spawned by an [EstragonTable] it writes that row; else our first row of the
## table, or one that it adds. Only what has changed is sent, once in a tick.

## The row that is written is there.
signal began(row: EstragonRow)
## What was written is not to be: the properties are set to what the room has.
signal corrected(error: EstragonError)

## Which table, by its name in the room's state.
@export var table: String = "":
	set(value):
		table = value
		update_configuration_warnings()
## By field, which property is written to it; see [member EstragonTable.properties].
@export var properties: Dictionary = {}
## Whose properties.
@export var node: NodePath = ^"..":
	set(value):
		node = value
		update_configuration_warnings()
## Whether a row is added where we have none.
@export var adds: bool = true
## In the room with this code; the one that was joined, unless set.
@export var room: String = ""

var _network: Node
var _table: EstragonStateTable
var _code: String
var _row: EstragonRow
var _is_adding: bool = false
var _has_added: bool = false
## Where the row is going to be that was added; -1 for none.
var _awaited: int = -1
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
	_look()


func _exit_tree() -> void:
	if not _network:
		return
	var rooms: EstragonRooms = _network.get(&"rooms")
	rooms.joined.disconnect(_on_joined)
	rooms.left.disconnect(_on_left)
	if _row and _has_added and not _row.is_gone:
		_row.remove()
	_let_go()


func _process(_delta: float) -> void:
	var its_node := get_node_or_null(node)
	if not _table or not its_node:
		return
	if not _row or _row.is_gone:
		_seek(its_node)
	elif _row.is_mine:
		for field: String in _paths:
			var path: NodePath = _paths[field]
			_row.set(field, its_node.get_indexed(path))


## The row that is written; [code]null[/code] until it is there.
func row() -> EstragonRow:
	return _row


func _get_configuration_warnings() -> PackedStringArray:
	var warnings := PackedStringArray()
	if not table:
		warnings.append("Set table to the name of one that the room has, whose rows their owners write.")
	if is_inside_tree() and not get_node_or_null(node):
		warnings.append("Set node to the one whose properties are to be written.")
	return warnings


func _on_joined(its_room: EstragonRoom) -> void:
	if _table or room and its_room.code != room:
		return
	_code = its_room.code
	_table = its_room.state.table(table)
	_table.corrected.connect(_on_corrected)


func _on_left(its_room: EstragonRoom) -> void:
	if its_room.code == _code:
		_let_go()
		_look()


## Takes the room that we are in, if it is in one that fits.
func _look() -> void:
	var rooms: EstragonRooms = _network.get(&"rooms")
	for code: String in rooms.all:
		var its_room: EstragonRoom = rooms.all[code]
		_on_joined(its_room)


func _let_go() -> void:
	if _table:
		_table.corrected.disconnect(_on_corrected)
	_table = null
	_row = null
	_has_added = false
	_awaited = -1


## Looks for the row, and adds one where there is none.
func _seek(its_node: Node) -> void:
	if _table.fields().is_empty() or _is_adding:
		return
	var found: EstragonRow
	if its_node.has_meta(EstragonTable.ROW):
		found = its_node.get_meta(EstragonTable.ROW)
	if not found or found.is_gone:
		found = _table.at(_awaited) if _awaited >= 0 else _table.mine()
	_paths = EstragonTable.paths(its_node, _table.fields(), properties)
	if found:
		_row = found
		_awaited = -1
		began.emit(_row)
	elif adds and _awaited < 0:
		_add(its_node)


func _add(its_node: Node) -> void:
	_is_adding = true
	var its_table := _table
	var values := {}
	for field: String in _paths:
		var path: NodePath = _paths[field]
		values[field] = its_node.get_indexed(path)
	var result := await its_table.add(values)
	_is_adding = false
	_has_added = not result.peek() and _table == its_table
	if _has_added:
		_awaited = result.data["slot"]


func _on_corrected(its_row: EstragonRow, error: EstragonError) -> void:
	var its_node := get_node_or_null(node)
	if its_row != _row or not its_node:
		return
	for field: String in _paths:
		var path: NodePath = _paths[field]
		its_node.set_indexed(path, _row.get(field))
	corrected.emit(error)
