extends Node
## A visit without a visitor, for tests and pictures.
##
## The environment variable [code]ESTRAGON_DEMO[/code] asks for it, in JSON; all may be left out:
## [codeblock]
## {"url": "ws://127.0.0.1:1234", "name": "Ada", "colour": "#4f8cff", "dark": false, "touch": false}
## [/codeblock]
## A browser has no environment: there the argument [code]ESTRAGON_DEMO={}[/code] does, after
## [code]--[/code].
##
## It enters as any visitor does, and then does what others ask of this name by the event
## [code]plaza.please[/code] [name, what, value]:
## - [code]walk[/code] to [x, y], [code]say[/code] a text, [code]cut[/code] the cable and say
##   one;
## - [code]press[/code] the button of this name in plaza.tscn, such as [code]Wave[/code];
## - [code]make[/code] a room of [title, listed], [code]join[/code] by a code or link, in the list
##   that [code]press[/code] [code]Rooms[/code] has opened, [code]refresh[/code] or
##   [code]close[/code] it;
## - [code]open[/code] the menu of this member, [code]pick[/code] an item of it, [code]write[/code]
##   a line where one is asked for, [code]answer[/code] what others ask;
## - [code]leave[/code] and enter again by the name [i]value[/i]; [code]browse[/code]: leave, and
##   from the card's list of rooms join this code;
## - save the window as the [code]picture[/code] of that path, [code]quit[/code].
##
## What is shown anew in a frame it prints, as one line of JSON:
## [codeblock]
## {"people": ["Ada host, you", "Bob", "Cy away"]}
## [/codeblock]

const Enter := preload("enter.gd")
const Line := preload("line.gd")
const MemberMenu := preload("member_menu.gd")
const Plaza := preload("plaza.gd")
const Rooms := preload("rooms.gd")
const _VARIABLE := "ESTRAGON_DEMO"

var _asked: Dictionary = _read()
var _told: Dictionary = {}
## The path of the picture that was saved last.
var _picture: String = ""

@onready var _enter: Enter = get_node("../%Enter")
@onready var _plaza: Plaza = get_node("../%Plaza")
@onready var _rooms: Rooms = get_node("../%Rooms")
@onready var _line: Line = get_node("../%Line")
@onready var _menu: MemberMenu = get_node("../%MemberMenu")
@onready var _status: Label = get_node("../%Text")


## Whether the environment asks for it.
static func is_asked() -> bool:
	return _wish() != ""


## Whether to be dark, where it is asked for; otherwise [param usual].
static func wants_dark(usual: bool) -> bool:
	return _read().get("dark", usual)


## Whether it is touched, likewise.
static func wants_touch(usual: bool) -> bool:
	return _read().get("touch", usual)


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
		rooms = _rooms.entries(),
		refusal = _rooms.trouble(),
		menu = _menu.items(),
		prompt = _prompt(),
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
	var is_read := json.parse(_wish()) == OK
	return json.data if is_read and typeof(json.data) == TYPE_DICTIONARY else {}


static func _wish() -> String:
	for argument: String in OS.get_cmdline_user_args():
		if argument.begins_with(_VARIABLE + "="):
			return argument.trim_prefix(_VARIABLE + "=")
	return OS.get_environment(_VARIABLE)


func _on_please(args: Array, _from: EstragonMember) -> void:
	if args[0] != _enter.visitor():
		return
	var what: String = args[1]
	var value: Variant = args[2] if args.size() > 2 else null
	match what:
		"walk":
			_plaza.ground.walking.goal = _pair(value)
		"say":
			_plaza.say(str(value))
		"press":
			_plaza.press(str(value))
		"cut":
			_plaza.press("Cut")
			if value:
				_plaza.say(str(value))
		"picture":
			_take_picture(str(value))
		"quit":
			get_tree().quit()
		_:
			_meet(what, value)


## What is asked that has to do with others, and with other rooms.
func _meet(what: String, value: Variant) -> void:
	match what:
		"make":
			var about: Array = value
			var is_listed: bool = about[1]
			_rooms.make(str(about[0]), is_listed)
		"join":
			_rooms.join(str(value))
		"close":
			_rooms.close()
		"refresh":
			_rooms.refresh()
		"open":
			_plaza.people.chip_of(str(value)).pressed.emit()
		"pick":
			_menu.pick(str(value))
		"write":
			_line.submit(str(value))
		"answer":
			_answer(str(value))
		"leave":
			await _leave()
			_enter.fill({"name": str(value)})
			_enter.ask()
		"browse":
			await _leave()
			_enter.browse()
			while not _rooms.visible:
				await get_tree().process_frame
			_rooms.join(str(value))


func _leave() -> void:
	_plaza.press("Leave")
	await get_tree().process_frame
	await get_tree().process_frame


## What the add-on's popup says, its buttons included.
func _prompt() -> PackedStringArray:
	var texts: PackedStringArray = []
	for label: Label in Network.find_children("*", "Label", true, false):
		texts.append(label.text)
	for button: Button in Network.find_children("*", "Button", true, false):
		texts.append(button.text)
	return texts


func _answer(choice: String) -> void:
	for button: Button in Network.find_children("*", "Button", true, false):
		if button.text == choice:
			button.pressed.emit()


func _pair(value: Variant) -> Vector2:
	var numbers: Array = value
	var x: float = numbers[0]
	var y: float = numbers[1]
	return Vector2(x, y)


func _take_picture(path: String) -> void:
	await get_tree().process_frame
	await RenderingServer.frame_post_draw
	get_viewport().get_texture().get_image().save_png(path)
	_picture = path
