extends BoxContainer
## The plaza: what the network says is shown, what the visitor does is sent.

const Ground := preload("ground.gd")
const Log := preload("log.gd")
const Look := preload("look.gd")
const People := preload("people.gd")
## At most so often our position is sent, in ms; the server's tick is no faster.
const _MOVE_EVERY := 50
const _NARROWEST_SIDE := 300.0
## The hint stands beside the buttons where there is so much room, and below them otherwise.
const _HINT_WIDTH := 480.0

## The ground and everybody on it.
@onready var ground: Ground = %Ground

var _room: EstragonRoom
var _sent: Vector2 = Vector2.INF
var _sent_at: int = 0
var _away_since: int = 0

@onready var _frame: AspectRatioContainer = %Frame
@onready var _controls: HFlowContainer = %Controls
@onready var _hint: Label = %Hint
@onready var _side: VBoxContainer = %Side
@onready var _here: VBoxContainer = %Here
@onready var _log: Log = %Log
@onready var _people: People = %People
@onready var _text: LineEdit = %Text
@onready var _cut: Button = %Cut


func _ready() -> void:
	resized.connect(_fit)
	_controls.minimum_size_changed.connect(_fit)
	get_viewport().size_changed.connect(_fit)
	Network.rooms.joined.connect(_on_joined)
	Network.plaza.rows_received.connect(_on_rows)
	Network.events.on("plaza.chat", _on_chat)
	Network.events.on("plaza.wave", _on_wave)
	Network.state_changed.connect(_on_state_changed)
	Network.error_received.connect(_on_error)
	(%Wave as Button).pressed.connect(wave)
	(%Say as Button).pressed.connect(_say_text)
	_text.text_submitted.connect(_say_text.unbind(1))
	_text.gui_input.connect(_on_text_input)
	ground.gui_input.connect(_on_ground_input)
	_cut.pressed.connect(Network.session.cut)
	(%Leave as Button).pressed.connect(Network.disconnect_from_server)


## Shows an empty plaza.
func open() -> void:
	show()
	ground.grab_focus()


## Forgets who was here.
func close() -> void:
	hide()
	ground.clear()
	_log.clear()


## Presses the button of this name.
func press(button: String) -> void:
	(get_node("%" + button) as Button).pressed.emit()


## What is shown: who is here, where, and what was said and happened.
func shown() -> Dictionary:
	return {
		people = _people.entries(),
		places = ground.places(),
		log = _log.get_parsed_text().split("\n", false),
	}


## Tells the visitor something.
func tell(text: String) -> void:
	_log.add_note(text)


## Says something aloud; it is shown at once.
func say(text: String) -> void:
	ground.say(_room.you, text)
	_log.add_chat(_room.me().name, text)
	_complain(await Network.events.emit("plaza.chat", [text]))


## Waves; it is shown at once.
func wave() -> void:
	ground.wave(_room.you)
	_log.add_wave(_room.me().name)
	_complain(await Network.events.emit("plaza.wave"))


func _process(_delta: float) -> void:
	var at := ground.place_of_you().snapped(Vector2(0.1, 0.1))
	var now := Time.get_ticks_msec()
	if not at.is_finite() or at == _sent or now - _sent_at < _MOVE_EVERY:
		return
	_sent = at
	_sent_at = now
	Network.plaza.move(at.x, at.y)


## Enter leads from the ground to the chat.
func _on_ground_input(event: InputEvent) -> void:
	if event.is_action_pressed("ui_text_submit"):
		ground.accept_event()
		_text.grab_focus()


## Escape leads back.
func _on_text_input(event: InputEvent) -> void:
	if event.is_action_pressed("ui_cancel"):
		_text.accept_event()
		ground.grab_focus()


## The ground is as large as it can be; the side takes what that leaves, in a tall window below.
func _fit() -> void:
	var shape := Ground.EXTENT.aspect()
	var gap := get_theme_constant("separation")
	vertical = size.y > size.x
	var width := get_viewport_rect().size.x - Look.MARGIN * 2.0
	if not vertical:
		var height := size.y - _controls.get_combined_minimum_size().y - gap
		width = minf(width - _NARROWEST_SIDE - gap, height * shape)
	_frame.custom_minimum_size = Vector2(width, width / shape)
	_hint.custom_minimum_size.x = minf(_HINT_WIDTH, width)
	_side.move_child(_here, -1 if vertical else 0)


func _say_text() -> void:
	var text := _text.text.strip_edges()
	_text.clear()
	if text:
		say(text)


## We have a seat: the first, or a new one after the session was lost.
func _on_joined(room: EstragonRoom) -> void:
	_room = room
	_sent = Vector2.INF
	room.member_joined.connect(_on_changed.bind("has come in"))
	room.member_left.connect(_on_changed.bind("has left"))
	room.member_away.connect(_on_changed.bind("is away"))
	room.member_back.connect(_on_changed.bind("is back"))
	room.members_changed.connect(_show_members)
	ground.begin(room)
	_people.list(room)
	tell("You are in the plaza %s." % room.code)


func _on_changed(member: EstragonMember, what: String) -> void:
	_show_members()
	tell("%s %s." % [member.name, what])


func _show_members() -> void:
	ground.sync(_room)
	_people.list(_room)


func _on_rows(rows: Array, time: float, _code: String) -> void:
	ground.aim(rows, time)


func _on_chat(args: Array, from: EstragonMember) -> void:
	var text := str(args[0])
	ground.say(from.number, text)
	_log.add_chat(from.name, text)


func _on_wave(_args: Array, from: EstragonMember) -> void:
	ground.wave(from.number)
	_log.add_wave(from.name)


func _on_state_changed(state: EstragonSession.State, code: int, reason: String) -> void:
	_cut.disabled = state != EstragonSession.State.OPEN
	if state == EstragonSession.State.AWAY:
		_away_since = Time.get_ticks_msec()
		tell("The connection dropped (%s, %d)." % [reason if reason else "no reason given", code])
	elif state == EstragonSession.State.OPEN and _away_since > 0:
		tell("Connected again after %.1f s." % ((Time.get_ticks_msec() - _away_since) / 1000.0))
		_away_since = 0


func _on_error(error: EstragonError) -> void:
	tell(str(error))


func _complain(result: EstragonResult) -> void:
	if not result.ok:
		tell("Not sent: %s" % result.error)
