class_name EstragonPopup
extends CanvasLayer
## Shows the prompts that the game does not show itself, one at a time, also while the game is
## paused. It looks as the project's theme says.

const _WIDTH := 440.0
const _MARGIN := 24
const _SPACE := 14
const _SHADE := Color(0.0, 0.0, 0.0, 0.5)
const _FAINT := Color(1.0, 1.0, 1.0, 0.65)

var _waiting: Array[EstragonPrompt] = []
var _shown: EstragonPrompt
var _screen: Control
var _focused_before: Control


func _init() -> void:
	layer = 128
	process_mode = Node.PROCESS_MODE_ALWAYS


func _input(event: InputEvent) -> void:
	if _shown and event.is_action_pressed("ui_cancel"):
		get_viewport().set_input_as_handled()
		_cancel()


## Shows [param prompt], after those before it.
func present(prompt: EstragonPrompt) -> void:
	_waiting.append(prompt)
	prompt.closed.connect(_show_next)
	_show_next()


func _show_next() -> void:
	if _shown and _shown.is_open:
		return
	_hide()
	while is_inside_tree() and not _waiting.is_empty() and not _shown:
		var next: EstragonPrompt = _waiting.pop_front()
		if next.is_open:
			_show(next)


func _hide() -> void:
	_shown = null
	if not _screen:
		return
	_screen.queue_free()
	_screen = null
	if is_instance_valid(_focused_before) and _focused_before.is_inside_tree():
		_focused_before.grab_focus()


func _cancel() -> void:
	_shown.answer(false if _shown.is_confirm else null)


func _show(prompt: EstragonPrompt) -> void:
	_shown = prompt
	_focused_before = get_viewport().gui_get_focus_owner()
	_screen = ColorRect.new()
	_screen.theme = get_tree().root.theme
	_screen.set_anchors_preset(Control.PRESET_FULL_RECT)
	_screen.set(&"color", _SHADE)
	add_child(_screen)
	var centre := CenterContainer.new()
	centre.set_anchors_preset(Control.PRESET_FULL_RECT)
	_screen.add_child(centre)
	var scroll := ScrollContainer.new()
	scroll.horizontal_scroll_mode = ScrollContainer.SCROLL_MODE_DISABLED
	var panel := _add_panel(centre)
	panel.add_child(scroll)
	var margin := MarginContainer.new()
	for side: String in ["left", "top", "right", "bottom"]:
		margin.add_theme_constant_override("margin_" + side, _MARGIN)
	margin.minimum_size_changed.connect(_fit.bind(scroll, margin))
	scroll.add_child(margin)
	var column := VBoxContainer.new()
	column.add_theme_constant_override("separation", _SPACE)
	margin.add_child(column)
	_write(column, prompt)
	_enclose(panel, _offer(column, prompt))
	scroll.follow_focus = true


## What a dialog of the theme stands on, or what a panel does where only that is themed.
func _add_panel(centre: CenterContainer) -> PanelContainer:
	var panel := PanelContainer.new()
	centre.add_child(panel)
	var plain := ThemeDB.get_default_theme().get_stylebox(&"panel", &"PanelContainer")
	if panel.get_theme_stylebox(&"panel") == plain:
		var solid := panel.get_theme_stylebox(&"panel", &"AcceptDialog")
		panel.add_theme_stylebox_override(&"panel", solid)
	return panel


## As tall as what it holds, or as the window lets it be.
func _fit(scroll: ScrollContainer, content: Control) -> void:
	if not is_inside_tree():
		return
	var most := get_viewport().get_visible_rect().size.y - 2.0 * _MARGIN
	scroll.custom_minimum_size.y = minf(content.get_combined_minimum_size().y, most)


func _write(column: VBoxContainer, prompt: EstragonPrompt) -> void:
	var width := minf(_WIDTH, get_viewport().get_visible_rect().size.x - 4.0 * _MARGIN)
	if prompt.from.name:
		_add_label(column, prompt.from.name, width).modulate = _FAINT
	if prompt.title:
		_add_label(column, prompt.title, width).theme_type_variation = &"HeaderMedium"
	_add_label(column, prompt.text, width)


func _add_label(column: VBoxContainer, text: String, width: float) -> Label:
	var label := Label.new()
	label.text = text
	label.custom_minimum_size.x = width
	label.autowrap_mode = TextServer.AUTOWRAP_WORD_SMART
	column.add_child(label)
	return label


func _offer(column: VBoxContainer, prompt: EstragonPrompt) -> Array[Button]:
	column.add_spacer(false)
	var row := HFlowContainer.new()
	row.alignment = FlowContainer.ALIGNMENT_END
	row.add_theme_constant_override("h_separation", _SPACE)
	row.add_theme_constant_override("v_separation", _SPACE)
	column.add_child(row)
	var buttons: Array[Button] = []
	if prompt.is_confirm:
		buttons.append(_add_button(row, "Yes", true))
		buttons.append(_add_button(row, "No", false))
	for choice: String in prompt.choices:
		buttons.append(_add_button(row, choice, choice))
	return buttons


## The focus goes round among the buttons. It begins at none: who is typing, or jumping, when the
## prompt appears must not choose by it.
func _enclose(panel: Control, buttons: Array[Button]) -> void:
	for index: int in buttons.size():
		var after := buttons[(index + 1) % buttons.size()]
		buttons[index].focus_next = buttons[index].get_path_to(after)
		after.focus_previous = after.get_path_to(buttons[index])
	panel.focus_mode = Control.FOCUS_ALL
	panel.grab_focus()
	if buttons.is_empty():
		return
	panel.focus_next = panel.get_path_to(buttons[0])
	panel.focus_previous = panel.get_path_to(buttons[-1])
	for side: Side in [SIDE_LEFT, SIDE_TOP, SIDE_RIGHT, SIDE_BOTTOM]:
		panel.set_focus_neighbor(side, panel.get_path_to(buttons[0]))


func _add_button(row: HFlowContainer, text: String, value: Variant) -> Button:
	var button := Button.new()
	button.text = text
	button.custom_minimum_size.x = 88.0
	button.pressed.connect(_shown.answer.bind(value))
	row.add_child(button)
	return button
