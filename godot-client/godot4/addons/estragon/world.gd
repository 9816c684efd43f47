class_name EstragonWorld
extends RefCounted
## Time and chance as a session meets them; tests hand in their own.


## Milliseconds that only rise.
func now() -> float:
	return Time.get_ticks_usec() / 1000.0


## Milliseconds since 1970 by the calendar, which may jump: for what is kept, never for measuring.
func date() -> int:
	return int(Time.get_unix_time_from_system() * 1000.0)


## Calls [param callback] after so many milliseconds, also while the game is paused.
func after(milliseconds: float, callback: Callable) -> void:
	var tree := Engine.get_main_loop() as SceneTree
	if tree:
		tree.create_timer(milliseconds / 1000.0, true, false, true).timeout.connect(callback)


## Whether the game stands still.
func is_paused() -> bool:
	var tree := Engine.get_main_loop() as SceneTree
	return tree != null and tree.paused


## A number from 0.0 to 1.0.
func chance() -> float:
	return randf()
