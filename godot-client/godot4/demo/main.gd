extends Control
## The demo: joins the server of the settings at once; when that fails, or the connection is
## closed, a card to enter by.

const Enter := preload("enter.gd")
const Line := preload("line.gd")
const Look := preload("look.gd")
const MemberMenu := preload("member_menu.gd")
const Plaza := preload("plaza.gd")
const Rehearsal := preload("rehearsal.gd")
const Rooms := preload("rooms.gd")
const Walking := preload("walking.gd")
## A request that was lost together with its session is no refusal: ask again.
const _UNSETTLED: PackedStringArray = [
	EstragonProtocol.SESSION_LOST, EstragonProtocol.OUTCOME_UNKNOWN
]
## The room we were in is shut to us after the session was lost: any plaza will do.
const _SHUT: PackedStringArray = [
	EstragonProtocol.ROOM_NOT_FOUND, EstragonProtocol.ROOM_FULL, EstragonProtocol.ROOM_LOCKED
]

## A narrower window shows the title without the rest of it, as the page does.
const _NARROW := 480.0

var _name: String
var _colour: Color
## Where to: the room with this [code]code[/code], a new one of this [code]title[/code], or, empty,
## any plaza.
var _wanted: Dictionary = {}
var _is_sitting: bool = false

@onready var _enter: Enter = %Enter
@onready var _plaza: Plaza = %Plaza
@onready var _rooms: Rooms = %Rooms
@onready var _line: Line = %Line
@onready var _menu: MemberMenu = %MemberMenu
@onready var _subtitle: Label = %Subtitle
@onready var _status: Label = %Text


func _enter_tree() -> void:
	# The whole window: what the add-on asks with its popup looks like the rest.
	get_window().theme = Look.make(Rehearsal.wants_dark(Look.is_dark_wanted()))
	get_window().content_scale_factor = DisplayServer.screen_get_scale()


func _ready() -> void:
	get_viewport().size_changed.connect(_fit)
	_fit()
	_enter.asked.connect(_join)
	_enter.browsed.connect(_browse)
	_plaza.browsed.connect(_rooms.browse)
	_plaza.member_picked.connect(_menu.open)
	_menu.line = _line
	_menu.told.connect(_plaza.tell)
	_rooms.chosen.connect(_go)
	_rooms.closed.connect(_on_rooms_closed)
	Network.rooms.left.connect(_on_left)
	Network.state_changed.connect(_on_state_changed)
	Network.session_lost.connect(_on_session_lost)
	if Rehearsal.wants_touch(Walking.is_by_touch()):
		_plaza.hint_at_touch()
	if Rehearsal.is_asked():
		add_child(Rehearsal.new())
	# The first frame may take longer to draw than a connection may take to open.
	await get_tree().process_frame
	await get_tree().process_frame
	_enter.ask()


func _fit() -> void:
	_subtitle.visible = get_viewport_rect().size.x >= _NARROW


## From the card into any plaza.
func _join(url: String, its_name: String, colour: Color) -> void:
	_wanted = {}
	var result := await _connect(url, its_name, colour)
	if result.ok:
		result = await _sit()
	if not result.ok:
		_leave(result.error)
		return
	_enter.hide()
	_plaza.open()


## From the card to the list of rooms.
func _browse(url: String, its_name: String, colour: Color) -> void:
	var result := await _connect(url, its_name, colour)
	if result.ok:
		_rooms.browse()
	else:
		_leave(result.error)


func _connect(url: String, its_name: String, colour: Color) -> EstragonResult:
	_name = its_name
	_colour = colour
	_plaza.plaque.server = url
	return await Network.connect_to_server(url, {"heartbeat": 2.0})


## To the room that was chosen; the one we are in is left once we have a seat there.
func _go(wanted: Dictionary) -> void:
	if _is_sitting:
		return
	var room_before := _plaza.room
	_wanted = wanted
	var result := await _sit()
	if not result.ok and room_before and not Network.rooms.room(room_before.code):
		_leave(result.error)
	elif not result.ok:
		_rooms.refuse(result.error)
	if not result.ok:
		return
	_enter.hide()
	_plaza.open()
	_rooms.close()
	if room_before:
		await room_before.leave()


## Takes a seat, however often the session is lost on the way.
func _sit() -> EstragonResult:
	_is_sitting = true
	var result := await _identify_and_join()
	while not result.ok and result.error.code in _UNSETTLED:
		result = await _identify_and_join()
	_is_sitting = false
	return result


## Says who we are, where the server does not know yet, and takes a seat.
func _identify_and_join() -> EstragonResult:
	if Network.players.me.is_empty():
		var identified := await Network.players.identify(_name)
		if not identified.ok:
			return identified
	var data := {"colour": "#" + _colour.to_html(false)}
	if _wanted.has("code"):
		return await Network.rooms.join(str(_wanted["code"]), _name, data)
	if not _wanted.has("title"):
		return await Network.rooms.join_or_create("plaza", _name, data)
	var options := {"name": _name, "data": data, "listed": _wanted["listed"]}
	if _wanted["title"]:
		options["properties"] = {"title": _wanted["title"]}
	return await Network.rooms.create("plaza", options)


## The server no longer knows us: identify and take a seat again, in the same room if it is there.
func _on_session_lost(reason: String) -> void:
	if _is_sitting or not _plaza.visible:
		return
	_plaza.tell("The session was lost (%s): joining again." % reason)
	_wanted = {"code": _plaza.room.code}
	var result := await _sit()
	if not result.ok and result.error.code in _SHUT:
		_wanted = {}
		result = await _sit()
	if not result.ok and _plaza.visible:
		_leave(result.error)


## Back to the card, which says why: the connection was closed, or else [param error].
func _leave(error: EstragonError) -> void:
	_show_card(Network.session.last_error.message if _is_closed() else error.message)


func _show_card(why: String = "") -> void:
	_menu.hide()
	_line.close()
	_rooms.hide()
	_plaza.close()
	Network.disconnect_from_server()
	_enter.open(why)


func _is_closed() -> bool:
	return Network.state == EstragonSession.State.CLOSED


## Who came from the card is back at it.
func _on_rooms_closed() -> void:
	if _enter.visible:
		_show_card()


## We lost our seat and shall not take another by ourselves: we were kicked, or are here in another
## window.
func _on_left(room: EstragonRoom) -> void:
	if not is_inside_tree():
		return
	await get_tree().process_frame # in which a lost session begins to take another
	if room == _plaza.room and not _is_sitting and not _is_closed():
		_show_card(_plaza.farewell)


func _on_state_changed(state: EstragonSession.State, code: int, _reason: String) -> void:
	if state != EstragonSession.State.CLOSED or not is_inside_tree():
		return
	if _plaza.visible or _rooms.visible:
		var is_wanted := code == EstragonProtocol.CLOSE_NORMAL
		_show_card("" if is_wanted else Network.session.last_error.message)
