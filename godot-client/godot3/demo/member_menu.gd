# What may be done with another member: everybody may ask; a host also gives roles, and kicks, as
# an assistant does.
extends PopupMenu

# warning-ignore-all:return_value_discarded

# Something happened that the visitor should know.
signal told(text)

enum {ASK, MAKE_ASSISTANT, MAKE_PLAYER, KICK}

const EstragonMember := preload("res://addons/estragon/member.gd")
const EstragonResult := preload("res://addons/estragon/result.gd")
const EstragonRoom := preload("res://addons/estragon/room.gd")
const Line := preload("line.gd")
# How long we wait for an answer, in seconds.
const _PATIENCE := 60.0
const _CHOICES := ["Yes", "No"]

# Asks the visitor for a text.
var line: Line

var _room: EstragonRoom
var _member: EstragonMember


func _ready() -> void:
	connect("id_pressed", self, "_on_picked")


# Opens below `chip`, for `member` of `room`.
func open(room: EstragonRoom, member: EstragonMember, chip: Control) -> void:
	_room = room
	_member = member
	clear()
	add_item("Ask...", ASK)
	var me := room.me()
	var is_lower := member.rank < me.rank
	if is_lower and me.role == "host" and member.role == "assistant":
		add_item("Make player", MAKE_PLAYER)
	elif is_lower and me.role == "host":
		add_item("Make assistant", MAKE_ASSISTANT)
	if is_lower and me.is_at_least("assistant"):
		add_item("Kick...", KICK)
	rect_size = Vector2.ZERO
	popup(Rect2(chip.rect_global_position + Vector2(0.0, chip.rect_size.y + 4.0), Vector2.ZERO))


# What it offers.
func items() -> Array:
	var texts := []
	for index in get_item_count() if visible else 0:
		texts.append(get_item_text(index))
	return texts


# Picks an item by what is on it.
func pick(item: String) -> void:
	for index in get_item_count():
		if get_item_text(index) == item:
			hide()
			emit_signal("id_pressed", get_item_id(index))
			return


func _on_picked(id: int) -> void:
	match id:
		ASK:
			_ask(_room, _member)
		MAKE_ASSISTANT:
			_complain(yield(_room.assign(_member.number, "assistant"), "completed"))
		MAKE_PLAYER:
			_complain(yield(_room.assign(_member.number, "player"), "completed"))
		KICK:
			_kick(_room, _member)


# Puts a question, and tells the answer.
func _ask(room: EstragonRoom, member: EstragonMember) -> void:
	var text = yield(line.ask("Ask " + member.name, "Ask", "Shall we go?"), "completed")
	if text == null:
		return
	emit_signal("told", "You ask %s: %s" % [member.name, text])
	var data := {"text": text, "choices": _CHOICES}
	var result: EstragonResult = yield(Network.queries.ask(
		"session:" + member.session, "dialog", data, _PATIENCE, {"room": room.code}
	), "completed")
	if not result.ok:
		emit_signal("told", "%s has not answered: %s" % [member.name, result.error.message])
	elif result.value == null:
		emit_signal("told", "%s would rather not say." % member.name)
	else:
		emit_signal("told", "%s answers: %s" % [member.name, result.value])


func _kick(room: EstragonRoom, member: EstragonMember) -> void:
	var asking = line.ask("Kick " + member.name, "Kick", "Why? They see it.", true)
	var reason = yield(asking, "completed")
	if reason != null:
		_complain(yield(room.kick(member.number, {"reason": reason}), "completed"))


func _complain(result: EstragonResult) -> void:
	if not result.ok:
		emit_signal("told", result.error.message)
