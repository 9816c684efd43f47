extends Control
## A disc of one colour with an outline, as large as this control.

## What it is filled with.
var colour: Color = Color.GRAY:
	set(value):
		colour = value
		queue_redraw()
## How thick the outline is.
var outline: float = 0.6:
	set(value):
		outline = value
		queue_redraw()


func _draw() -> void:
	var centre := size / 2.0
	var width := maxf(outline, 0.5) # of a smooth edge, which makes it a pixel wider
	var radius := minf(centre.x, centre.y) - (width + 1.0) / 2.0
	var edge := get_theme_color("ink", "Plaza") if outline > 0.0 else colour
	draw_circle(centre, radius, colour)
	draw_arc(centre, radius, 0.0, TAU, 64, edge, width, true)
