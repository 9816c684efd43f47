# Shows the rows of a table of the room one sits in: a scene for each, moved as the row is.
#
# Spawns `scene` for every row there is, sets properties of it to what the row's fields are to be
# shown as, and frees it when the row is gone. It may be in the tree before there is a room, and goes
# with its scene. Where `scene` is not set, its first child is what is spawned.
tool
class_name EstragonTable, "icons/table.svg"
extends Node

# warning-ignore-all:return_value_discarded

# A row's node is in the tree; its fields are set. `row` is an EstragonRow.
signal spawned(node, row)
# It is freed, as its row is gone.
signal despawning(node, row)

const EstragonRow := preload("row.gd")
const EstragonStateNotation := preload("state_notation.gd")
const EstragonStateTable := preload("state_table.gd")
# The metadata of a spawned node that says of which EstragonRow it is.
const ROW := "estragon_row"
# Which property a field is for, unless `properties` says; else one of the same name.
const USUAL := {
	"at": "position",
	"x": "position:x",
	"y": "position:y",
	"z": "position:z",
	"angle": "rotation",
}

# Which table, by its name in the room's state.
export var table: String = "" setget _set_table
# What is spawned for a row; copies of the first child, unless set.
export var scene: PackedScene setget _set_scene
# What is spawned for a row of our own; `scene`, unless set. Put an EstragonOwned into it.
export var own_scene: PackedScene
# Whether rows of our own are spawned; not where they have a node already, with an EstragonOwned or
# EstragonPredicted.
export var shows_own: bool = true
# By field, which property of the spawned node it sets, such as {"at": "position"}; an empty one for
# none. Fields that are not named go to USUAL properties, or to those of their own names.
export var properties: Dictionary = {}
# Whether values are shown smooth; else as they come.
export var smooth: bool = true
# By field, how far a change is a leap, between the ends of which nothing is shown.
export var leaps: Dictionary = {}
# Where nodes are spawned.
export var under: NodePath = NodePath("..")
# In the room with this code; the one that was joined, unless set.
export var room: String = ""
# By name, the fields that the table has in a room that an EstragonSeat makes, such as
# {"at": "vec2(0, 1000, 0.1)", "turn": "angle(10)", "hp": "uint8"}.
export var fields: Dictionary = {} setget _set_fields
# Who writes its rows in such a room: each its owner, or all of them the host.
export(String, "owner", "host") var write: String = "owner"
# Who sees a row in such a room.
export(String, "all", "owner") var sees: String = "all"

var _network: Node
var _table: EstragonStateTable
var _code: String = ""
# By row, its node.
var _nodes: Dictionary = {}
# By row, the path of the property that a field is for.
var _paths: Dictionary = {}
# What is spawned where `scene` is not set.
var _template: Node


func _enter_tree() -> void:
	if Engine.editor_hint:
		return
	if not scene and not _template and get_child_count() > 0:
		_template = get_child(0)
		remove_child(_template)
	_network = get_node_or_null("/root/Network")
	if not _network:
		return
	var rooms = _network.get("rooms")
	rooms.connect("joined", self, "_on_joined")
	rooms.connect("left", self, "_on_left")
	_look()


func _exit_tree() -> void:
	if not _network:
		return
	var rooms = _network.get("rooms")
	rooms.disconnect("joined", self, "_on_joined")
	rooms.disconnect("left", self, "_on_left")
	_let_go()


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and is_instance_valid(_template):
		_template.free()


func _process(_delta: float) -> void:
	for row in _nodes:
		var node := node_of(row)
		if node:
			_show(row, node)


# The node of a row, unless the game has freed it; null for none.
func node_of(row: EstragonRow) -> Node:
	var node = _nodes.get(row)
	return node if is_instance_valid(node) else null


# What a new room is to know of it.
func schema() -> Dictionary:
	var said := {"name": table, "write": write, "fields": EstragonStateNotation.fields(fields)}
	if sees == "owner":
		said["sees"] = {"who": sees}
	return said


func _get_configuration_warning() -> String:
	if not table:
		return "Set table to the name of one that the room has."
	if not scene and not _template and get_child_count() == 0:
		return "Set scene to what is to be spawned for each row, or give it a child."
	return EstragonStateNotation.problem(fields)


func _set_fields(value: Dictionary) -> void:
	fields = value
	update_configuration_warning()


func _set_table(value: String) -> void:
	table = value
	update_configuration_warning()


func _set_scene(value: PackedScene) -> void:
	scene = value
	update_configuration_warning()


func _on_joined(its_room) -> void:
	if _table or room and its_room.code != room:
		return
	_code = its_room.code
	_table = its_room.state.table(table)
	for field in leaps:
		_table.smoothing(field, leaps[field])
	_table.connect("added", self, "_spawn")
	_table.connect("removed", self, "_despawn")
	for row in _table.rows():
		_spawn(row)


func _on_left(its_room) -> void:
	if its_room.code == _code:
		_let_go()
		_look()


# Takes the room that we are in, if it is in one that fits.
func _look() -> void:
	for its_room in _network.get("rooms").all.values():
		_on_joined(its_room)


# Frees what it has spawned.
func _let_go() -> void:
	if not _table:
		return
	_table.disconnect("added", self, "_spawn")
	_table.disconnect("removed", self, "_despawn")
	_table = null
	_code = ""
	for row in _nodes.keys():
		_despawn(row)


func _spawn(row: EstragonRow) -> void:
	var is_own: bool = row.is_own or row.is_mine
	var parent := get_node_or_null(under)
	if not parent or _nodes.has(row) or is_own and not shows_own:
		return
	var its_scene := own_scene if own_scene and is_own else scene
	if not its_scene and not _template:
		return
	var node := its_scene.instance() if its_scene else _template.duplicate()
	node.set_meta(ROW, row)
	_nodes[row] = node
	_paths[row] = paths(node, _table.fields(), properties)
	_show(row, node)
	# While a scene is set up its nodes are not to be given children.
	parent.call_deferred("add_child", node)
	call_deferred("_tell", row)


func _tell(row: EstragonRow) -> void:
	var node := node_of(row)
	if node:
		emit_signal("spawned", node, row)


func _despawn(row: EstragonRow) -> void:
	var node := node_of(row)
	_nodes.erase(row)
	_paths.erase(row)
	if node:
		emit_signal("despawning", node, row)
		node.queue_free()


func _show(row: EstragonRow, node: Node) -> void:
	# What we write ourselves is where the game has it.
	if row.is_mine and own_scene:
		return
	for field in _paths[row]:
		var value = row.smooth(field) if smooth else row.get(field)
		node.set_indexed(_paths[row][field], value)


# By field, the path of the property of `node` that it is for.
static func paths(node: Node, all_fields: Array, named: Dictionary) -> Dictionary:
	var all := {}
	for field in all_fields:
		var usual: String = USUAL.get(field, field)
		var path: String = named.get(field, usual)
		if path and path.split(":")[0] in node:
			all[field] = NodePath(path)
	return all
