@tool
@icon("icons/seat.svg")
class_name EstragonSeat
extends Node
## Takes a seat in a room, without a script: connects where nobody has, and joins a room or makes it.
##
## A room of the kind [code]open[/code] is made with the tables that the [EstragonTable] nodes of its
## scene say by [member EstragonTable.fields]: such a game needs no server code. The seat is given up
## with the scene; a lost session takes another.
## [codeblock]
## Pond (Node2D)
## ├ Seat (EstragonSeat)      properties: {"game": "ducks"}
## ├ Ducks (EstragonTable)    table: ducks, fields: {"at": "vec2(0, 1000, 0.1)"}, shows_own: off
## │ └ Sprite2D               what is spawned for each
## └ Me (Sprite2D)
##   └ Mine (EstragonOwned)   table: ducks
## [/codeblock]

## We have a seat.
signal seated(room: EstragonRoom)
## There is none to be had; where that may pass it is tried again. Where nobody listens,
## [signal EstragonSession.error_received] tells.
signal failed(error: EstragonError)

const _Network := preload("network.gd")
## What trying again does not change.
const _FINAL: Array[String] = [
	EstragonProtocol.REFUSED,
	EstragonProtocol.UNKNOWN_KIND,
	EstragonProtocol.UNSUPPORTED,
	EstragonProtocol.INVALID_MESSAGE_DATA,
	EstragonProtocol.ALREADY_IN_ROOM,
	EstragonProtocol.BANNED,
]

## Which server, where nobody has connected; the project setting
## [code]estragon/url[/code] unless set.
@export var url: String = ""
## The room of which kind.
@export var kind: String = "open":
	set(value):
		kind = value
		update_configuration_warnings()
## What the room must say, and a new one says: with whom one plays.
@export var properties: Dictionary = {}:
	set(value):
		properties = value
		update_configuration_warnings()
## The code of the room to join; any of [member kind] and [member properties] unless set.
@export var code: String = "":
	set(value):
		code = value
		update_configuration_warnings()
## What the others know us by.
@export var known_as: String = ""
## How often a new room of the kind [code]open[/code] tells what changed, in a second.
@export_range(1, 60) var tick_hz: int = 20
## After how many seconds it is tried again where it failed; never for 0.
@export_range(0, 600, 0.1, "or_greater") var again_after: float = 5.0

var _network: _Network
var _room: EstragonRoom
var _is_taking: bool = false


func _enter_tree() -> void:
	if Engine.is_editor_hint():
		return
	_network = get_node_or_null(^"/root/Network")
	if not _network:
		return
	_network.rooms.left.connect(_on_left)
	_network.session_lost.connect(_on_lost)
	# The tables of the scene are there by then.
	_take.call_deferred()


func _exit_tree() -> void:
	if not _network:
		return
	_network.rooms.left.disconnect(_on_left)
	_network.session_lost.disconnect(_on_lost)
	_leave()


## The room that we sit in; [code]null[/code] until we do.
func room() -> EstragonRoom:
	return _room


## What a new room is to know: the tables of the scene, those of one name once.
func tables() -> Array[Dictionary]:
	var by_name := {}
	for table: EstragonTable in _tables_in(owner if owner else get_parent()):
		if table.fields and not by_name.has(table.table):
			by_name[table.table] = table.schema()
	var all: Array[Dictionary] = []
	all.assign(by_name.values())
	return all


func _get_configuration_warnings() -> PackedStringArray:
	var warnings := PackedStringArray()
	if not kind and not code:
		warnings.append("Set kind to the kind of room, or code to the code of one.")
	if kind == "open" and not code and properties.is_empty():
		warnings.append(
			'Set properties, such as {"game": "ducks"}: other games have rooms of this kind, too.'
		)
	return warnings


func _take() -> void:
	if _is_taking or _room or not is_inside_tree():
		return
	_is_taking = true
	var result := await _sit()
	_is_taking = false
	if not is_inside_tree():
		_leave()
	elif result.peek():
		_fail(result)


func _sit() -> EstragonResult:
	while _network.state == EstragonSession.State.CONNECTING:
		await get_tree().process_frame
		if not is_inside_tree():
			return EstragonResult.success({})
	if _network.state == EstragonSession.State.CLOSED:
		var connected := await _network.connect_to_server(url)
		if connected.peek() or not is_inside_tree():
			return connected
	var result := await _join()
	if not result.peek():
		_room = result.room
		seated.emit(_room)
	return result


func _join() -> EstragonResult:
	if code:
		return await _network.rooms.join(code, known_as)
	var asked := {"properties": properties}
	if known_as:
		asked["name"] = known_as
	var all := tables()
	if all:
		asked["state"] = {"tables": all, "tick_hz": tick_hz}
	return await _network.rooms.join_or_create(kind, asked)


func _fail(result: EstragonResult) -> void:
	var error := result.peek()
	result.ignore()
	failed.emit(error)
	if failed.get_connections().is_empty():
		_network.session.error_received.emit(error)
	if again_after > 0.0 and not error.code in _FINAL:
		_network.session.world.after(again_after * 1000.0, _take)


func _leave() -> void:
	var left := _room
	_room = null
	if left and _network.rooms.all.has(left.code):
		var result := await left.leave()
		result.ignore()


func _on_left(its_room: EstragonRoom) -> void:
	if its_room == _room:
		_room = null


func _on_lost(_reason: String) -> void:
	_take.call_deferred()


func _tables_in(node: Node) -> Array[EstragonTable]:
	var found: Array[EstragonTable] = []
	if node is EstragonTable:
		var table: EstragonTable = node
		found.append(table)
	for child: Node in node.get_children():
		found.append_array(_tables_in(child))
	return found
