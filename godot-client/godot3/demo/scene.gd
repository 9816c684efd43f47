# Draws what stands and flies in the plaza: the tree, and the fireflies.
extends Reference

const LIGHT := Color("f2b01e")
const _GLOW := Color(0.95, 0.69, 0.12, 0.25)
const _LEAVES := Color("5b8e5a")
const _BARK := Color("7a5c42")
# How near one comes to hang a light up, in the plaza's units.
const _REACH := 110.0
const _CROWN := 80.0
const _MOST_HUNG := 90
# An even spread, leaf by leaf: the golden angle.
const _GOLDEN := 2.399963
# Parts of the crown: aside, up, radius.
const _PARTS := [
	Vector3(-0.65, 0.25, 0.55), Vector3(0.65, 0.25, 0.55), Vector3(0, -0.3, 0.75),
	Vector3(0, 0.35, 0.6),
]


# Of so many lights, its foot there; a unit of the plaza is `unit` pixels.
static func draw_tree(on: Control, foot: Vector2, unit: float, lights: int) -> void:
	on.draw_set_transform(foot, 0.0, Vector2(1.0, 0.6))
	on.draw_circle(Vector2.ZERO, _REACH * unit, _GLOW)
	on.draw_set_transform(Vector2.ZERO, 0.0, Vector2.ONE)
	var crown := foot - Vector2(0.0, 125.0 * unit)
	var radius := _CROWN * unit
	on.draw_line(foot + Vector2(0.0, 20.0 * unit), crown, _BARK, 22.0 * unit)
	for part in _PARTS:
		on.draw_circle(crown + Vector2(part.x, part.y) * radius, part.z * radius, _LEAVES)
	for light in int(min(lights, _MOST_HUNG)):
		var far := sqrt((light + 0.5) / _MOST_HUNG) * radius * 1.15
		var angle: float = light * _GOLDEN
		var at := crown + Vector2(cos(angle) * far, sin(angle) * far * 0.8)
		draw_light(on, at, (5.0 + sin(OS.get_ticks_msec() / 400.0 + light)) * unit)


# It wanders a little about its place.
static func draw_firefly(on: Control, place: Vector2, unit: float, slot: int) -> void:
	var now := OS.get_ticks_msec()
	var aside := sin(now / 700.0 + slot * 1.7) * 8.0
	var up := cos(now / 530.0 + slot * 2.3) * 6.0 - 20.0
	var bright: float = max(8.0 * unit, 4.0) * (1.0 + sin(now / 250.0 + slot) * 0.15)
	draw_light(on, place + Vector2(aside, up) * unit, bright)


static func draw_light(on: Control, at: Vector2, radius: float) -> void:
	on.draw_circle(at, radius * 2.2, _GLOW)
	on.draw_circle(at, radius, LIGHT)
