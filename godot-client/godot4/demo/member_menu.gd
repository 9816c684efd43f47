extends PopupMenu
## What may be done with another member: everybody may ask; a host also gives roles, and kicks,
## as an assistant does.

## Something happened that the visitor should know.
signal told(text: String)

const Line := preload("line.gd")

enum {ASK, MAKE_ASSISTANT, MAKE_PLAYER, KICK}

## How long we wait for an answer, in seconds.
const _PATIENCE := 60.0
const _CHOICES: Array[String] = ["Yes", "No"]

## Asks the visitor for a text.
var line: Line

var _room: EstragonRoom
var _member: EstragonMember


func _ready() -> void:
	id_pressed.connect(_on_picked)


## Opens below [param chip], for [param member] of [param room].
func open(room: EstragonRoom, member: EstragonMember, chip: Control) -> void:
	_room = room
	_member = member
	clear()
	add_item("Ask…", ASK)
	var me := room.me()
	var is_lower := member.rank < me.rank
	if is_lower and me.role == "host" and member.role == "assistant":
		add_item("Make player", MAKE_PLAYER)
	elif is_lower and me.role == "host":
		add_item("Make assistant", MAKE_ASSISTANT)
	if is_lower and me.is_at_least("assistant"):
		add_item("Kick…", KICK)
	reset_size()
	var corner := chip.get_screen_position() + Vector2(0.0, chip.size.y + 4.0)
	popup(Rect2i(Vector2i(corner), Vector2i.ZERO))
	set_focused_item(0)


## What it offers.
func items() -> PackedStringArray:
	var texts: PackedStringArray = []
	for index: int in item_count if visible else 0:
		texts.append(get_item_text(index))
	return texts


## Picks an item by what is on it.
func pick(item: String) -> void:
	for index: int in item_count:
		if get_item_text(index) == item:
			hide()
			id_pressed.emit(get_item_id(index))


func _on_picked(id: int) -> void:
	match id:
		ASK:
			_ask(_room, _member)
		MAKE_ASSISTANT:
			_complain(await _room.assign(_member.number, "assistant"))
		MAKE_PLAYER:
			_complain(await _room.assign(_member.number, "player"))
		KICK:
			_kick(_room, _member)


## Puts a question, and tells the answer.
func _ask(room: EstragonRoom, member: EstragonMember) -> void:
	var text: Variant = await line.ask("Ask " + member.name, "Ask", "Shall we go?")
	if text == null:
		return
	told.emit("You ask %s: %s" % [member.name, text])
	var result := await Network.queries.ask(
		"session:" + member.session,
		"dialog",
		{"text": text, "choices": _CHOICES},
		_PATIENCE,
		{"room": room.code}
	)
	if not result.ok:
		told.emit("%s has not answered: %s" % [member.name, result.error.message])
	elif result.value == null:
		told.emit("%s would rather not say." % member.name)
	else:
		told.emit("%s answers: %s" % [member.name, result.value])


func _kick(room: EstragonRoom, member: EstragonMember) -> void:
	var reason: Variant = await line.ask("Kick " + member.name, "Kick", "Why? They see it.", true)
	if reason != null:
		_complain(await room.kick(member.number, {"reason": reason}))


func _complain(result: EstragonResult) -> void:
	if not result.ok:
		told.emit(result.error.message)
