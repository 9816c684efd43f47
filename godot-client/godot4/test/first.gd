extends SceneTree
## Plays the example of the archive with somebody else who does: walks, sees the other walk, and says
## ESTRAGON_SAYS. Prints TAP.

var _count: int = 0
var _failed: int = 0


func _initialize() -> void:
	print("TAP version 14")
	Engine.max_fps = 60
	await _play()
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


func _play() -> void:
	await process_frame
	var packed: PackedScene = load("res://addons/estragon/example/ducks.tscn")
	var scene: Node = packed.instantiate()
	root.add_child(scene)
	var table: EstragonTable = scene.get_node("Ducks")
	var owned: EstragonOwned = scene.get_node("Me/Mine")
	var said: Label = scene.get_node("Said")
	var chat: LineEdit = scene.get_node("Chat")
	var spawned: Array[Node2D] = []
	table.spawned.connect(func(node: Node, _row: EstragonRow) -> void: spawned.append(node))
	await _until(func() -> bool: return owned.row() != null and spawned.size() == 1)
	_ok(spawned.size() == 1, "somebody else is there")
	if spawned.is_empty():
		return
	var other := spawned[0]
	var own: Node2D = scene.get_node("Me")
	Input.action_press("ui_right")
	await _until(func() -> bool: return own.position.x > 700.0)
	Input.action_release("ui_right")
	await _until(func() -> bool: return other.position.x > 600.0)
	_ok(other.position.x > 600.0, "and is seen where it walks: %s" % other.position)
	chat.text_submitted.emit(OS.get_environment("ESTRAGON_SAYS"))
	await _until(func() -> bool: return said.text.count("\n") == 2)
	_ok(said.text.contains("one") and said.text.contains("two"), said.text.c_escape())
	chat.text_submitted.emit("bye")
	await _until(func() -> bool: return said.text.count("bye") == 2)
	scene.queue_free()
	await process_frame


func _until(is_so: Callable) -> void:
	var end := Time.get_ticks_msec() + 40_000
	while not is_so.call() and Time.get_ticks_msec() < end:
		await process_frame


func _ok(is_ok: bool, what: String) -> void:
	_count += 1
	if not is_ok:
		_failed += 1
	print("%s %d - %s" % ["ok" if is_ok else "not ok", _count, what])
