extends Node2D
## What an input does to whom it moves, and nothing else.


func step(player: Dictionary, input: Dictionary, seconds: float) -> void:
	player.x += input.x * (2.0 if input.dash else 1.0) * 200.0 * seconds
	player.y += input.y * 200.0 * seconds
	player.turn += input.x * seconds
