# A visit without a visitor, for tests and pictures.
#
# The environment variable ESTRAGON_DEMO asks for it, in JSON; all may be left out:
#
#     {"url": "ws://127.0.0.1:1234", "name": "Ada", "colour": "#4f8cff", "dark": false}
#
# It enters as any visitor does, and then does what others ask of this name by the event
# `plaza.please` [name, what, value]: `walk` to [x, y], `say` a text, `wave`, `cut` the cable and
# say a text, `leave` and enter again by the name `value`, save the window as the `picture` of that
# path, `quit`. What is shown anew in a frame it prints, as one line of JSON:
#
#     {"people": ["Ada you", "Bob", "Cy away"]}
extends Node

# warning-ignore-all:return_value_discarded

const Enter := preload("enter.gd")
const Plaza := preload("plaza.gd")
const _VARIABLE := "ESTRAGON_DEMO"

var _asked: Dictionary = _read()
var _told: Dictionary = {}
# The path of the picture that was saved last.
var _picture: String = ""
var _enter: Enter
var _plaza: Plaza
var _status: Label


func _init(enter: Enter, plaza: Plaza, status: Label) -> void:
	_enter = enter
	_plaza = plaza
	_status = status


# Whether the environment asks for it.
static func is_asked() -> bool:
	return OS.has_environment(_VARIABLE)


# Whether it is to be dark.
static func wants_dark() -> bool:
	return _read().get("dark", false)


func _ready() -> void:
	Network.events.on("plaza.please", self, "_on_please")
	for field in ["url", "name", "colour"]:
		if _asked.has(field):
			_enter.fill({field: str(_asked[field])})


func _process(_delta: float) -> void:
	var shown := _plaza.shown()
	shown["card"] = _enter.visible
	shown["trouble"] = _enter.trouble()
	shown["status"] = _status.text
	shown["picture"] = _picture
	var news := {}
	for what in shown:
		var text := JSON.print(shown[what])
		if _told.get(what) != text:
			_told[what] = text
			news[what] = shown[what]
	if not news.empty():
		print(JSON.print(news))


static func _read() -> Dictionary:
	if not is_asked():
		return {}
	var parsed = JSON.parse(OS.get_environment(_VARIABLE)).result
	return parsed if typeof(parsed) == TYPE_DICTIONARY else {}


func _on_please(args: Array, _from: Reference) -> void:
	if args[0] != _enter.visitor():
		return
	var what: String = args[1]
	var value = args[2] if args.size() > 2 else null
	match what:
		"walk":
			_plaza.ground.walking.go_to(Vector2(value[0], value[1]))
		"say":
			_plaza.say(str(value))
		"wave":
			_plaza.press("Wave")
		"cut":
			_plaza.press("Cut")
			if value:
				_plaza.say(str(value))
		"leave":
			_plaza.press("Leave")
			yield(get_tree(), "idle_frame")
			yield(get_tree(), "idle_frame")
			_enter.fill({"name": str(value)})
			_enter.ask()
		"picture":
			_take_picture(str(value))
		"quit":
			get_tree().quit()


func _take_picture(path: String) -> void:
	yield(get_tree(), "idle_frame")
	yield(VisualServer, "frame_post_draw")
	var picture := get_viewport().get_texture().get_data()
	picture.flip_y()
	picture.save_png(path)
	_picture = path
