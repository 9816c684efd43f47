extends Node2D
## A piece of bread on the water.


func _draw() -> void:
	draw_circle(Vector2(0, 3), 13.0, Color(1, 1, 1, 0.15))
	draw_circle(Vector2.ZERO, 9.0, Color("c98d4b"))
	draw_circle(Vector2(-1, -1), 7.0, Color("f3dfb5"))
