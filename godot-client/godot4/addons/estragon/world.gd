class_name EstragonWorld
extends RefCounted
## Time and chance as a session meets them; tests hand in their own.


## Milliseconds that only rise.
func now() -> float:
	return Time.get_ticks_usec() / 1000.0


## A number from 0.0 to 1.0.
func chance() -> float:
	return randf()
