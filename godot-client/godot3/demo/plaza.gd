# The plaza: what the network says is shown, what the visitor does is sent.
extends HBoxContainer

# warning-ignore-all:return_value_discarded

const Ground := preload("ground.gd")
const Log := preload("log.gd")
const Look := preload("look.gd")
const People := preload("people.gd")
# At most so often our position is sent, in ms; the server's tick is no faster.
const _MOVE_EVERY := 50

var _room: Reference
var _sent: Vector2 = Vector2.INF
var _sent_at: int = 0
var _away_since: int = 0

# The ground and everybody on it.
onready var ground: Ground = $Square/Ground
onready var _log: Log = $Side/Log
onready var _people: People = $Side/Scroll/People
onready var _text: LineEdit = $Side/Row/Text
onready var _say: Button = $Side/Row/Say
onready var _wave: Button = $Square/Controls/Wave
onready var _cut: Button = $Square/Controls/Cut
onready var _leave: Button = $Square/Controls/Leave


func _ready() -> void:
	Look.stress(_say)
	Look.tint($Square/Controls/Hint, "quiet")
	Network.rooms.connect("joined", self, "_on_joined")
	Network.plaza.connect("rows_received", self, "_on_rows_received")
	Network.events.on("plaza.chat", self, "_on_chat")
	Network.events.on("plaza.wave", self, "_on_wave")
	Network.connect("state_changed", self, "_on_state_changed")
	Network.connect("error_received", self, "tell")
	_text.connect("text_entered", self, "_on_text_entered")
	_say.connect("pressed", self, "_on_say_pressed")
	_wave.connect("pressed", self, "wave")
	_cut.connect("pressed", Network.session, "cut")
	_leave.connect("pressed", Network, "disconnect_from_server")


# Shows the plaza.
func open() -> void:
	show()
	ground.grab_focus()


# Forgets who was here.
func close() -> void:
	hide()
	ground.clear()
	_log.wipe()


# Presses the button of this name.
func press(button: String) -> void:
	get_node("Square/Controls/" + button).emit_signal("pressed")


# What is shown: who is here, where, and what was said and happened.
func shown() -> Dictionary:
	return {
		"people": _people.entries,
		"places": ground.places(),
		"log": Array(_log.text.split("\n", false)),
	}


# Tells the visitor something.
func tell(what) -> void:
	_log.add_note(str(what))


# Says something aloud; it is shown at once.
func say(text: String) -> void:
	ground.say(_room.get("you"), text)
	_log.add_chat(_own_name(), text)
	_complain(yield(Network.events.emit("plaza.chat", [text]), "completed"))


# Waves; it is shown at once.
func wave() -> void:
	ground.wave(_room.get("you"))
	_log.add_wave(_own_name())
	_complain(yield(Network.events.emit("plaza.wave"), "completed"))


func _process(_delta: float) -> void:
	var you := ground.you()
	var now := OS.get_ticks_msec()
	if not you or you.at == _sent or now - _sent_at < _MOVE_EVERY:
		return
	_sent = you.at
	_sent_at = now
	Network.plaza.move(stepify(_sent.x, 0.1), stepify(_sent.y, 0.1))


func _unhandled_key_input(event: InputEventKey) -> void:
	if not is_visible_in_tree():
		return
	if event.is_action_pressed("ui_accept"):
		_text.grab_focus()
	elif event.is_action_pressed("ui_cancel"):
		ground.grab_focus()


func _own_name() -> String:
	return _room.get("members")[_room.get("you")].name


func _on_text_entered(_its_text: String) -> void:
	_on_say_pressed()


func _on_say_pressed() -> void:
	var text := _text.text.strip_edges()
	_text.clear()
	if text:
		say(text)


# We have a seat: the first, or a new one after the session was lost. `room` is an EstragonRoom.
func _on_joined(room: Reference) -> void:
	_room = room
	_sent = Vector2.INF
	room.connect("member_joined", self, "_on_changed", ["has come in"])
	room.connect("member_left", self, "_on_changed", ["has left"])
	room.connect("member_away", self, "_on_changed", ["is away"])
	room.connect("member_back", self, "_on_changed", ["is back"])
	room.connect("members_changed", self, "_show_members")
	ground.begin(room)
	_people.list(room)
	tell("You are in the plaza %s." % room.get("code"))


func _on_changed(member: Reference, what: String) -> void:
	_show_members()
	tell("%s %s." % [member.get("name"), what])


func _show_members() -> void:
	ground.sync_with(_room)
	_people.list(_room)


func _on_rows_received(rows: Array, time: float, _code: String) -> void:
	ground.aim(rows, time)


func _on_chat(args: Array, from: Reference) -> void:
	ground.say(from.get("number"), str(args[0]))
	_log.add_chat(from.get("name"), str(args[0]))


func _on_wave(_args: Array, from: Reference) -> void:
	ground.wave(from.get("number"))
	_log.add_wave(from.get("name"))


func _on_state_changed(state: int, code: int, reason: String) -> void:
	_cut.disabled = state != Network.State.OPEN
	if state == Network.State.AWAY:
		_away_since = OS.get_ticks_msec()
		tell("The connection dropped (%s, %d)." % [reason if reason else "no reason given", code])
	elif state == Network.State.OPEN and _away_since > 0:
		tell("Connected again after %.1f s." % ((OS.get_ticks_msec() - _away_since) / 1000.0))
		_away_since = 0


func _complain(result: Reference) -> void:
	if not result.get("ok"):
		tell("Not sent: %s" % result.get("error"))
