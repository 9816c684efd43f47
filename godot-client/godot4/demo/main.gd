extends PanelContainer
## The demo: a card to enter by, then the plaza; and the card again when the connection is closed.

const Enter := preload("enter.gd")
const Look := preload("look.gd")
const Plaza := preload("plaza.gd")
const Rehearsal := preload("rehearsal.gd")
## A request that was lost together with its session is no refusal: ask again.
const _UNSETTLED: PackedStringArray = [
	EstragonProtocol.SESSION_LOST, EstragonProtocol.OUTCOME_UNKNOWN
]

var _name: String
var _colour: Color
var _is_sitting: bool = false

@onready var _enter: Enter = %Enter
@onready var _plaza: Plaza = %Plaza


func _enter_tree() -> void:
	theme = Look.make(Rehearsal.wants_dark(DisplayServer.is_dark_mode()))


func _ready() -> void:
	_enter.asked.connect(_join)
	Network.state_changed.connect(_on_state_changed)
	Network.session_lost.connect(_on_session_lost)
	if Rehearsal.is_asked():
		add_child(Rehearsal.new(_enter, _plaza))


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
	if not result.ok:
		_leave(result.error)


## Back to the card, which says why: the connection was closed, or else [param error].
func _leave(error: EstragonError) -> void:
	if Network.state == EstragonSession.State.CLOSED:
		error = Network.session.last_error
	_plaza.close()
	Network.disconnect_from_server()
	_enter.open(error.message)


func _on_state_changed(state: EstragonSession.State, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CLOSED and _plaza.is_visible_in_tree():
		_leave(Network.session.last_error)
