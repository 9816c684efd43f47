# Shows the prompts that the game does not show itself, one at a time, also while the game is
# paused. It looks as the project's theme says.
class_name EstragonPopup
extends CanvasLayer

# warning-ignore-all:return_value_discarded

const EstragonPrompt := preload("prompt.gd")
const _LAYER := 128
const _WIDTH := 440.0
const _MARGIN := 24
const _SPACE := 12
const _LEAST_BUTTON := 88.0
const _SHADE := Color(0.0, 0.0, 0.0, 0.5)
const _FAINT := Color(1.0, 1.0, 1.0, 0.65)

# What is on the screen; null for nothing.
var shown: EstragonPrompt
# The buttons on the screen, in order of the choices; of a `confirm` yes and no.
var buttons: Array = []

var _waiting: Array = []
var _screen: Control
var _panel: Control
var _scroll: ScrollContainer
var _text: Label
var _focused_before: Control


func _init() -> void:
	layer = _LAYER
	pause_mode = Node.PAUSE_MODE_PROCESS


func _input(event: InputEvent) -> void:
	if shown and event.is_action_pressed("ui_cancel"):
		get_tree().set_input_as_handled()
		cancel()


# A text as high as it needs to be, but for one that would push the buttons off the screen.
func _process(_delta: float) -> void:
	if _scroll:
		var most := _window().y / 2.0
		_scroll.rect_min_size.y = min(_text.get_combined_minimum_size().y, most)


# Answers for who chooses nothing: null, or false to a `confirm`.
func cancel() -> void:
	if not shown:
		return
	if shown.is_confirm:
		shown.answer(false)
	else:
		shown.answer(null)


# Shows `prompt`, after those before it.
func present(prompt: EstragonPrompt) -> void:
	_waiting.append(prompt)
	prompt.connect("closed", self, "_show_next")
	_show_next()


func _show_next() -> void:
	if shown and shown.is_open:
		return
	_hide()
	while not shown and not _waiting.empty():
		var next: EstragonPrompt = _waiting.pop_front()
		if next.is_open:
			_show(next)


func _hide() -> void:
	shown = null
	buttons = []
	_scroll = null
	if not _screen:
		return
	_screen.queue_free()
	_screen = null
	if is_instance_valid(_focused_before) and _focused_before.is_visible_in_tree():
		_focused_before.grab_focus()


func _show(prompt: EstragonPrompt) -> void:
	shown = prompt
	var shade := ColorRect.new()
	shade.color = _SHADE
	_screen = shade
	_screen.set_anchors_and_margins_preset(Control.PRESET_WIDE)
	var centre := CenterContainer.new()
	centre.set_anchors_and_margins_preset(Control.PRESET_WIDE)
	_screen.add_child(centre)
	_panel = PanelContainer.new()
	_panel.focus_mode = Control.FOCUS_ALL
	centre.add_child(_panel)
	var margin := MarginContainer.new()
	for side in ["left", "top", "right", "bottom"]:
		margin.add_constant_override("margin_" + side, _MARGIN)
	_panel.add_child(margin)
	var column := VBoxContainer.new()
	column.add_constant_override("separation", _SPACE)
	margin.add_child(column)
	add_child(_screen)
	_focused_before = _screen.get_focus_owner()
	_write(column)
	_offer(column)


func _write(column: VBoxContainer) -> void:
	var width := min(_WIDTH, _window().x - 4.0 * _MARGIN)
	if shown.from.name:
		_add_label(column, shown.from.name, width).modulate = _FAINT
	if shown.title:
		_add_label(column, shown.title, width)
	_scroll = ScrollContainer.new()
	_scroll.scroll_horizontal_enabled = false
	_scroll.rect_min_size.x = width
	column.add_child(_scroll)
	_text = _add_label(_scroll, shown.text, width)


func _add_label(parent: Control, text: String, width: float) -> Label:
	var label := Label.new()
	label.text = text
	label.autowrap = true
	label.rect_min_size.x = width
	label.rect_size.x = width
	parent.add_child(label)
	return label


# The buttons: beside each other where they are few, below each other otherwise. The focus goes
# round among them and the panel, where it begins: who is jumping by Space or Enter must not choose
# by it.
func _offer(column: VBoxContainer) -> void:
	var row := _row(_are_many(shown.choices))
	row.alignment = BoxContainer.ALIGN_END
	row.add_constant_override("separation", _SPACE)
	column.add_child(row)
	if shown.is_confirm:
		_add_button(row, "Yes", true)
		_add_button(row, "No", false)
	for choice in shown.choices:
		_add_button(row, choice, choice)
	var before := _panel
	for button in buttons:
		_follow(before, button)
		before = button
	_follow(before, _panel)
	_panel.grab_focus()


static func _row(is_column: bool) -> BoxContainer:
	if is_column:
		return VBoxContainer.new()
	return HBoxContainer.new()


static func _are_many(texts: PoolStringArray) -> bool:
	return texts.size() > 3 or texts.join("").length() > 32


func _add_button(row: BoxContainer, text: String, value) -> void:
	var button := Button.new()
	button.text = text
	button.rect_min_size.x = _LEAST_BUTTON
	button.connect("pressed", shown, "answer", [value])
	row.add_child(button)
	buttons.append(button)


# The focus stays here: the game below is not reached by Tab or arrows.
func _follow(before: Control, next: Control) -> void:
	before.focus_next = before.get_path_to(next)
	next.focus_previous = next.get_path_to(before)
	for side in [MARGIN_RIGHT, MARGIN_BOTTOM]:
		before.set_focus_neighbour(side, before.get_path_to(next))
	for side in [MARGIN_LEFT, MARGIN_TOP]:
		next.set_focus_neighbour(side, next.get_path_to(before))


func _window() -> Vector2:
	return get_viewport().get_visible_rect().size
