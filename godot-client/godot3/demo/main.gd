# The demo: joins the server of the settings at once; when that fails, or the connection is closed,
# a card to enter by.
extends Control

# warning-ignore-all:return_value_discarded

const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const Enter := preload("enter.gd")
const Line := preload("line.gd")
const Look := preload("look.gd")
const MemberMenu := preload("member_menu.gd")
const Plaza := preload("plaza.gd")
const Rehearsal := preload("rehearsal.gd")
const Rooms := preload("rooms.gd")
const Walking := preload("walking.gd")
# A request that was lost together with its session is no refusal: ask again.
const _UNSETTLED := [EstragonProtocol.SESSION_LOST, EstragonProtocol.OUTCOME_UNKNOWN]
# The room we were in is shut to us after the session was lost: any plaza will do.
const _SHUT := [
	EstragonProtocol.ROOM_NOT_FOUND, EstragonProtocol.ROOM_FULL, EstragonProtocol.ROOM_LOCKED
]

var _name: String
var _colour: Color
# Where to: the room with this `code`, a new one of this `title`, or, empty, any plaza.
var _wanted: Dictionary = {}
var _is_sitting: bool = false

onready var _enter: Enter = $Paper/Page/Enter
onready var _plaza: Plaza = $Paper/Page/Plaza
onready var _rooms: Rooms = $Rooms
onready var _line: Line = $Line
onready var _menu: MemberMenu = $MemberMenu


func _enter_tree() -> void:
	theme = Look.make(Rehearsal.wants_dark())


func _ready() -> void:
	Look.tint($Paper/Page/Header/Subtitle, "quiet")
	_enter.connect("asked", self, "_join")
	_enter.connect("browsed", self, "_browse")
	_plaza.connect("browsed", _rooms, "browse")
	_plaza.connect("member_picked", _menu, "open")
	_menu.line = _line
	_menu.connect("told", _plaza, "tell")
	_rooms.connect("chosen", self, "_go")
	_rooms.connect("closed", self, "_on_rooms_closed")
	Network.rooms.connect("left", self, "_on_left")
	Network.connect("state_changed", self, "_on_state_changed")
	Network.connect("session_lost", self, "_on_session_lost")
	_enter.open()
	if Walking.is_by_touch():
		_plaza.hint_at_touch()
	if Rehearsal.is_asked():
		add_child(Rehearsal.new())
	# The first frame may take longer to draw than a connection may take to open.
	yield(get_tree(), "idle_frame")
	yield(get_tree(), "idle_frame")
	_enter.ask()


# From the card into any plaza.
func _join(url: String, its_name: String, colour: Color) -> void:
	_wanted = {}
	var result = yield(_connect(url, its_name, colour), "completed")
	if result.ok:
		result = yield(_sit(), "completed")
	if not result.ok:
		_leave(result.error.message)
		return
	_enter.hide()
	_plaza.open()


# From the card to the list of rooms.
func _browse(url: String, its_name: String, colour: Color) -> void:
	var result = yield(_connect(url, its_name, colour), "completed")
	if result.ok:
		_rooms.browse()
	else:
		_leave(result.error.message)


func _connect(url: String, its_name: String, colour: Color) -> Reference:
	_name = its_name
	_colour = colour
	_plaza.plaque.server = url
	return yield(Network.connect_to_server(url, {"heartbeat": 2.0}), "completed")


# To the room that was chosen; the one we are in is left once we have a seat there.
func _go(wanted: Dictionary) -> void:
	if _is_sitting:
		return
	var room_before = _plaza.room
	_wanted = wanted
	var result = yield(_sit(), "completed")
	if not result.ok and room_before and not Network.rooms.all.has(room_before.code):
		_leave(result.error.message)
	elif not result.ok:
		_rooms.refuse(result.error)
	if not result.ok:
		return
	_enter.hide()
	_plaza.open()
	_rooms.close()
	if room_before:
		room_before.leave()


# Takes a seat, however often the session is lost on the way.
func _sit() -> Reference:
	_is_sitting = true
	var result = yield(_identify_and_join(), "completed")
	while not result.ok and result.error.code in _UNSETTLED:
		result = yield(_identify_and_join(), "completed")
	_is_sitting = false
	return result


# Says who we are, where the server does not know yet, and takes a seat.
func _identify_and_join() -> Reference:
	if Network.players.me.empty():
		var identified = yield(Network.players.identify(_name), "completed")
		if not identified.ok:
			return identified
	var data := {"colour": "#" + _colour.to_html(false)}
	if _wanted.has("code"):
		return yield(Network.rooms.join(_wanted["code"], _name, data), "completed")
	if not _wanted.has("title"):
		return yield(Network.rooms.join_or_create("plaza", _name, data), "completed")
	var options := {"name": _name, "data": data, "listed": _wanted["listed"]}
	if _wanted["title"]:
		options["properties"] = {"title": _wanted["title"]}
	return yield(Network.rooms.create("plaza", options), "completed")


# The server no longer knows us: identify and take a seat again, in the same room if it is there.
func _on_session_lost(reason: String) -> void:
	if _is_sitting or not _plaza.visible:
		return
	_plaza.tell("The session was lost (%s): joining again." % reason)
	_wanted = {"code": _plaza.room.code}
	var result = yield(_sit(), "completed")
	if not result.ok and result.error.code in _SHUT:
		_wanted = {}
		result = yield(_sit(), "completed")
	if not result.ok and _plaza.visible:
		_leave(result.error.message)


# Back to the card, which says why: the connection was closed, or else `why`.
func _leave(why: String) -> void:
	_show_card(Network.session.last_error.message if _is_closed() else why)


func _show_card(why: String = "") -> void:
	_menu.hide()
	_line.close()
	_rooms.hide()
	_plaza.close()
	Network.disconnect_from_server()
	_enter.open(why)


func _is_closed() -> bool:
	return Network.state == Network.State.CLOSED


# Who came from the card is back at it.
func _on_rooms_closed() -> void:
	if _enter.visible:
		_show_card()


# We lost our seat and shall not take another by ourselves: we were kicked, or are here in another
# window. `room` is an EstragonRoom.
func _on_left(room: Reference) -> void:
	if not is_inside_tree():
		return
	yield(get_tree(), "idle_frame") # in which a lost session begins to take another
	if room == _plaza.room and not _is_sitting and not _is_closed():
		_show_card(_plaza.farewell)


func _on_state_changed(state: int, code: int, _reason: String) -> void:
	if state != Network.State.CLOSED or not is_inside_tree():
		return
	if _plaza.visible or _rooms.visible:
		var is_wanted: bool = code == EstragonProtocol.CLOSE_NORMAL
		_show_card("" if is_wanted else Network.session.last_error.message)
