# Takes a seat in a room, without a script: connects where nobody has, and joins a room or makes it.
#
# A room of the kind "open" is made with the tables that the EstragonTable nodes of its scene say by
# `fields`: such a game needs no server code. The seat is given up with the scene; a lost session takes
# another.
#
#     Pond (Node2D)
#     ├ Seat (EstragonSeat)      properties: {"game": "ducks"}
#     ├ Ducks (EstragonTable)    table: ducks, fields: {"at": "vec2(0, 1000, 0.1)"}, shows_own: off
#     │ └ Sprite                 what is spawned for each
#     └ Me (Sprite)
#       └ Mine (EstragonOwned)   table: ducks
tool
class_name EstragonSeat, "icons/seat.svg"
extends Node

# warning-ignore-all:return_value_discarded

# We have a seat; `room` is an EstragonRoom.
signal seated(room)
# There is none to be had, an EstragonError says why; where that may pass it is tried again. Where nobody
# listens, `Network.error_received` tells.
signal failed(error)

const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")
const EstragonTable := preload("table.gd")
# What trying again does not change.
const _FINAL := [
	EstragonProtocol.REFUSED,
	EstragonProtocol.UNKNOWN_KIND,
	EstragonProtocol.UNSUPPORTED,
	EstragonProtocol.INVALID_MESSAGE_DATA,
	EstragonProtocol.ALREADY_IN_ROOM,
	EstragonProtocol.BANNED,
]

# Which server, where nobody has connected; the project setting `estragon/url` unless set.
export var url: String = ""
# The room of which kind.
export var kind: String = "open" setget _set_kind
# What the room must say, and a new one says: with whom one plays.
export var properties: Dictionary = {} setget _set_properties
# The code of the room to join; any of `kind` and `properties` unless set.
export var code: String = "" setget _set_code
# What the others know us by.
export var known_as: String = ""
# How often a new room of the kind "open" tells what changed, in a second.
export(int, 1, 60) var tick_hz: int = 20
# After how many seconds it is tried again where it failed; never for 0.
export(float, 0, 600, 0.1) var again_after: float = 5.0

var _network: Node
var _room = null
var _is_taking: bool = false


func _enter_tree() -> void:
	if Engine.editor_hint:
		return
	_network = get_node_or_null("/root/Network")
	if not _network:
		return
	_network.get("rooms").connect("left", self, "_on_left")
	_network.connect("session_lost", self, "_on_lost")
	# The tables of the scene are there by then.
	call_deferred("_take")


func _exit_tree() -> void:
	if not _network:
		return
	_network.get("rooms").disconnect("left", self, "_on_left")
	_network.disconnect("session_lost", self, "_on_lost")
	_leave()


# The EstragonRoom that we sit in; null until we do.
func room():
	return _room


# What a new room is to know: the tables of the scene, those of one name once.
func tables() -> Array:
	var by_name := {}
	for table in _tables_in(owner if owner else get_parent()):
		if not table.fields.empty() and not by_name.has(table.table):
			by_name[table.table] = table.schema()
	return by_name.values()


func _get_configuration_warning() -> String:
	if not kind and not code:
		return "Set kind to the kind of room, or code to the code of one."
	if kind == "open" and not code and properties.empty():
		return (
			"Set properties, such as {\"game\": \"ducks\"}: other games have rooms of this kind,"
			+ " too."
		)
	return ""


func _set_kind(value: String) -> void:
	kind = value
	update_configuration_warning()


func _set_properties(value: Dictionary) -> void:
	properties = value
	update_configuration_warning()


func _set_code(value: String) -> void:
	code = value
	update_configuration_warning()


func _take() -> void:
	if _is_taking or _room or not is_inside_tree():
		return
	_is_taking = true
	var result: EstragonResult = yield(_sit(), "completed")
	_is_taking = false
	if not is_inside_tree():
		_leave()
	elif result.peek():
		_fail(result)


func _sit() -> EstragonResult:
	yield(get_tree(), "idle_frame")
	while is_inside_tree() and _network.get("state") == EstragonSession.State.CONNECTING:
		yield(get_tree(), "idle_frame")
	if not is_inside_tree():
		return EstragonResult.new()
	if _network.get("state") == EstragonSession.State.CLOSED:
		var connected: EstragonResult = yield(_network.connect_to_server(url), "completed")
		if connected.peek() or not is_inside_tree():
			return connected
	var result: EstragonResult = yield(_join(), "completed")
	if not result.peek():
		_room = result.room
		emit_signal("seated", _room)
	return result


func _join() -> EstragonResult:
	var rooms = _network.get("rooms")
	if code:
		return yield(rooms.join(code, known_as), "completed")
	var asked := {"properties": properties}
	if known_as:
		asked["name"] = known_as
	var all := tables()
	if not all.empty():
		asked["state"] = {"tables": all, "tick_hz": tick_hz}
	return yield(rooms.join_or_create(kind, asked), "completed")


func _fail(result: EstragonResult) -> void:
	var error = result.peek()
	result.ignore()
	emit_signal("failed", error)
	if get_signal_connection_list("failed").empty():
		_network.get("session").emit_signal("error_received", error)
	if again_after > 0.0 and not error.code in _FINAL:
		_network.get("session").world.after(again_after * 1000.0, self, "_take")


func _leave() -> void:
	var left = _room
	_room = null
	if left and _network.get("rooms").all.has(left.code):
		var result: EstragonResult = yield(left.leave(), "completed")
		result.ignore()


func _on_left(its_room) -> void:
	if its_room == _room:
		_room = null


func _on_lost(_reason: String) -> void:
	call_deferred("_take")


func _tables_in(node: Node) -> Array:
	var found := []
	if node is EstragonTable:
		found.append(node)
	for child in node.get_children():
		found += _tables_in(child)
	return found
