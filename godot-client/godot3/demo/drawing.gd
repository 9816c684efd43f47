# The plaza as a picture, in the colours of the theme.
extends Reference

const Figure := preload("figure.gd")
const Gestures := preload("gestures.gd")
const Look := preload("look.gd")
const Person := preload("person.gd")
const Scene := preload("scene.gd")
const Walking := preload("walking.gd")
const _PAVING := 100.0
# How tall somebody is, in units of the plaza, and at least, in pixels.
const _TALL := 53.0
const _SMALLEST := 26.0
const _AWAY_OPACITY := 0.35
# How far a waving hand swings, in radians, and how fast, in ms.
const _SWING := 0.5
const _SWING_MS := 90.0
const _OUTLINE := [
	Vector2(-2, 0), Vector2(2, 0), Vector2(0, -2), Vector2(0, 2),
	Vector2(-1, -1), Vector2(1, -1), Vector2(-1, 1), Vector2(1, 1),
]


# The place of the plaza shown at `point` of a control of this `size`.
static func place_at(point: Vector2, size: Vector2) -> Vector2:
	var area := _area(size)
	return (point - area.position) / _unit(area)


# Draws the tree, the fireflies and everybody who has a place; who is further down, in front; what was
# said last before all. `state` is an EstragonState.
func draw(on: Control, figures: Array, state: Reference) -> void:
	var area := _area(on.rect_size)
	_draw_paving(on, area)
	var placed := []
	for figure in figures:
		if figure.is_placed:
			placed.append(figure)
	placed.sort_custom(self, "_is_behind")
	var its_round = state.call("table", "round").row()
	var foot := area.position + area.size / 2.0
	var has_tree := false
	for figure in placed:
		if not has_tree and figure.at.y > Walking.EXTENT.y / 2.0:
			Scene.draw_tree(on, foot, _unit(area), its_round.get("lights") if its_round else 0)
			has_tree = true
		_draw_figure(on, figure, area)
	if not has_tree:
		Scene.draw_tree(on, foot, _unit(area), its_round.get("lights") if its_round else 0)
	for row in state.call("table", "fireflies").rows():
		var place: Vector2 = area.position + Vector2(row.get("x"), row.get("y")) * _unit(area)
		Scene.draw_firefly(on, place, _unit(area), row.slot)
	for figure in placed:
		_draw_gain(on, figure, area)
	placed.sort_custom(self, "_said_before")
	for figure in placed:
		if figure.is_talking():
			var head: Vector2 = area.position + figure.at * _unit(area)
			head.y -= _tall(area) * 0.8
			Gestures.draw_bubble(on, figure.text, head, area)


func _draw_paving(on: Control, area: Rect2) -> void:
	var paper := on.get_color("paper", "Plaza")
	var from := area.position
	on.draw_rect(area, on.get_color("paving", "Plaza"))
	for column in range(1, int(Walking.EXTENT.x / _PAVING)):
		var x: float = from.x + column * _PAVING * _unit(area)
		on.draw_line(Vector2(x, from.y), Vector2(x, area.end.y), paper, 2.0)
	for line in range(1, int(Walking.EXTENT.y / _PAVING)):
		var y: float = from.y + line * _PAVING * _unit(area)
		on.draw_line(Vector2(from.x, y), Vector2(area.end.x, y), paper, 2.0)
	var edge := on.get_color("accent" if on.has_focus() else "line", "Plaza")
	var border := Look.box(Color.transparent, edge, 2, 0)
	border.draw_center = false
	on.draw_style_box(border, area)


func _draw_figure(on: Control, figure: Figure, area: Rect2) -> void:
	var opacity := _AWAY_OPACITY if figure.away else 1.0
	var ink := _faded(on.get_color("ink", "Plaza"), opacity)
	var colour := _faded(figure.colour, opacity)
	var at := area.position + figure.at * _unit(area)
	var tall := _tall(area)
	Person.draw(on, figure, at + Vector2(0.0, tall / 2.0), tall, ink, colour)
	_draw_name(on, figure.name, at + Vector2(0.0, tall / 2.0 + 4.0), ink)
	if figure.is_waving():
		var swing := sin(OS.get_ticks_msec() / _SWING_MS) * _SWING
		Gestures.draw_hand(on, at + Vector2(tall * 0.4 + 12.0, 0.0), swing, colour, ink)


# What somebody has just won or lost rises and fades.
func _draw_gain(on: Control, figure: Figure, area: Rect2) -> void:
	var part: float = figure.risen()
	if part < 1.0:
		var top: Vector2 = area.position + figure.at * _unit(area)
		top.y -= _tall(area) * 1.4 + part * 40.0
		_draw_name(on, figure.gain, top, _faded(on.get_color("ink", "Plaza"), 1.0 - part))


# Below `top`, outlined in the colour of the paving.
func _draw_name(on: Control, name: String, top: Vector2, ink: Color) -> void:
	var font := on.get_font("font", "Label")
	var half := font.get_string_size(name).x / 2.0
	var left := (top + Vector2(-half, font.get_ascent())).floor()
	var paving := _faded(on.get_color("paving", "Plaza"), ink.a)
	for aside in _OUTLINE:
		on.draw_string(font, left + aside, name, paving)
	on.draw_string(font, left, name, ink)


func _is_behind(a: Figure, b: Figure) -> bool:
	return a.at.y < b.at.y


func _said_before(a: Figure, b: Figure) -> bool:
	return a.said_until < b.said_until


# The largest part of a control of this `size` that has the plaza's shape, at its top.
static func _area(size: Vector2) -> Rect2:
	var unit := min(size.x / Walking.EXTENT.x, size.y / Walking.EXTENT.y)
	var fitting := (Walking.EXTENT * unit).floor()
	return Rect2(Vector2(floor((size.x - fitting.x) / 2.0), 0.0), fitting)


# How many pixels a unit of the plaza is.
static func _unit(area: Rect2) -> float:
	return area.size.x / Walking.EXTENT.x


static func _tall(area: Rect2) -> float:
	return max(_TALL * _unit(area), _SMALLEST)


static func _faded(colour: Color, opacity: float) -> Color:
	return Color(colour.r, colour.g, colour.b, opacity)
