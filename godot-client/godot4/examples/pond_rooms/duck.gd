extends Node2D
## A duck: its player swims with the arrow keys or the mouse, and quacks with the space bar.

const _SPEED := 260.0
const _QUACK_SECONDS := 1.0
const _BODY := Color("f5d565")
const _BEAK := Color("e58a3c")
const _INK := Color("24291f")

## What its player is called.
var title: String = ""
## Which way it looks: 1.0 to the right, -1.0 to the left.
var facing: float = 1.0
## How many crumbs it has had.
var eaten: int = 0
var quacks: int = 0

var _quacking: float = 0.0

@onready var _label: Label = $Label


func _ready() -> void:
	var hue := fmod(get_multiplayer_authority() * 0.137, 1.0)
	self_modulate = Color.from_hsv(hue, 0.18, 1.0)


func _physics_process(delta: float) -> void:
	if not is_multiplayer_authority():
		return
	var way := Input.get_vector("ui_left", "ui_right", "ui_up", "ui_down")
	if Input.is_mouse_button_pressed(MOUSE_BUTTON_LEFT):
		way = (get_global_mouse_position() - position).limit_length(60.0) / 60.0
	position = (position + way * _SPEED * delta).clamp(Vector2(40, 40), Vector2(1240, 680))
	if absf(way.x) > 0.1:
		facing = signf(way.x)


func _process(delta: float) -> void:
	_quacking = maxf(0.0, _quacking - delta)
	_label.text = "Quack!" if _quacking > 0.0 else "%s  %d" % [title, eaten]
	queue_redraw()


func _unhandled_key_input(event: InputEvent) -> void:
	if event.is_action_pressed("ui_select") and is_multiplayer_authority():
		quack.rpc()


@rpc("authority", "call_local", "reliable")
func quack() -> void:
	quacks += 1
	_quacking = _QUACK_SECONDS


func _draw() -> void:
	var size := 1.0 + minf(eaten, 20) * 0.03
	draw_set_transform(Vector2(0, 10), 0.0, Vector2(1.5, 0.5) * size)
	draw_circle(Vector2.ZERO, 26.0, Color(1, 1, 1, 0.18))
	draw_set_transform(Vector2.ZERO, 0.0, Vector2(facing, 1.0) * size)
	draw_colored_polygon(
		PackedVector2Array([Vector2(-16, -4), Vector2(-36, -14), Vector2(-22, 8)]), _BODY
	)
	draw_set_transform(Vector2.ZERO, 0.0, Vector2(facing * 1.35, 1.0) * size)
	draw_circle(Vector2.ZERO, 18.0, _BODY)
	draw_set_transform(Vector2.ZERO, 0.0, Vector2(facing, 1.0) * size)
	draw_circle(Vector2(16, -20), 13.0, _BODY)
	draw_colored_polygon(
		PackedVector2Array([Vector2(26, -24), Vector2(42, -17), Vector2(26, -13)]), _BEAK
	)
	draw_circle(Vector2(19, -23), 2.5, _INK)
	draw_arc(Vector2(-4, 0), 11.0, 0.3, 2.6, 12, _BODY.darkened(0.2), 3.0)
