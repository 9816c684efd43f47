extends "sheet.gd"
## The plazas there are, a new one, and one by its code.

## The visitor wants to go to the room with this [code]code[/code], or to a new one of this
## [code]title[/code], [code]listed[/code] or not.
signal chosen(wanted: Dictionary)

const Plaque := preload("plaque.gd")
## In a low window the list is the first to shrink.
const _HIGHEST_LIST := 190.0
const _LOWEST_LIST := 60.0
const _LINK := "#room="
const _REFUSALS: Dictionary = {
	EstragonProtocol.ROOM_NOT_FOUND: "No room has this code.",
	EstragonProtocol.ROOM_FULL: "This room is full just now.",
	EstragonProtocol.ROOM_LOCKED: "This room is locked.",
	EstragonProtocol.BANNED: "You are banned from this room.",
	EstragonProtocol.ALREADY_IN_ROOM: "You are in this room already.",
	EstragonProtocol.INVALID_MESSAGE_DATA: "A code has six letters and digits.",
}

var _entries: PackedStringArray

@onready var _list: VBoxContainer = %List
@onready var _scroll: ScrollContainer = %Scroll
@onready var _trouble: Label = %Trouble
@onready var _code: LineEdit = %Code
@onready var _new_title: LineEdit = %NewTitle
@onready var _listed: CheckBox = %Listed


func _ready() -> void:
	super()
	_trouble.add_theme_color_override("font_color", get_theme_color("bad", "Plaza"))
	(%Refresh as Button).pressed.connect(refresh)
	(%JoinCode as Button).pressed.connect(_join_typed)
	_code.text_submitted.connect(_join_typed.unbind(1))
	(%Make as Button).pressed.connect(_make)
	_new_title.text_submitted.connect(_make.unbind(1))


## Shows it, and asks the server what there is.
func browse() -> void:
	complain("")
	_code.clear()
	open(_code)
	_fit()
	refresh()


## Lists anew what there is.
func refresh() -> void:
	for row: Node in _list.get_children():
		_list.remove_child(row)
		row.queue_free()
	_entries.clear()
	_add_page(await Network.rooms.list({"kind": "plaza"}))


## Says what is wrong; empty for nothing.
func complain(text: String) -> void:
	_trouble.text = text
	_trouble.visible = text != ""


## Says why the visitor did not get into a room.
func refuse(error: EstragonError) -> void:
	complain(str(_REFUSALS.get(error.code, error.message)))


## What is listed, such as [code]The plaza K7QF2M 2[/code].
func entries() -> PackedStringArray:
	return _entries if visible else PackedStringArray()


## What is wrong; empty for nothing.
func trouble() -> String:
	return _trouble.text


## Joins the room of a code or link, as if it had been typed.
func join(code: String) -> void:
	_code.text = code
	_join_typed()


## Makes a room, as if that had been typed.
func make(title: String, is_listed: bool) -> void:
	_new_title.text = title
	_listed.button_pressed = is_listed
	_make()


func _join_typed() -> void:
	var typed := _code.text.strip_edges()
	var link := typed.findn(_LINK)
	if link >= 0:
		typed = typed.substr(link + _LINK.length()).uri_decode()
	if typed:
		chosen.emit({"code": typed})


func _make() -> void:
	var title := _new_title.text.strip_edges()
	chosen.emit({"title": title, "listed": _listed.button_pressed})


func _add_page(result: EstragonResult) -> void:
	if not result.ok:
		complain(result.error.message)
		return
	var rooms: Array = result.data["rooms"]
	for about: Dictionary in rooms:
		_list.add_child(_row(about))
	if not _list.get_child_count():
		_list.add_child(_label("There is none yet: make the first.", "Quiet"))
	if result.data["next"] != null:
		_list.add_child(_more(result.data["next"]))


func _row(about: Dictionary) -> HBoxContainer:
	var code: String = about["code"]
	var properties: Dictionary = about["properties"]
	var title := Plaque.title_of(properties)
	var facts := PackedStringArray([code, _count(about)])
	_entries.append("%s %s %d" % [title, code, about["members"]])
	var words := VBoxContainer.new()
	words.size_flags_horizontal = SIZE_EXPAND_FILL
	words.add_theme_constant_override("separation", 0)
	var heading := _label(title, "Heading")
	heading.text_overrun_behavior = TextServer.OVERRUN_TRIM_ELLIPSIS
	words.add_child(heading)
	words.add_child(_label(" · ".join(facts), "Quiet"))
	var row := HBoxContainer.new()
	row.add_child(words)
	var button := Button.new()
	var obstacle := _obstacle(about)
	button.text = obstacle if obstacle else "Join"
	button.disabled = obstacle != ""
	button.size_flags_vertical = SIZE_SHRINK_CENTER
	button.pressed.connect(chosen.emit.bind({"code": code}))
	row.add_child(button)
	return row


## Such as [code]2 of 200[/code].
func _count(about: Dictionary) -> String:
	return "%d of %d" % [about["members"], about["capacity"]]


## Why we cannot join it; empty where we can.
func _obstacle(about: Dictionary) -> String:
	if Network.rooms.all.has(about["code"]):
		return "You are here"
	if about["locked"]:
		return "Locked"
	return "Full" if about["members"] >= about["capacity"] else ""


func _more(next: Variant) -> Button:
	var button := Button.new()
	button.text = "More"
	button.pressed.connect(
		func() -> void:
			button.queue_free()
			_add_page(await Network.rooms.list({"kind": "plaza", "after": next}))
	)
	return button


func _label(text: String, variation: StringName) -> Label:
	var label := Label.new()
	label.text = text
	label.theme_type_variation = variation
	return label


func _fit() -> void:
	super()
	var rest := _card.get_combined_minimum_size().y - _scroll.custom_minimum_size.y
	var left := get_viewport_rect().size.y - rest - Look.MARGIN * 2.0
	_scroll.custom_minimum_size.y = clampf(left, _LOWEST_LIST, _HIGHEST_LIST)
