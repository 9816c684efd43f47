extends Button
## A member in the list of who is here: a disc, the name, and what there is to say of it in words.

const Disc := preload("disc.gd")
const Figure := preload("figure.gd")
const _PADDING := Vector2(10.0, 4.0)

## Whom it stands for.
var member: EstragonMember

var _row: HBoxContainer = HBoxContainer.new()


func _init(its_member: EstragonMember, note: String, is_you: bool) -> void:
	member = its_member
	theme_type_variation = "AwayChip" if member.away else "Chip"
	disabled = is_you
	focus_mode = FOCUS_NONE if is_you else FOCUS_ALL
	tooltip_text = "" if is_you else "Ask %s, and more" % member.name
	var disc := Disc.new()
	disc.colour = Figure.colour_of(member)
	disc.custom_minimum_size = Vector2(16.0, 16.0)
	disc.size_flags_vertical = SIZE_SHRINK_CENTER
	disc.modulate.a = 0.35 if member.away else 1.0
	disc.mouse_filter = MOUSE_FILTER_IGNORE
	_row.add_theme_constant_override("separation", 7)
	_row.mouse_filter = MOUSE_FILTER_IGNORE
	_row.position = _PADDING
	_row.minimum_size_changed.connect(_fit)
	_row.add_child(disc)
	_row.add_child(_label(member.name, ""))
	if note:
		_row.add_child(_label(note, "Quiet"))
	add_child(_row)


func _ready() -> void:
	_fit()


func _fit() -> void:
	custom_minimum_size = _row.get_combined_minimum_size() + _PADDING * 2.0


func _label(text: String, variation: StringName) -> Label:
	var label := Label.new()
	label.text = text
	label.theme_type_variation = variation
	return label
