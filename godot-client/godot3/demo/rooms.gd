# The plazas there are, a new one, and one by its code.
extends "sheet.gd"

# warning-ignore-all:return_value_discarded

# The visitor wants to go to the room with this `code`, or to a new one of this `title`, `listed`
# or not: `wanted` is a Dictionary of these.
signal chosen(wanted)

const EstragonError := preload("res://addons/estragon/error.gd")
const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const EstragonResult := preload("res://addons/estragon/result.gd")
const Plaque := preload("plaque.gd")
const _LINK := "#room="
const _REFUSALS := {
	EstragonProtocol.ROOM_NOT_FOUND: "No room has this code.",
	EstragonProtocol.ROOM_FULL: "This room is full just now.",
	EstragonProtocol.ROOM_LOCKED: "This room is locked.",
	EstragonProtocol.BANNED: "You are banned from this room.",
	EstragonProtocol.ALREADY_IN_ROOM: "You are in this room already.",
	EstragonProtocol.INVALID_MESSAGE_DATA: "A code has six letters and digits.",
}

var _entries: Array = []

onready var _list: VBoxContainer = $Centre/Card/Form/Scroll/List
onready var _trouble: Label = $Centre/Card/Form/Trouble
onready var _code: LineEdit = $Centre/Card/Form/Join/Code
onready var _new_title: LineEdit = $Centre/Card/Form/New/Title
onready var _listed: CheckBox = $Centre/Card/Form/Listed


func _ready() -> void:
	Look.tint(_trouble, "bad")
	$Centre/Card/Form/Head/Refresh.connect("pressed", self, "refresh")
	$Centre/Card/Form/Join/Button.connect("pressed", self, "_join_typed")
	_code.connect("text_entered", self, "_join_typed")
	$Centre/Card/Form/New/Button.connect("pressed", self, "_make")
	_new_title.connect("text_entered", self, "_make")


# Shows it, and asks the server what there is.
func browse() -> void:
	_complain("")
	_code.clear()
	open(_code)
	refresh()


# Lists anew what there is.
func refresh() -> void:
	for row in _list.get_children():
		_list.remove_child(row)
		row.queue_free()
	_entries.clear()
	_add_page(yield(Network.rooms.list({"kind": "plaza"}), "completed"))


# Says why the visitor did not get into a room.
func refuse(error: EstragonError) -> void:
	_complain(_REFUSALS.get(error.code, error.message))


# What is listed, such as "The plaza K7QF2M 2".
func entries() -> Array:
	return _entries if visible else []


# What is wrong; empty for nothing.
func trouble() -> String:
	return _trouble.text


# Joins the room of a code or link, as if it had been typed.
func join(code: String) -> void:
	_code.text = code
	_join_typed()


# Makes a room, as if that had been typed.
func make(title: String, is_listed: bool) -> void:
	_new_title.text = title
	_listed.pressed = is_listed
	_make()


func _complain(text: String) -> void:
	_trouble.text = text
	_trouble.visible = text != ""


func _join_typed(_typed: String = "") -> void:
	var typed := _code.text.strip_edges()
	var link := typed.findn(_LINK)
	if link >= 0:
		typed = typed.substr(link + _LINK.length()).percent_decode()
	if typed:
		emit_signal("chosen", {"code": typed})


func _make(_typed: String = "") -> void:
	var title := _new_title.text.strip_edges()
	emit_signal("chosen", {"title": title, "listed": _listed.pressed})


func _add_page(result: EstragonResult) -> void:
	if not result.ok:
		_complain(result.error.message)
		return
	for about in result.data["rooms"]:
		_list.add_child(_row(about))
	if _list.get_child_count() == 0:
		_list.add_child(_label("There is none yet: make the first.", "quiet"))
	var next = result.data["next"]
	if next != null:
		var button := Button.new()
		button.text = "More"
		button.connect("pressed", self, "_on_more", [button, next])
		_list.add_child(button)


func _on_more(button: Button, next: int) -> void:
	button.queue_free()
	_add_page(yield(Network.rooms.list({"kind": "plaza", "after": next}), "completed"))


func _row(about: Dictionary) -> HBoxContainer:
	var code: String = about["code"]
	var title := Plaque.title_of(about["properties"])
	_entries.append("%s %s %d" % [title, code, about["members"]])
	var facts := "%s, %d of %d" % [code, about["members"], about["capacity"]]
	var words := VBoxContainer.new()
	words.size_flags_horizontal = SIZE_EXPAND_FILL
	words.add_child(_label(title, "ink"))
	words.add_child(_label(facts, "quiet"))
	words.get_child(0).clip_text = true
	var row := HBoxContainer.new()
	row.add_child(words)
	var button := Button.new()
	var obstacle := _obstacle(about)
	button.text = obstacle if obstacle else "Join"
	button.disabled = obstacle != ""
	button.size_flags_vertical = SIZE_SHRINK_CENTER
	button.connect("pressed", self, "emit_signal", ["chosen", {"code": code}])
	row.add_child(button)
	return row


# Why we cannot join it; empty where we can.
func _obstacle(about: Dictionary) -> String:
	if Network.rooms.all.has(about["code"]):
		return "You are here"
	if about["locked"]:
		return "Locked"
	return "Full" if about["members"] >= about["capacity"] else ""


func _label(text: String, colour: String) -> Label:
	var label := Label.new()
	label.text = text
	label.add_color_override("font_color", get_color(colour, "Plaza"))
	return label
