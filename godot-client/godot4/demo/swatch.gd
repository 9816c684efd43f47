extends Button
## A colour to choose, one of a [ButtonGroup].

const Look := preload("look.gd")
const _RADIUS := 14

## The colour it stands for.
var colour: Color


func _init(its_colour: Color, group: ButtonGroup) -> void:
	colour = its_colour
	toggle_mode = true
	button_group = group
	custom_minimum_size = Vector2(40.0, 40.0)
	tooltip_text = "#" + colour.to_html(false)
	for state: String in ["normal", "hover", "pressed", "hover_pressed"]:
		add_theme_stylebox_override(state, StyleBoxEmpty.new())


func _draw() -> void:
	var ink := get_theme_color("ink", "Plaza")
	var disc := Look.box(colour, ink, 1, _RADIUS)
	draw_style_box(disc, Rect2(size / 2.0, Vector2.ZERO).grow(_RADIUS))
	if button_pressed:
		var ring := Look.box(Color.TRANSPARENT, ink, 2, _RADIUS + 4)
		ring.draw_center = false
		draw_style_box(ring, Rect2(size / 2.0, Vector2.ZERO).grow(_RADIUS + 4.0))
