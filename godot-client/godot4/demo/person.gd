extends Control
## Somebody with a bowler hat, drawn with its feet in the middle of this control's lower edge.

const _LIGHT := Color("f2b01e")
const _GLOW := Color(0.95, 0.69, 0.12, 0.25)
const _FACE := Color("f4e4d0")
const _EYES := Color("24291f")
## Units of the plaza for a pair of steps, and for how long somebody still walks after one.
const _STRIDE := 45.0
const _WALKS_MS := 120

## The colour of its coat and hat.
var colour: Color = Color.GRAY
## Whether it is ourselves.
var is_you: bool = false
## How many lights it carries.
var lights: int = 0
## Whether nobody may steal from it just now.
var safe: bool = false

var _phase: float = 0.0
var _turn: float = 0.0
var _moved_at: int = -_WALKS_MS
var _was_walking: bool = false


## It has gone that far, in the plaza's units.
func go(way: Vector2) -> void:
	var far := way.length()
	_phase += far / _STRIDE * PI
	if absf(way.x) > 0.5:
		_turn = signf(way.x)
	if far > 0.2:
		_moved_at = Time.get_ticks_msec()
	var is_walking := Time.get_ticks_msec() - _moved_at < _WALKS_MS
	if is_walking or _was_walking or lights > 0:
		queue_redraw()
	_was_walking = is_walking


func _draw() -> void:
	var tall := size.y
	var ink := get_theme_color("ink", "Plaza")
	var swing := sin(_phase) if _was_walking else 0.0
	var hop := absf(cos(_phase)) * tall * 0.06 if _was_walking else 0.0
	var feet := Vector2(size.x / 2.0, tall)
	if is_you:
		_ring(feet, tall * 0.38, ink)
	if safe:
		_ring(feet, tall * 0.45, _LIGHT)
	for side: float in [-1.0, 1.0]:
		var hip := feet + Vector2(side * tall * 0.12, -tall * 0.25 - hop)
		var lift := maxf(0.0, side * swing) * tall * 0.08
		draw_line(hip, feet + Vector2(side * tall * (0.12 + swing * 0.16), -lift), ink, maxf(tall * 0.1, 1.5), true)
	feet.y -= hop
	_box(feet, Vector2(0.54, 0.55), -0.72, 0.24, ink)
	var head := feet + Vector2(0.0, -tall * 0.82)
	draw_circle(head, tall * 0.25, ink)
	draw_circle(head, tall * 0.25 - maxf(tall * 0.04, 1.0), _FACE)
	for eye: float in [-1.0, 1.0]:
		draw_circle(head + Vector2((_turn + eye) * tall * 0.08, tall * 0.02), maxf(tall * 0.035, 0.8), _EYES)
	_box(feet, Vector2(0.34, 0.22), -1.2, 0.1, ink)
	_box(feet, Vector2(0.64, 0.08), -1.0, 0.03, ink)
	for light: int in lights:
		var angle := Time.get_ticks_msec() / 500.0 + light * TAU / lights
		var at := feet + Vector2(cos(angle) * tall * 0.45, sin(angle) * tall * 0.16 - tall * 1.4)
		draw_circle(at, maxf(tall * 0.24, 6.0), _GLOW)
		draw_circle(at, maxf(tall * 0.11, 3.0), _LIGHT)


## A box of the coat's colour with round corners, in parts of its height, [param top] above the feet.
func _box(feet: Vector2, extent: Vector2, top: float, radius: float, ink: Color) -> void:
	var tall := size.y
	var made := StyleBoxFlat.new()
	made.bg_color = colour
	made.border_color = ink
	made.set_border_width_all(maxi(roundi(tall * 0.04), 1))
	made.set_corner_radius_all(maxi(roundi(tall * radius), 1))
	var left := feet + Vector2(-extent.x / 2.0, top) * tall
	draw_style_box(made, Rect2(left, extent * tall))


func _ring(centre: Vector2, radius: float, ink: Color) -> void:
	draw_set_transform(centre, 0.0, Vector2(1.0, 0.38))
	draw_arc(Vector2.ZERO, radius, 0.0, TAU, 40, ink, 2.0, true)
	draw_set_transform(Vector2.ZERO)
