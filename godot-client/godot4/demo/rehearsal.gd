extends Node
## A visit without a visitor, for tests and pictures.
##
## The environment variable [code]ESTRAGON_DEMO[/code] asks for it, in JSON; all may be left out:
## [codeblock]
## {"url": "ws://127.0.0.1:1234", "name": "Ada", "colour": "#4f8cff", "dark": false}
## [/codeblock]
## It enters as any visitor does, and then does what others ask of this name by the event
## [code]plaza.please[/code] [name, what, value]: [code]walk[/code] to [x, y], [code]say[/code] a
## text, [code]wave[/code], [code]cut[/code] the cable and say a text, [code]leave[/code] and enter
## again by the name [i]value[/i], save the window as the [code]picture[/code] of that path,
## [code]quit[/code].
## What is shown anew in a frame it prints, as one line of JSON:
## [codeblock]
## {"people": ["Ada you", "Bob", "Cy away"]}
## [/codeblock]

const Enter := preload("enter.gd")
const Plaza := preload("plaza.gd")
const _VARIABLE := "ESTRAGON_DEMO"

var _asked: Dictionary = _read()
var _told: Dictionary = {}
## The path of the picture that was saved last.
var _picture: String = ""
var _enter: Enter
var _plaza: Plaza
var _status: Label


func _init(enter: Enter, plaza: Plaza, status: Label) -> void:
	_enter = enter
	_plaza = plaza
	_status = status


## Whether the environment asks for it.
static func is_asked() -> bool:
	return OS.has_environment(_VARIABLE)


## Whether to be dark, where it is asked for; otherwise [param usual].
static func wants_dark(usual: bool) -> bool:
	return _read().get("dark", usual)


func _ready() -> void:
	Network.events.on("plaza.please", _on_please)
	for field: String in ["url", "name", "colour"]:
		if _asked.has(field):
			_enter.fill({field: str(_asked[field])})


func _process(_delta: float) -> void:
	var shown := _plaza.shown()
	shown.merge({
		card = _enter.visible,
		trouble = _enter.trouble(),
		status = _status.text,
		picture = _picture,
	})
	var news := {}
	for what: String in shown:
		var text := JSON.stringify(shown[what])
		if _told.get(what) != text:
			_told[what] = text
			news[what] = shown[what]
	if news:
		print(JSON.stringify(news))


static func _read() -> Dictionary:
	var json := JSON.new()
	var is_read := json.parse(OS.get_environment(_VARIABLE)) == OK
	return json.data if is_read and typeof(json.data) == TYPE_DICTIONARY else {}


func _on_please(args: Array, _from: EstragonMember) -> void:
	if args[0] != _enter.visitor():
		return
	var what: String = args[1]
	var value: Variant = args[2] if args.size() > 2 else null
	match what:
		"walk":
			var to: Array = value
			var x: float = to[0]
			var y: float = to[1]
			_plaza.ground.walking.goal = Vector2(x, y)
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
			await get_tree().process_frame
			await get_tree().process_frame
			_enter.fill({"name": str(value)})
			_enter.ask()
		"picture":
			_take_picture(str(value))
		"quit":
			get_tree().quit()


func _take_picture(path: String) -> void:
	await get_tree().process_frame
	await RenderingServer.frame_post_draw
	get_viewport().get_texture().get_image().save_png(path)
	_picture = path
