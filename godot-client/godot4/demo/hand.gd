extends Control
## A hand that waves when asked to.

const Look := preload("look.gd")
const _SWING := 0.5
const _SWING_SECONDS := 0.28
const _SWINGS := 4
const _OUTLINE := 1.25
## Four fingers and a thumb: from, to.
const _FINGERS: Array[PackedVector2Array] = [
	[Vector2(-4.0, -6.0), Vector2(-6.0, -13.0)],
	[Vector2(-1.5, -8.0), Vector2(-2.0, -16.0)],
	[Vector2(1.5, -8.0), Vector2(2.0, -16.0)],
	[Vector2(4.0, -6.0), Vector2(6.0, -13.0)],
	[Vector2(-3.0, -2.0), Vector2(-9.0, -5.0)],
]
const _PALM: PackedVector2Array = [Vector2(0.0, -4.5), Vector2(0.0, -3.0)]

var _colour: Color
var _waving: Tween


func _init(colour: Color) -> void:
	_colour = colour
	mouse_filter = MOUSE_FILTER_IGNORE
	hide()


## Shows itself, swings to and fro for two seconds and a bit, and is gone.
func wave() -> void:
	if _waving:
		_waving.kill()
	show()
	rotation = -_SWING
	_waving = create_tween().set_trans(Tween.TRANS_SINE).set_loops(_SWINGS)
	_waving.tween_property(self, "rotation", _SWING, _SWING_SECONDS)
	_waving.tween_property(self, "rotation", -_SWING, _SWING_SECONDS)
	_waving.finished.connect(hide)


func _draw() -> void:
	_draw_all(get_theme_color("ink", "Plaza"), _OUTLINE)
	_draw_all(_colour, 0.0)


func _draw_all(colour: Color, grown: float) -> void:
	for finger: PackedVector2Array in _FINGERS:
		_draw_limb(finger, colour, 1.6 + grown)
	_draw_limb(_PALM, colour, 4.6 + grown)


## A line with round ends.
func _draw_limb(limb: PackedVector2Array, colour: Color, radius: float) -> void:
	var along := limb[1] - limb[0]
	draw_set_transform(limb[0], along.angle())
	var round_box := Look.box(colour, colour, 0, ceili(radius))
	draw_style_box(round_box, Rect2(0.0, 0.0, along.length(), 0.0).grow(radius))
	draw_set_transform(Vector2.ZERO)
