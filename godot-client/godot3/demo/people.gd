# Who is here, and who is away: one line a member.
extends VBoxContainer

const Figure := preload("figure.gd")
const Look := preload("look.gd")
const _DISC := 14
const _AWAY_OPACITY := 0.35

# What is listed, such as "Ada you", "Bob", "Cy away".
var entries: Array = []


# Lists the members of `room`, an EstragonRoom.
func list(room: Reference) -> void:
	for line in get_children():
		remove_child(line)
		line.queue_free()
	entries.clear()
	var members: Dictionary = room.get("members")
	for member in members.values():
		var note := "away" if member.away else ""
		if member.number == room.get("you"):
			note = "you"
		entries.append(("%s %s" % [member.name, note]).strip_edges())
		add_child(_line(member.name, Figure.colour_of(member.data), member.away, note))


func _line(name: String, colour: Color, is_away: bool, note: String) -> HBoxContainer:
	var disc := Panel.new()
	disc.rect_min_size = Vector2(_DISC, _DISC)
	disc.size_flags_vertical = SIZE_SHRINK_CENTER
	disc.modulate.a = _AWAY_OPACITY if is_away else 1.0
	var box := Look.box(colour, get_color("ink", "Plaza"), 1, int(_DISC / 2.0))
	disc.add_stylebox_override("panel", box)
	var line := HBoxContainer.new()
	line.add_child(disc)
	line.add_child(_label(name, "ink"))
	line.add_child(_label(note, "quiet"))
	return line


func _label(text: String, colour: String) -> Label:
	var label := Label.new()
	label.text = text
	label.add_color_override("font_color", get_color(colour, "Plaza"))
	return label
