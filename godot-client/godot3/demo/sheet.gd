# A card in front of everything; Escape and the button Cancel close it.
extends ColorRect

# warning-ignore-all:return_value_discarded

# It is no longer shown.
signal closed

const Look := preload("look.gd")

var _first: Control
var _focused_before: Control

onready var _card: PanelContainer = $Centre/Card


func _ready() -> void:
	_card.add_stylebox_override("panel", Look.box(
		get_color("card", "Plaza"), get_color("line", "Plaza"), 1, 16, Vector2(24.0, 24.0)
	))
	$Centre/Card/Form/Buttons/Cancel.connect("pressed", self, "close")
	get_viewport().connect("gui_focus_changed", self, "_on_focus_changed")


func _input(event: InputEvent) -> void:
	var focused := get_focus_owner()
	if visible and event.is_action_pressed("ui_cancel") and focused and is_a_parent_of(focused):
		get_tree().set_input_as_handled()
		close()


# Shows it, with the focus on `first`.
func open(first: Control) -> void:
	if not visible:
		_focused_before = get_focus_owner()
	_first = first
	show()
	first.grab_focus()


# Takes it away.
func close() -> void:
	if not visible:
		return
	hide()
	if is_instance_valid(_focused_before) and _focused_before.is_visible_in_tree():
		_focused_before.grab_focus()
	emit_signal("closed")


# The focus does not go to what is behind.
func _on_focus_changed(control: Control) -> void:
	if visible and get_parent().is_a_parent_of(control) and not is_a_parent_of(control):
		_first.call_deferred("grab_focus")
