# A member in the list of who is here: a disc, the name, and what there is to say of it in words.
extends Button

# warning-ignore-all:return_value_discarded

const EstragonMember := preload("res://addons/estragon/member.gd")
const Figure := preload("figure.gd")
const Look := preload("look.gd")
const _DISC := 14
const _AWAY_OPACITY := 0.35
const _PADDING := Vector2(8.0, 3.0)

# Whom it stands for.
var member: EstragonMember

var _note: String
var _row := HBoxContainer.new()


func _init(its_member: EstragonMember, note: String, is_you: bool) -> void:
	member = its_member
	_note = note
	disabled = is_you
	focus_mode = FOCUS_NONE if is_you else FOCUS_ALL
	hint_tooltip = "" if is_you else "Ask %s, and more" % member.name
	_row.mouse_filter = MOUSE_FILTER_IGNORE
	_row.rect_position = _PADDING
	add_child(_row)


func _ready() -> void:
	var disc := Panel.new()
	disc.rect_min_size = Vector2(_DISC, _DISC)
	disc.size_flags_vertical = SIZE_SHRINK_CENTER
	disc.mouse_filter = MOUSE_FILTER_IGNORE
	disc.modulate.a = _AWAY_OPACITY if member.away else 1.0
	var box := Look.box(
		Figure.colour_of(member.data), get_color("ink", "Plaza"), 1, int(_DISC / 2.0)
	)
	disc.add_stylebox_override("panel", box)
	_row.add_child(disc)
	_row.add_child(_label(member.name, "ink"))
	_row.add_child(_label(_note, "quiet"))
	rect_min_size = _row.get_combined_minimum_size() + _PADDING * 2.0


func _label(text: String, colour: String) -> Label:
	var label := Label.new()
	label.text = text
	label.mouse_filter = MOUSE_FILTER_IGNORE
	label.add_color_override("font_color", get_color(colour, "Plaza"))
	return label
