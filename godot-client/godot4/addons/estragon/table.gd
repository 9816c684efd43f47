@tool
@icon("icons/table.svg")
class_name EstragonTable
extends Node
## Shows the rows of a table of the room one sits in: a scene for each, moved as the row is.
##
## Spawns [member scene] for every row there is, sets properties of it to what the row's fields are to
## be shown as, and frees it when the row is gone. It may be in the tree before there is a room, and
## goes with its scene. Where [member scene] is not set, its first child is what is spawned.

## A row's [param node] is in the tree; its fields are set.
signal spawned(node: Node, row: EstragonRow)
## It is freed, as its row is gone.
signal despawning(node: Node, row: EstragonRow)

## The metadata of a spawned node that says of which [EstragonRow] it is.
const ROW := &"estragon_row"
## Which property a field is for, unless [member properties] says; else one of the same name.
const USUAL: Dictionary = {
	"at": "position",
	"x": "position:x",
	"y": "position:y",
	"z": "position:z",
	"angle": "rotation",
	"turn": "quaternion",
}

## Which table, by its name in the room's state.
@export var table: String = "":
	set(value):
		table = value
		update_configuration_warnings()
## What is spawned for a row; copies of the first child, unless set.
@export var scene: PackedScene:
	set(value):
		scene = value
		update_configuration_warnings()
## What is spawned for a row of our own; [member scene], unless set. Put an [EstragonOwned] into it.
@export var own_scene: PackedScene
## Whether rows of our own are spawned; not where they have a node already, with an [EstragonOwned] or
## [EstragonPredicted].
@export var shows_own: bool = true
## By field, which property of the spawned node it sets, such as [code]{"at": "position"}[/code]; an
## empty one for none. Fields that are not named go to [constant USUAL] properties, or to those of
## their own names.
@export var properties: Dictionary = {}
## Whether values are shown smooth; else as they come.
@export var smooth: bool = true
## By field, how far a change is a leap, between the ends of which nothing is shown.
@export var leaps: Dictionary = {}
## Where nodes are spawned.
@export var under: NodePath = ^".."
## In the room with this code; the one that was joined, unless set.
@export var room: String = ""
@export_group("Of a new room")
## By name, the fields that the table has in a room that an [EstragonSeat] makes, such as
## [code]{"at": "vec2(0, 1000, 0.1)", "turn": "angle(10)", "hp": "uint8"}[/code].
@export var fields: Dictionary = {}:
	set(value):
		fields = value
		update_configuration_warnings()
## Who writes its rows: each its owner, or all of them the host.
@export_enum("owner", "host") var write: String = "owner"
## Who sees a row.
@export_enum("all", "owner") var sees: String = "all"

var _network: Node
var _table: EstragonStateTable
var _code: String
## By row, its node.
var _nodes: Dictionary = {}
## By row, pairs of a field and the path of its property.
var _paths: Dictionary = {}
## What is spawned where [member scene] is not set.
var _template: Node


func _enter_tree() -> void:
	if Engine.is_editor_hint():
		return
	if not scene and not _template and get_child_count() > 0:
		_template = get_child(0)
		remove_child(_template)
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
	_let_go()


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and is_instance_valid(_template):
		_template.free()


func _process(_delta: float) -> void:
	for row: EstragonRow in _nodes:
		var node: Node = _node(row)
		if node:
			_show(row, node)


## The node of a row; [code]null[/code] for none.
func node_of(row: EstragonRow) -> Node:
	return _node(row)


## What a new room is to know of it.
func schema() -> Dictionary:
	var said := {"name": table, "write": write, "fields": EstragonStateNotation.fields(fields)}
	if sees == "owner":
		said["sees"] = {"who": sees}
	return said


func _get_configuration_warnings() -> PackedStringArray:
	var warnings := PackedStringArray()
	if not table:
		warnings.append("Set table to the name of one that the room has.")
	if not scene and not _template and get_child_count() == 0:
		warnings.append("Set scene to what is to be spawned for each row, or give it a child.")
	var problem := EstragonStateNotation.problem(fields)
	if problem:
		warnings.append(problem)
	return warnings


func _on_joined(its_room: EstragonRoom) -> void:
	if _table or room and its_room.code != room:
		return
	_code = its_room.code
	_table = its_room.state.table(table)
	for field: String in leaps:
		var leap: float = leaps[field]
		_table.smoothing(field, leap)
	_table.added.connect(_spawn)
	_table.removed.connect(_despawn)
	for row: EstragonRow in _table.rows():
		_spawn(row)


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


## Frees what it has spawned.
func _let_go() -> void:
	if not _table:
		return
	_table.added.disconnect(_spawn)
	_table.removed.disconnect(_despawn)
	_table = null
	_code = ""
	for row: EstragonRow in _nodes.keys():
		_despawn(row)


func _spawn(row: EstragonRow) -> void:
	var is_own := row.is_own or row.is_mine
	var parent := get_node_or_null(under)
	if not parent or _nodes.has(row) or is_own and not shows_own:
		return
	var its_scene := own_scene if own_scene and is_own else scene
	if not its_scene and not _template:
		return
	var node := its_scene.instantiate() if its_scene else _template.duplicate()
	node.set_meta(ROW, row)
	_nodes[row] = node
	_paths[row] = paths(node, _table.fields(), properties)
	_show(row, node)
	# While a scene is set up its nodes are not to be given children.
	parent.add_child.call_deferred(node)
	_tell.call_deferred(row)


func _tell(row: EstragonRow) -> void:
	var node := _node(row)
	if node:
		spawned.emit(node, row)


func _despawn(row: EstragonRow) -> void:
	var node := _node(row)
	_nodes.erase(row)
	_paths.erase(row)
	if node:
		despawning.emit(node, row)
		node.queue_free()


## The row's node, unless the game has freed it.
func _node(row: EstragonRow) -> Node:
	var node: Variant = _nodes.get(row)
	if not is_instance_valid(node):
		return null
	return node


func _show(row: EstragonRow, node: Node) -> void:
	# What we write ourselves is where the game has it.
	if row.is_mine and own_scene:
		return
	var its_paths: Dictionary = _paths[row]
	for field: String in its_paths:
		var path: NodePath = its_paths[field]
		node.set_indexed(path, row.smooth(field) if smooth else row.get(field))


## By field, the path of the property of [param node] that it is for.
static func paths(node: Node, all_fields: PackedStringArray, named: Dictionary) -> Dictionary:
	var all := {}
	for field: String in all_fields:
		var path: String = named.get(field, USUAL.get(field, field))
		if path and path.get_slice(":", 0) in node:
			all[field] = NodePath(path)
	return all
