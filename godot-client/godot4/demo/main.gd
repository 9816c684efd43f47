extends PanelContainer
## The demo: joins the server of the settings at once; when that fails, or the connection is
## closed, a card to enter by.

const Enter := preload("enter.gd")
const Look := preload("look.gd")
const Plaza := preload("plaza.gd")
const Rehearsal := preload("rehearsal.gd")
## A request that was lost together with its session is no refusal: ask again.
const _UNSETTLED: PackedStringArray = [
	EstragonProtocol.SESSION_LOST, EstragonProtocol.OUTCOME_UNKNOWN
]

## A narrower window shows the title without the rest of it, as the page does.
const _NARROW := 480.0

var _name: String
var _colour: Color
var _is_sitting: bool = false

@onready var _enter: Enter = %Enter
@onready var _plaza: Plaza = %Plaza
@onready var _subtitle: Label = %Subtitle
@onready var _status: Label = %Text


func _enter_tree() -> void:
	theme = Look.make(Rehearsal.wants_dark(DisplayServer.is_dark_mode()))
	get_window().content_scale_factor = DisplayServer.screen_get_scale()


func _ready() -> void:
	get_viewport().size_changed.connect(_fit)
	_fit()
	_enter.asked.connect(_join)
	Network.state_changed.connect(_on_state_changed)
	Network.session_lost.connect(_on_session_lost)
	if Rehearsal.is_asked():
		add_child(Rehearsal.new(_enter, _plaza, _status))
	# The first frame may take longer to draw than a connection may take to open.
	await get_tree().process_frame
	await get_tree().process_frame
	_enter.ask()


func _fit() -> void:
	_subtitle.visible = get_viewport_rect().size.x >= _NARROW


func _join(url: String, its_name: String, colour: Color) -> void:
	_name = its_name
	_colour = colour
	var result := await Network.connect_to_server(url, {"heartbeat": 2.0})
	if result.ok:
		result = await _sit()
	if not result.ok:
		_leave(result.error)
		return
	_enter.hide()
	_plaza.open()


## Takes a seat, however often the session is lost on the way.
func _sit() -> EstragonResult:
	_is_sitting = true
	var result := await _identify_and_join()
	while not result.ok and result.error.code in _UNSETTLED:
		result = await _identify_and_join()
	_is_sitting = false
	return result


## Says who we are and takes a seat in the plaza.
func _identify_and_join() -> EstragonResult:
	var identified := await Network.players.identify(_name)
	if not identified.ok:
		return identified
	var data := {"colour": "#" + _colour.to_html(false)}
	return await Network.rooms.join_or_create("plaza", _name, data)


## The server no longer knows us: identify and take a seat again.
func _on_session_lost(reason: String) -> void:
	if _is_sitting or not _plaza.visible:
		return
	_plaza.tell("The session was lost (%s): joining again." % reason)
	var result := await _sit()
	if not result.ok and _plaza.visible:
		_leave(result.error)


## Back to the card, which says why: the connection was closed, or else [param error].
func _leave(error: EstragonError) -> void:
	if Network.state == EstragonSession.State.CLOSED:
		error = Network.session.last_error
	_plaza.close()
	Network.disconnect_from_server()
	_enter.open(error.message)


func _on_state_changed(state: EstragonSession.State, code: int, _reason: String) -> void:
	if state != EstragonSession.State.CLOSED or not _plaza.is_visible_in_tree():
		return
	if code != EstragonProtocol.CLOSE_NORMAL:
		_leave(Network.session.last_error)
		return
	_plaza.close()
	_enter.open()
