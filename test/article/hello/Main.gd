extends Node

# The test ends this process; should the test die first, the process ends itself.
const BOUND_SECONDS: float = 60.0


func _ready() -> void:
	yield(get_tree().create_timer(BOUND_SECONDS), "timeout")
	get_tree().quit(1)
