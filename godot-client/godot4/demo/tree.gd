extends Control
## The tree in the middle of the plaza, and the lights that hang on it.

const _LIGHT := Color("f2b01e")
const _GLOW := Color(0.95, 0.69, 0.12, 0.25)
const _LEAVES := Color("5b8e5a")
const _BARK := Color("7a5c42")
## How near one comes to hang a light up, in the plaza's units.
const _REACH := 110.0
const _CROWN := 80.0
const _MOST_HUNG := 90
## An even spread, leaf by leaf: the golden angle.
const _GOLDEN := 2.399963
## Parts of the crown: aside, up, radius.
const _PARTS: Array[Vector3] = [
	Vector3(-0.65, 0.25, 0.55), Vector3(0.65, 0.25, 0.55), Vector3(0.0, -0.3, 0.75), Vector3(0.0, 0.35, 0.6)
]

## How many lights hang on it.
var lights: int = 0

var _unit: float = 1.0


func _init() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE


## Stands in the middle of a ground of this size, which shows a unit as [param unit] pixels.
func settle(ground: Vector2, unit: float) -> void:
	position = ground / 2.0
	_unit = unit
	queue_redraw()


func _draw() -> void:
	draw_set_transform(Vector2.ZERO, 0.0, Vector2(1.0, 0.6))
	draw_circle(Vector2.ZERO, _REACH * _unit, _GLOW)
	draw_set_transform(Vector2.ZERO)
	var crown := Vector2(0.0, -125.0 * _unit)
	var radius := _CROWN * _unit
	draw_line(Vector2(0.0, 20.0 * _unit), crown, _BARK, 22.0 * _unit)
	for part: Vector3 in _PARTS:
		draw_circle(crown + Vector2(part.x, part.y) * radius, part.z * radius, _LEAVES)
	for light: int in mini(lights, _MOST_HUNG):
		var far := sqrt((light + 0.5) / _MOST_HUNG) * radius * 1.15
		var at := crown + Vector2.from_angle(light * _GOLDEN) * Vector2(far, far * 0.8)
		var bright := (5.0 + sin(Time.get_ticks_msec() / 400.0 + light)) * _unit
		draw_circle(at, bright * 2.2, _GLOW)
		draw_circle(at, bright, _LIGHT)
