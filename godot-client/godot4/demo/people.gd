extends HFlowContainer
## Who is here, and who is away: one chip a member.

const Disc := preload("disc.gd")
const Figure := preload("figure.gd")
## More are scrolled.
const _HIGHEST := 150.0

var _entries: PackedStringArray


func _ready() -> void:
	resized.connect(_fit)
	minimum_size_changed.connect(_fit)



## Lists the room's members.
func list(room: EstragonRoom) -> void:
	for chip: Node in get_children():
		remove_child(chip)
		chip.queue_free()
	_entries.clear()
	for member: EstragonMember in room.members.values():
		var note := "away" if member.away else "you" if member.number == room.you else ""
		add_child(_chip(member, note))
		_entries.append(("%s %s" % [member.name, note]).strip_edges())


## What is listed, such as [code]Ada you[/code], [code]Bob[/code], [code]Cy away[/code].
func entries() -> PackedStringArray:
	return _entries


## The list is as high as what it holds, up to a point.
func _fit() -> void:
	var scroll := get_parent() as ScrollContainer
	scroll.custom_minimum_size.y = minf(_HIGHEST, get_combined_minimum_size().y)


func _chip(member: EstragonMember, note: String) -> PanelContainer:
	var disc := Disc.new()
	disc.colour = Figure.colour_of(member)
	disc.custom_minimum_size = Vector2(16.0, 16.0)
	disc.size_flags_vertical = SIZE_SHRINK_CENTER
	disc.modulate.a = 0.35 if member.away else 1.0
	var row := HBoxContainer.new()
	row.add_theme_constant_override("separation", 7)
	row.add_child(disc)
	row.add_child(_label(member.name, ""))
	if note:
		row.add_child(_label(note, "Quiet"))
	var chip := PanelContainer.new()
	chip.theme_type_variation = "AwayChip" if member.away else "Chip"
	chip.add_child(row)
	return chip


func _label(text: String, variation: StringName) -> Label:
	var label := Label.new()
	label.text = text
	label.theme_type_variation = variation
	return label
