# Draws what a figure does: its waving hand and what it says.
extends Reference

const Look := preload("look.gd")
const _OUTLINE := 1.25
const _FINGER := 1.5
const _PALM := 4.5
# Four fingers and a thumb: from, to.
const _FINGERS := [
	[Vector2(-4.0, -6.0), Vector2(-6.0, -13.0)],
	[Vector2(-1.5, -8.0), Vector2(-2.0, -16.0)],
	[Vector2(1.5, -8.0), Vector2(2.0, -16.0)],
	[Vector2(4.0, -6.0), Vector2(6.0, -13.0)],
	[Vector2(-3.0, -2.0), Vector2(-9.0, -5.0)],
]
const _WIDEST := 180.0
const _MOST_LINES := 3
const _PADDING := Vector2(8.0, 4.0)
const _GAP := 6.0
const _MARGIN := 2.0


# A hand at `at`, turned by `angle`, outlined in `ink`.
static func draw_hand(
	on: CanvasItem, at: Vector2, angle: float, colour: Color, ink: Color
) -> void:
	on.draw_set_transform(at, angle, Vector2.ONE)
	_draw_fingers(on, ink, _OUTLINE)
	_draw_fingers(on, colour, 0.0)
	on.draw_set_transform(Vector2.ZERO, 0.0, Vector2.ONE)


# What somebody says, above `foot` where there is room, and always within `area`.
static func draw_bubble(on: Control, text: String, foot: Vector2, area: Rect2) -> void:
	var font := on.get_font("font", "Label")
	var ink := on.get_color("ink", "Plaza")
	var lines := _wrap(font, text, min(_WIDEST, area.size.x * 0.4))
	var size := Vector2(0.0, lines.size() * font.get_height())
	for line in lines:
		size.x = max(size.x, font.get_string_size(line).x)
	size += _PADDING * 2.0
	var corner := foot - Vector2(size.x / 2.0, _GAP + size.y)
	var last := area.end - size - Vector2(_MARGIN, _MARGIN)
	corner.x = clamp(corner.x, area.position.x + _MARGIN, last.x)
	corner.y = clamp(corner.y, area.position.y + _MARGIN, last.y)
	var paper := Look.box(on.get_color("card", "Plaza"), ink, 1, 9)
	on.draw_style_box(paper, Rect2(corner, size))
	for index in lines.size():
		var left: float = corner.x + (size.x - font.get_string_size(lines[index]).x) / 2.0
		var base: float = corner.y + _PADDING.y + index * font.get_height() + font.get_ascent()
		on.draw_string(font, Vector2(left, base).floor(), lines[index], ink)


static func _draw_fingers(on: CanvasItem, colour: Color, grown: float) -> void:
	for finger in _FINGERS:
		on.draw_line(finger[0], finger[1], colour, (_FINGER + grown) * 2.0)
		on.draw_circle(finger[1], _FINGER + grown, colour)
	on.draw_circle(Vector2(0.0, -3.5), _PALM + grown, colour)


# In lines of at most `width`, letter by letter where a word does not fit; the rest is cut off.
static func _wrap(font: Font, text: String, width: float) -> Array:
	var lines := [""]
	for piece in _pieces(font, text, width):
		var longer: String = lines[-1] + piece
		if lines[-1] != "" and font.get_string_size(longer.strip_edges()).x > width:
			lines.append(piece)
		else:
			lines[-1] = longer
	var is_cut := lines.size() > _MOST_LINES
	if is_cut:
		lines.resize(_MOST_LINES)
	for index in lines.size():
		lines[index] = lines[index].strip_edges()
	if is_cut:
		lines[-1] += "..."
	return lines


# The words with the space after them; the letters of a word that is wider than `width`.
static func _pieces(font: Font, text: String, width: float) -> Array:
	var pieces := []
	for word in text.split(" "):
		if font.get_string_size(word).x <= width:
			pieces.append(word + " ")
			continue
		for index in word.length():
			pieces.append(word[index])
		pieces.append(" ")
	return pieces
