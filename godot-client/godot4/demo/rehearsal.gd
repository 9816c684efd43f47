extends Node
## A visit without a visitor, for tests and pictures.
##
## The environment variable [code]ESTRAGON_DEMO[/code] asks for it, in JSON:
## [codeblock]
## {"url": "ws://127.0.0.1:1234", "name": "Ada", "colour": "#4f8cff", "walk": [1310, 200],
##  "say": "Shall we go?", "cue": "Cheese!", "picture": "ada.png", "after": 0.5, "dark": false}
## [/codeblock]
## It enters at once, walks there, says that, and [code]after[/code] seconds after somebody else
## has said the cue, or without one after it has entered, saves the window as that PNG and quits;
## without a picture, or headless, it only quits.

const Enter := preload("enter.gd")
const Plaza := preload("plaza.gd")
const _VARIABLE := "ESTRAGON_DEMO"

var _asked: Dictionary = _read()
var _enter: Enter
var _plaza: Plaza


func _init(enter: Enter, plaza: Plaza) -> void:
	_enter = enter
	_plaza = plaza


## Whether the environment asks for it.
static func is_asked() -> bool:
	return OS.has_environment(_VARIABLE)


## Whether to be dark, where it is asked for; otherwise [param usual].
static func wants_dark(usual: bool) -> bool:
	return _read().get("dark", usual)


func _ready() -> void:
	Network.rooms.joined.connect(_on_joined, CONNECT_ONE_SHOT)
	Network.events.on("plaza.chat", _on_chat)
	var colour := Color.from_string(_text("colour"), Color.GRAY)
	_enter.fill(_text("url"), _text("name"), colour)
	_enter.ask()


static func _read() -> Dictionary:
	var json := JSON.new()
	var is_read := json.parse(OS.get_environment(_VARIABLE)) == OK
	return json.data if is_read and typeof(json.data) == TYPE_DICTIONARY else {}


func _text(field: String) -> String:
	return str(_asked.get(field, ""))


func _on_joined(_room: EstragonRoom) -> void:
	var walk: Array = _asked.get("walk", [])
	if walk.size() == 2:
		var x: float = walk[0]
		var y: float = walk[1]
		_plaza.ground.walking.goal = Vector2(x, y)
	if _text("say"):
		_plaza.say.call_deferred(_text("say"))
	if not _text("cue"):
		_finish()


func _on_chat(args: Array, _from: EstragonMember) -> void:
	if _text("cue") and args[0] == _text("cue"):
		_finish()


func _finish() -> void:
	var after: float = _asked.get("after", 0.0)
	await get_tree().create_timer(after).timeout
	if _text("picture") and DisplayServer.get_name() != "headless":
		await RenderingServer.frame_post_draw
		get_viewport().get_texture().get_image().save_png(_text("picture"))
	get_tree().quit()
