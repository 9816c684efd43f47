# A visit without a visitor, for tests and pictures.
#
# The environment variable ESTRAGON_DEMO asks for it, in JSON: {"url": ..., "name": ..., "colour":
# ..., "walk": [x, y], "say": ..., "cue": ..., "picture": ..., "after": ..., "dark": ...}. It enters
# at once, walks there, says that, and `after` seconds after somebody has said the `cue` (after it
# has said its own word, without one) saves the window as that PNG, if one is named, and quits.
extends Node

# warning-ignore-all:return_value_discarded

const Enter := preload("enter.gd")
const Plaza := preload("plaza.gd")
const _VARIABLE := "ESTRAGON_DEMO"

var _asked: Dictionary = _read()
var _enter: Enter
var _plaza: Plaza


func _init(enter: Enter, plaza: Plaza) -> void:
	_enter = enter
	_plaza = plaza


# Whether the environment asks for it.
static func is_asked() -> bool:
	return OS.has_environment(_VARIABLE)


# Whether it is to be dark.
static func wants_dark() -> bool:
	return _read().get("dark", false)


func _ready() -> void:
	Network.rooms.connect("joined", self, "_on_joined", [], CONNECT_ONESHOT)
	Network.events.on("plaza.chat", self, "_on_chat")
	_enter.fill(_text("url"), _text("name"), Color(_text("colour")))
	_enter.ask()


static func _read() -> Dictionary:
	if not is_asked():
		return {}
	var parsed = JSON.parse(OS.get_environment(_VARIABLE)).result
	return parsed if typeof(parsed) == TYPE_DICTIONARY else {}


func _text(field: String) -> String:
	return str(_asked.get(field, ""))


func _on_joined(_room: Reference) -> void:
	var walk: Array = _asked.get("walk", [])
	if walk.size() == 2:
		_plaza.ground.walking.go_to(Vector2(walk[0], walk[1]))
	if _text("say"):
		_plaza.call_deferred("say", _text("say"))
	if not _text("cue"):
		_finish()


func _on_chat(args: Array, _from: Reference) -> void:
	if _text("cue") and args[0] == _text("cue"):
		_finish()


func _finish() -> void:
	yield(get_tree().create_timer(_asked.get("after", 0.0)), "timeout")
	if _text("picture"):
		yield(VisualServer, "frame_post_draw")
		var picture := get_viewport().get_texture().get_data()
		picture.flip_y()
		picture.save_png(_text("picture"))
	get_tree().quit()
