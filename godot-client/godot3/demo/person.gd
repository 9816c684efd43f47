# Draws somebody with a bowler hat, and what it carries.
extends Reference

const Figure := preload("figure.gd")
const Look := preload("look.gd")
const Scene := preload("scene.gd")
const _FACE := Color("f4e4d0")
const _EYES := Color("24291f")


# Of `tall` pixels, with its feet there; `ink` and `coat` are colours.
static func draw(
	on: Control, figure: Figure, feet: Vector2, tall: float, ink: Color, coat: Color
) -> void:
	var is_walking: bool = figure.is_walking()
	var swing := sin(figure.phase) if is_walking else 0.0
	var hop := abs(cos(figure.phase)) * tall * 0.06 if is_walking else 0.0
	if figure.is_you:
		_ring(on, feet, tall * 0.38, ink)
	if figure.safe:
		_ring(on, feet, tall * 0.45, Scene.LIGHT)
	for side in [-1.0, 1.0]:
		var hip := feet + Vector2(side * tall * 0.12, -tall * 0.25 - hop)
		var lift: float = max(0.0, side * swing) * tall * 0.08
		var foot := feet + Vector2(side * tall * (0.12 + swing * 0.16), -lift)
		on.draw_line(hip, foot, ink, max(tall * 0.1, 1.5), true)
	var body := feet - Vector2(0.0, hop)
	_box(on, body, tall, Vector2(0.54, 0.55), -0.72, 0.24, coat, ink)
	var head := body + Vector2(0.0, -tall * 0.82)
	on.draw_circle(head, tall * 0.25, ink)
	on.draw_circle(head, tall * 0.25 - max(tall * 0.04, 1.0), _FACE)
	for eye in [-1.0, 1.0]:
		var at := head + Vector2((figure.turn + eye) * tall * 0.08, tall * 0.02)
		on.draw_circle(at, max(tall * 0.035, 0.8), _EYES)
	_box(on, body, tall, Vector2(0.34, 0.22), -1.2, 0.1, coat, ink)
	_box(on, body, tall, Vector2(0.64, 0.08), -1.0, 0.03, coat, ink)
	for light in figure.lights:
		var angle: float = OS.get_ticks_msec() / 500.0 + light * TAU / figure.lights
		var place := Vector2(cos(angle) * tall * 0.45, sin(angle) * tall * 0.16 - tall * 1.4)
		Scene.draw_light(on, body + place, max(tall * 0.11, 3.0))


# With round corners; all but the colours in parts of its height, `top` above the feet.
static func _box(
	on: Control, feet: Vector2, tall: float, extent: Vector2, top: float, radius: float,
	coat: Color, ink: Color
) -> void:
	var border := int(max(round(tall * 0.04), 1.0))
	var made := Look.box(coat, ink, border, int(max(round(tall * radius), 1.0)))
	on.draw_style_box(made, Rect2(feet + Vector2(-extent.x / 2.0, top) * tall, extent * tall))


static func _ring(on: Control, centre: Vector2, radius: float, ink: Color) -> void:
	on.draw_set_transform(centre, 0.0, Vector2(1.0, 0.38))
	on.draw_arc(Vector2.ZERO, radius, 0.0, TAU, 40, ink, 2.0, true)
	on.draw_set_transform(Vector2.ZERO, 0.0, Vector2.ONE)
