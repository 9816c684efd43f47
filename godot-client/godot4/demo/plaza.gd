extends BoxContainer
## The plaza: what the network says is shown, what the visitor does is sent.

## The visitor would like to see what rooms there are.
signal browsed
## The visitor picks another member, by its chip.
signal member_picked(room: EstragonRoom, member: EstragonMember, chip: Control)

const Ground := preload("ground.gd")
const Log := preload("log.gd")
const Look := preload("look.gd")
const People := preload("people.gd")
const Plaque := preload("plaque.gd")
const Score := preload("score.gd")
const Sounds := preload("sounds.gd")
const _NARROWEST_SIDE := 300.0
## The hint stands beside the buttons where there is so much room, and below them otherwise.
const _HINT_WIDTH := 480.0
const _HINT_BY_TOUCH := "Catch fireflies, hang them on the tree. Drag to walk, or tap."

## The ground and everybody on it.
@onready var ground: Ground = %Ground
## Who is here.
@onready var people: People = %People
## What the room is called, and its code.
@onready var plaque: Plaque = %Plaque

## The room we see; [code]null[/code] for none.
var room: EstragonRoom
## Why we are no longer in it.
var farewell: String

var _away_since: int = 0
## What is to be told once we know what we missed, and how much was said meanwhile.
var _back: String = ""
var _missed: int = 0

@onready var _frame: AspectRatioContainer = %Frame
@onready var _controls: HFlowContainer = %Controls
@onready var _hint: Label = %Hint
@onready var _side: VBoxContainer = %Side
@onready var _here: VBoxContainer = %Here
@onready var _log: Log = %Log
@onready var _text: LineEdit = %Text
@onready var _cut: Button = %Cut
@onready var _score: Score = %Score
@onready var _sounds: Sounds = %Sounds


func _ready() -> void:
	resized.connect(_fit)
	_controls.minimum_size_changed.connect(_fit)
	get_viewport().size_changed.connect(_fit)
	Network.rooms.joined.connect(_on_joined)
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
	(%Rooms as Button).pressed.connect(browsed.emit)
	people.picked.connect(_on_member_picked)
	plaque.told.connect(tell)
	(%Leave as Button).pressed.connect(Network.disconnect_from_server)
	(%Sound as Button).toggled.connect(func(is_on: bool) -> void: _sounds.is_on = is_on)
	ground.happened.connect(_sounds.tell)
	_score.is_ready.connect(_on_ready_pressed)


func _process(_delta: float) -> void:
	if room:
		_score.follow(room)


func _on_ready_pressed() -> void:
	var mine := room.state.table("players").mine()
	if mine:
		mine.set("ready", true)


## Shows the plaza.
func open() -> void:
	show()
	ground.grab_focus()


## Hints at what a finger does, where there are no keys.
func hint_at_touch() -> void:
	_hint.text = _HINT_BY_TOUCH


## Forgets who was here.
func close() -> void:
	hide()
	room = null
	ground.clear()
	_log.clear()


## Presses the button of this name.
func press(button: String) -> void:
	(get_node("%" + button) as Button).pressed.emit()


## What is shown: who is here, where, and what was said and happened.
func shown() -> Dictionary:
	return {
		people = people.entries(),
		room = plaque.shown() if room else {},
		places = ground.places(),
		log = _log.get_parsed_text().split("\n", false),
		result = _score.entries(room) if room else PackedStringArray(),
	}


## Tells the visitor something.
func tell(text: String) -> void:
	_log.add_note(text)


## Says something aloud; it is shown at once.
func say(text: String) -> void:
	ground.say(room.you, text)
	_log.add_chat(room.me().name, text)
	_complain(await Network.events.emit("plaza.chat", [text], {"room": room.code}))


## Waves; it is shown at once.
func wave() -> void:
	ground.wave(room.you)
	_log.add_wave(room.me().name)
	_complain(await Network.events.emit("plaza.wave", [], {"room": room.code}))


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
	_side.move_child(_here, -1 if vertical else 1)


func _say_text() -> void:
	var text := _text.text.strip_edges()
	_text.clear()
	if text:
		say(text)


## We have a seat: the first, or another after the session was lost or we went elsewhere.
func _on_joined(its_room: EstragonRoom) -> void:
	room = its_room
	farewell = "You are no longer in the room."
	room.member_joined.connect(_show_members.unbind(1))
	room.member_left.connect(_show_members.unbind(2))
	room.member_away.connect(_show_members.unbind(1))
	room.member_back.connect(_show_members.unbind(1))
	room.role_changed.connect(_show_members.unbind(1))
	room.host_changed.connect(_show_members.unbind(1))
	room.members_changed.connect(_on_members_changed)
	room.kicked.connect(_on_kicked)
	room.seat_taken.connect(_on_seat_taken.unbind(1))
	ground.begin(room)
	people.list(room)
	plaque.follow(room)
	_log.follow(room)


func _show_members() -> void:
	ground.sync(room)
	people.list(room)


## After a resume all that was missed has come.
func _on_members_changed() -> void:
	_show_members()
	if _back:
		var what := "1 message" if _missed == 1 else "%d messages" % _missed
		tell("%s: %s while you were away." % [_back, what])
	_back = ""


func _on_member_picked(member: EstragonMember, chip: Control) -> void:
	member_picked.emit(room, member, chip)


func _on_kicked(by: EstragonMember, banned: bool, reason: String) -> void:
	var who := by.name if by else "The server"
	farewell = "%s has %s you%s" % [
		who, "banned" if banned else "kicked", ": " + reason if reason else "."
	]


func _on_seat_taken() -> void:
	farewell = "You are here in another window now."


func _on_chat(args: Array, from: EstragonMember) -> void:
	if not _is_here(from):
		return
	_missed += 1
	var text := str(args[0])
	ground.say(from.number, text)
	_log.add_chat(from.name, text)


func _on_wave(_args: Array, from: EstragonMember) -> void:
	if _is_here(from):
		_missed += 1
		ground.wave(from.number)
		_log.add_wave(from.name)


## Who goes elsewhere is in two rooms for a moment.
func _is_here(member: EstragonMember) -> bool:
	return room != null and room.members.get(member.number) == member


func _on_state_changed(state: EstragonSession.State, code: int, reason: String) -> void:
	_cut.disabled = state != EstragonSession.State.OPEN
	if state == EstragonSession.State.AWAY:
		_away_since = Time.get_ticks_msec()
		tell("The connection dropped (%s, %d)." % [reason if reason else "no reason given", code])
	elif state == EstragonSession.State.OPEN and _away_since > 0:
		_back = "Connected again after %.1f s" % ((Time.get_ticks_msec() - _away_since) / 1000.0)
		_missed = 0
		_away_since = 0


func _on_error(error: EstragonError) -> void:
	tell(str(error))


func _complain(result: EstragonResult) -> void:
	if not result.ok:
		tell("Not sent: %s" % result.error)
