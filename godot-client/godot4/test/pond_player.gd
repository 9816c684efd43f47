extends Node
## A player of examples/pond_*, for puppet.gd: writes and presses what a person does, and sees what one
## sees.

var _is_hungry: bool = false


func _process(_delta: float) -> void:
	for action: String in ["ui_left", "ui_right", "ui_up", "ui_down"]:
		Input.action_release(action)
	var own := _duck()
	var crumb: Node2D = null
	if own and _is_hungry and _pond("Crumbs").get_child_count() > 0:
		crumb = _pond("Crumbs").get_child(0)
	if crumb == null:
		return
	var way := own.position.direction_to(crumb.position)
	Input.action_press("ui_right" if way.x > 0.0 else "ui_left", absf(way.x))
	Input.action_press("ui_down" if way.y > 0.0 else "ui_up", absf(way.y))


## [param url] is where Network connects to by itself.
func enter(path: String, port: int, url: String = "") -> void:
	if url:
		ProjectSettings.set_setting("estragon/url", url)
	get_tree().change_scene_to_file(path)
	await get_tree().process_frame
	await get_tree().process_frame
	_pond("Lobby").set("port", port)


func write(field: String, text: String) -> void:
	var line: LineEdit = _pond("Lobby").get_node("%" + field)
	line.text = text


func press(name: String) -> bool:
	var button: Button = _pond("Lobby").get_node("%" + name)
	if not button.disabled:
		button.pressed.emit()
	return not button.disabled


func swim(yes: bool) -> void:
	_is_hungry = yes


func quack() -> void:
	var key := InputEventKey.new()
	key.keycode = KEY_SPACE
	key.physical_keycode = KEY_SPACE
	key.pressed = true
	Input.parse_input_event(key)


func leave() -> void:
	multiplayer.multiplayer_peer.close()
	_pond("Lobby").call("_end", "We have left.")


func quit() -> void:
	get_tree().quit.call_deferred()


func look() -> Dictionary:
	var who: Label = _pond("Lobby").get_node("%Who")
	var address: LineEdit = _pond("Lobby").get_node("%Address")
	var lobby: CanvasLayer = _pond("Lobby")
	var ducks := {}
	for duck: Node2D in _pond("Ducks").get_children():
		ducks[duck.get("title")] = {
			"x": duck.position.x, "eaten": duck.get("eaten"), "quacks": duck.get("quacks")
		}
	return {
		"who": who.text,
		"address": address.text,
		"lobby": lobby.visible,
		"ducks": ducks,
		"crumbs": _pond("Crumbs").get_child_count(),
	}


func _duck() -> Node2D:
	if get_tree().current_scene == null or not multiplayer.has_multiplayer_peer():
		return null
	return _pond("Ducks").get_node_or_null(str(multiplayer.get_unique_id()))


func _pond(path: String) -> Node:
	return get_tree().current_scene.get_node(path)
