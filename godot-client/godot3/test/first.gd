# Plays the example of the archive with somebody else who does: walks, sees the other walk, and says
# ESTRAGON_SAYS. Prints TAP.
extends SceneTree

# warning-ignore-all:return_value_discarded

var _count: int = 0
var _failed: int = 0
var _spawned: Array = []


func _init() -> void:
	print("TAP version 14")
	Engine.target_fps = 60
	yield(_play(), "completed")
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


func _play() -> void:
	yield(self, "idle_frame")
	var scene: Node = load("res://addons/estragon/example/ducks.tscn").instance()
	root.add_child(scene)
	var said: Label = scene.get_node("Said")
	var chat: LineEdit = scene.get_node("Chat")
	scene.get_node("Ducks").connect("spawned", self, "_on_spawned")
	var end := OS.get_ticks_msec() + 40000
	while OS.get_ticks_msec() < end and (not scene.get_node("Me/Mine").row() or _spawned.empty()):
		yield(self, "idle_frame")
	_ok(_spawned.size() == 1, "somebody else is there")
	if _spawned.empty():
		return
	Input.action_press("ui_right")
	while OS.get_ticks_msec() < end and scene.get_node("Me").position.x <= 700.0:
		yield(self, "idle_frame")
	Input.action_release("ui_right")
	while OS.get_ticks_msec() < end and _spawned[0].position.x <= 600.0:
		yield(self, "idle_frame")
	_ok(_spawned[0].position.x > 600.0, "and is seen where it walks: %s" % _spawned[0].position)
	chat.emit_signal("text_entered", OS.get_environment("ESTRAGON_SAYS"))
	while OS.get_ticks_msec() < end and said.text.count("\n") < 2:
		yield(self, "idle_frame")
	_ok("one" in said.text and "two" in said.text, said.text.c_escape())
	chat.emit_signal("text_entered", "bye")
	while OS.get_ticks_msec() < end and said.text.count("bye") < 2:
		yield(self, "idle_frame")
	scene.queue_free()
	yield(self, "idle_frame")


func _on_spawned(node: Node, _row) -> void:
	_spawned.append(node)


func _ok(is_ok: bool, what: String) -> void:
	_count += 1
	if not is_ok:
		_failed += 1
	print("%s %d - %s" % ["ok" if is_ok else "not ok", _count, what])
