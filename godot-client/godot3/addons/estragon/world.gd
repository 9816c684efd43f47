# Time and chance, as this machine has them; a test hands in its own.
class_name EstragonWorld
extends Reference

var _random := RandomNumberGenerator.new()


func _init() -> void:
	_random.randomize()


# This machine's monotonic time in milliseconds, and parts of one.
func now() -> float:
	return OS.get_ticks_usec() / 1000.0


# A number from 0 to 1 that nobody can foretell.
func chance() -> float:
	return _random.randf()
