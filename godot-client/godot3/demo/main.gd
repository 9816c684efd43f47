# The demo: joins the server of the settings at once; when that fails, or the connection is closed,
# a card to enter by.
extends PanelContainer

# warning-ignore-all:return_value_discarded

const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const Enter := preload("enter.gd")
const Look := preload("look.gd")
const Plaza := preload("plaza.gd")
const Rehearsal := preload("rehearsal.gd")

# How often the session was lost: only the last time's seat matters.
var _losses: int = 0
var _name: String
var _colour: Color

onready var _enter: Enter = $Page/Enter
onready var _plaza: Plaza = $Page/Plaza


func _enter_tree() -> void:
	theme = Look.make(Rehearsal.wants_dark())


func _ready() -> void:
	Look.tint($Page/Header/Subtitle, "quiet")
	_enter.connect("asked", self, "_join")
	Network.connect("state_changed", self, "_on_state_changed")
	Network.connect("session_lost", self, "_on_session_lost")
	_enter.open()
	if Rehearsal.is_asked():
		add_child(Rehearsal.new(_enter, _plaza, $Page/Header/Status/Text))
	# The first frame may take longer to draw than a connection may take to open.
	yield(get_tree(), "idle_frame")
	yield(get_tree(), "idle_frame")
	_enter.ask()


func _join(url: String, its_name: String, colour: Color) -> void:
	_name = its_name
	_colour = colour
	var result = yield(Network.connect_to_server(url, {"heartbeat": 2.0}), "completed")
	if result.ok:
		result = yield(_sit(), "completed")
	if result.ok:
		_enter.hide()
		_plaza.open()
	else:
		_give_up(result.error.message)


# Says who we are and takes a seat in the plaza.
func _sit() -> Reference:
	var identified = yield(Network.players.identify(_name), "completed")
	if not identified.ok:
		return identified
	var data := {"colour": "#" + _colour.to_html(false)}
	return yield(Network.rooms.join_or_create("plaza", _name, data), "completed")


# The server no longer knows us: identify and take a seat again.
func _on_session_lost(reason: String) -> void:
	if not _plaza.visible:
		return
	_plaza.tell("The session was lost (%s): joining again." % reason)
	_losses += 1
	var mine := _losses
	var result = yield(_sit(), "completed")
	if not result.ok and mine == _losses and _plaza.visible:
		_give_up(result.error.message)


# Closes the connection and shows the card, with the reason.
func _give_up(why: String) -> void:
	Network.disconnect_from_server()
	_plaza.close()
	_enter.open(why)


func _on_state_changed(state: int, code: int, _reason: String) -> void:
	var is_closed: bool = state == Network.State.CLOSED
	if is_closed and is_inside_tree() and _plaza.visible:
		_give_up("" if code == EstragonProtocol.CLOSE_NORMAL else Network.session.last_error.message)
