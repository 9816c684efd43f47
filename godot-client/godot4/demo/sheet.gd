extends ColorRect
## A card in front of everything; Escape and the button [code]Cancel[/code] close it.

## It is no longer shown.
signal closed

const Look := preload("look.gd")

## How wide the card is, where the window is.
@export var widest: float = 440.0

var _first: Control
var _focused_before: Control

@onready var _card: PanelContainer = %Card


func _ready() -> void:
	(%Cancel as Button).pressed.connect(close)
	get_viewport().gui_focus_changed.connect(_on_focus_changed)
	get_viewport().size_changed.connect(_fit)
	_fit()


func _input(event: InputEvent) -> void:
	var focused := get_viewport().gui_get_focus_owner()
	if visible and event.is_action_pressed("ui_cancel") and focused and is_ancestor_of(focused):
		get_viewport().set_input_as_handled()
		close()


## Shows it, with the focus on [param first].
func open(first: Control) -> void:
	if not visible:
		_focused_before = get_viewport().gui_get_focus_owner()
	_first = first
	show()
	first.grab_focus()


## Takes it away.
func close() -> void:
	if not visible:
		return
	hide()
	if is_instance_valid(_focused_before) and _focused_before.is_visible_in_tree():
		_focused_before.grab_focus()
	closed.emit()


## As wide as it should be, or as the window lets it be.
func _fit() -> void:
	_card.custom_minimum_size.x = minf(widest, get_viewport_rect().size.x - Look.MARGIN * 2.0)


## The focus does not go to what is behind.
func _on_focus_changed(control: Control) -> void:
	if visible and get_parent().is_ancestor_of(control) and not is_ancestor_of(control):
		_first.grab_focus.call_deferred()
