# The plaza: what the network says is shown, what the visitor does is sent.
extends HBoxContainer

# warning-ignore-all:return_value_discarded

# The visitor would like to see what rooms there are.
signal browsed
# The visitor picks another member, by its chip.
signal member_picked(room, member, chip)

const EstragonMember := preload("res://addons/estragon/member.gd")
const EstragonRoom := preload("res://addons/estragon/room.gd")
const Ground := preload("ground.gd")
const Log := preload("log.gd")
const Look := preload("look.gd")
const People := preload("people.gd")
const Plaque := preload("plaque.gd")
const Score := preload("score.gd")
const Sounds := preload("sounds.gd")

# The room we see; null for none.
var room: EstragonRoom
# Why we are no longer in it.
var farewell: String

var _away_since: int = 0
# What is to be told once we know what we missed, and how much was said meanwhile.
var _back: String = ""
var _missed: int = 0

# The ground and everybody on it.
onready var ground: Ground = $Square/Ground
# Who is here.
onready var people: People = $Side/Scroll/People
# What the room is called, and its code.
onready var plaque: Plaque = $Side/Plaque

onready var _score: Score = $Square/Ground/Score
onready var _sounds: Sounds = $Sounds
onready var _log: Log = $Side/Log
onready var _text: LineEdit = $Side/Row/Text
onready var _say: Button = $Side/Row/Say
onready var _wave: Button = $Square/Controls/Wave
onready var _cut: Button = $Square/Controls/Cut
onready var _leave: Button = $Square/Controls/Leave


func _ready() -> void:
	Look.stress(_say)
	Look.tint($Square/Controls/Hint, "quiet")
	Network.rooms.connect("joined", self, "_on_joined")
	Network.events.on("plaza.chat", self, "_on_chat")
	Network.events.on("plaza.wave", self, "_on_wave")
	Network.connect("state_changed", self, "_on_state_changed")
	Network.connect("error_received", self, "tell")
	_text.connect("text_entered", self, "_on_text_entered")
	_say.connect("pressed", self, "_on_say_pressed")
	_wave.connect("pressed", self, "wave")
	_cut.connect("pressed", Network.session, "cut")
	$Square/Controls/Rooms.connect("pressed", self, "_on_rooms_pressed")
	people.connect("picked", self, "_on_member_picked")
	plaque.connect("told", self, "tell")
	_leave.connect("pressed", Network, "disconnect_from_server")
	$Square/Controls/Sound.connect("toggled", self, "_on_sound_toggled")
	ground.connect("happened", _sounds, "tell")
	_score.connect("is_ready", self, "_on_ready_pressed")


func _process(_delta: float) -> void:
	if room:
		_score.follow(room)


func _on_sound_toggled(is_on: bool) -> void:
	_sounds.is_on = is_on


func _on_ready_pressed() -> void:
	var mine = room.state.table("players").mine()
	if mine:
		mine.set("ready", true)


# Shows the plaza.
func open() -> void:
	show()
	ground.grab_focus()


# Hints at what a finger does, where there are no keys.
func hint_at_touch() -> void:
	$Square/Controls/Hint.text = "Catch fireflies, hang them on the tree. Drag to walk, or tap."


# Forgets who was here.
func close() -> void:
	hide()
	room = null
	ground.clear()
	_log.wipe()


# Presses the button of this name.
func press(button: String) -> void:
	find_node(button).emit_signal("pressed")


# What is shown: who is here, where, and what was said and happened.
func shown() -> Dictionary:
	return {
		"people": people.entries,
		"room": plaque.shown() if room else {},
		"places": ground.places(),
		"log": Array(_log.text.split("\n", false)),
		"result": Array(_score.entries(room)) if room else [],
	}


# Tells the visitor something.
func tell(what) -> void:
	_log.add_note(str(what))


# Says something aloud; it is shown at once.
func say(text: String) -> void:
	ground.say(room.you, text)
	_log.add_chat(_own_name(), text)
	_complain(yield(Network.events.emit("plaza.chat", [text], _here()), "completed"))


# Waves; it is shown at once.
func wave() -> void:
	ground.wave(room.you)
	_log.add_wave(_own_name())
	_complain(yield(Network.events.emit("plaza.wave", [], _here()), "completed"))


func _unhandled_key_input(event: InputEventKey) -> void:
	if not is_visible_in_tree():
		return
	if event.is_action_pressed("ui_accept"):
		_text.grab_focus()
	elif event.is_action_pressed("ui_cancel"):
		ground.grab_focus()


func _own_name() -> String:
	return room.me().name


# Who goes elsewhere is in two rooms for a moment.
func _here() -> Dictionary:
	return {"room": room.code}


func _is_here(member: EstragonMember) -> bool:
	return room != null and room.members.get(member.number) == member


func _on_text_entered(_its_text: String) -> void:
	_on_say_pressed()


func _on_say_pressed() -> void:
	var text := _text.text.strip_edges()
	_text.clear()
	if text:
		say(text)


# We have a seat: the first, or another after the session was lost or we went elsewhere.
func _on_joined(its_room: EstragonRoom) -> void:
	room = its_room
	farewell = "You are no longer in the room."
	for event in [
		"member_joined", "member_left", "member_away", "member_back", "role_changed",
		"host_changed",
	]:
		room.connect(event, self, "_show_members")
	room.connect("members_changed", self, "_on_members_changed")
	room.connect("kicked", self, "_on_kicked")
	room.connect("seat_taken", self, "_on_seat_taken")
	ground.begin(room)
	people.list(room)
	plaque.follow(room)
	_log.follow(room)


func _show_members(_member = null, _reason: String = "") -> void:
	ground.sync_with(room)
	people.list(room)


# After a resume all that was missed has come.
func _on_members_changed() -> void:
	_show_members()
	if _back:
		var what := "1 message" if _missed == 1 else "%d messages" % _missed
		tell("%s: %s while you were away." % [_back, what])
	_back = ""


func _on_rooms_pressed() -> void:
	emit_signal("browsed")


func _on_member_picked(member: EstragonMember, chip: Control) -> void:
	emit_signal("member_picked", room, member, chip)


# `by` is an EstragonMember, or null for the server.
func _on_kicked(by, banned: bool, reason: String) -> void:
	var who: String = by.name if by else "The server"
	var what := "banned" if banned else "kicked"
	farewell = "%s has %s you%s" % [who, what, ": " + reason if reason else "."]


func _on_seat_taken(_session: String) -> void:
	farewell = "You are here in another window now."


func _on_chat(args: Array, from: EstragonMember) -> void:
	if _is_here(from):
		_missed += 1
		ground.say(from.number, str(args[0]))
		_log.add_chat(from.name, str(args[0]))


func _on_wave(_args: Array, from: EstragonMember) -> void:
	if _is_here(from):
		_missed += 1
		ground.wave(from.number)
		_log.add_wave(from.name)


func _on_state_changed(state: int, code: int, reason: String) -> void:
	_cut.disabled = state != Network.State.OPEN
	if state == Network.State.AWAY:
		_away_since = OS.get_ticks_msec()
		tell("The connection dropped (%s, %d)." % [reason if reason else "no reason given", code])
	elif state == Network.State.OPEN and _away_since > 0:
		_back = "Connected again after %.1f s" % ((OS.get_ticks_msec() - _away_since) / 1000.0)
		_missed = 0
		_away_since = 0


func _complain(result: Reference) -> void:
	if not result.get("ok"):
		tell("Not sent: %s" % result.get("error"))
