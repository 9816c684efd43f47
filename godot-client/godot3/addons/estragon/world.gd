# Time and chance, as this machine has them; a test hands in its own.
class_name EstragonWorld
extends Reference

var _random := RandomNumberGenerator.new()


func _init() -> void:
	_random.randomize()


# This machine's monotonic time in milliseconds, and parts of one.
func now() -> float:
	return OS.get_ticks_usec() / 1000.0


# Milliseconds since 1970 by the calendar, which may jump: for what is kept, never for measuring. Whole,
# as Godot 3.2 reads no longer fractions than a float of four bytes holds.
func date() -> int:
	return OS.get_system_time_msecs()


# Calls a method after so many milliseconds, also while the game is paused, unless what this returns
# is disconnected before.
func after(milliseconds: float, target: Object, method: String, binds := []) -> SceneTreeTimer:
	var tree: SceneTree = Engine.get_main_loop()
	var timer := tree.create_timer(milliseconds / 1000.0)
	# warning-ignore:return_value_discarded
	timer.connect("timeout", target, method, binds)
	return timer


# Whether the game stands still.
func is_paused() -> bool:
	var tree: SceneTree = Engine.get_main_loop()
	return tree.paused


# A number from 0 to 1 that nobody can foretell.
func chance() -> float:
	return _random.randf()
