# A visit without a visitor, for tests and pictures.
#
# The environment variable ESTRAGON_DEMO asks for it, in JSON; all may be left out:
#
#     {"url": "ws://127.0.0.1:1234", "name": "Ada", "colour": "#4f8cff", "dark": false}
#
# It enters as any visitor does, and then does what others ask of this name by the event
# `plaza.please` [name, what, value]:
# - `walk` to [x, y], `say` a text, `cut` the cable and say a text;
# - `press` the button of this name in plaza.tscn, such as "Wave";
# - `make` a room of [title, listed], `join` by a code or link, in the list that `press` "Rooms"
#   has opened, `refresh` or `close` it;
# - `open` the menu of this member, `pick` an item of it, `write` a line where one is asked for,
#   `answer` what others ask;
# - `leave` and enter again by the name `value`; `browse`: leave, and from the card's list of rooms
#   join this code;
# - save the window as the `picture` of that path, `quit`.
#
# What is shown anew in a frame it prints, as one line of JSON:
#
#     {"people": ["Ada host, you", "Bob", "Cy away"]}
extends Node

# warning-ignore-all:return_value_discarded

const Enter := preload("enter.gd")
const Line := preload("line.gd")
const MemberMenu := preload("member_menu.gd")
const Plaza := preload("plaza.gd")
const Rooms := preload("rooms.gd")
const _VARIABLE := "ESTRAGON_DEMO"

var _asked: Dictionary = _read()
var _told: Dictionary = {}
# The path of the picture that was saved last.
var _picture: String = ""

onready var _enter: Enter = $"../Paper/Page/Enter"
onready var _plaza: Plaza = $"../Paper/Page/Plaza"
onready var _rooms: Rooms = $"../Rooms"
onready var _line: Line = $"../Line"
onready var _menu: MemberMenu = $"../MemberMenu"
onready var _status: Label = $"../Paper/Page/Header/Status/Text"


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
	shown["rooms"] = _rooms.entries()
	shown["refusal"] = _rooms.trouble()
	shown["menu"] = _menu.items()
	shown["prompt"] = _prompt()
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
		"press":
			_plaza.press(value)
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


# What is asked that has to do with others, and with other rooms.
func _meet(what: String, value) -> void:
	match what:
		"make":
			_rooms.make(value[0], value[1])
		"join":
			_rooms.join(value)
		"refresh":
			_rooms.refresh()
		"close":
			_rooms.close()
		"open":
			_plaza.people.chip_of(value).emit_signal("pressed")
		"pick":
			_menu.pick(value)
		"write":
			_line.submit(value)
		"answer":
			_answer(value)
		"leave":
			yield(_leave(), "completed")
			_enter.fill({"name": str(value)})
			_enter.ask()
		"browse":
			yield(_leave(), "completed")
			_enter.browse()
			while not _rooms.visible:
				yield(get_tree(), "idle_frame")
			_rooms.join(value)


func _leave() -> void:
	_plaza.press("Leave")
	yield(get_tree(), "idle_frame")
	yield(get_tree(), "idle_frame")


# What the add-on's popup says, its buttons included.
func _prompt() -> Array:
	if not Network.popup or not Network.popup.shown:
		return []
	var prompt = Network.popup.shown
	var texts := [prompt.from.name, prompt.text]
	for button in Network.popup.buttons:
		texts.append(button.text)
	return texts


func _answer(choice: String) -> void:
	for button in Network.popup.buttons:
		if button.text == choice:
			button.emit_signal("pressed")
			return


func _take_picture(path: String) -> void:
	yield(get_tree(), "idle_frame")
	yield(VisualServer, "frame_post_draw")
	var picture := get_viewport().get_texture().get_data()
	picture.flip_y()
	picture.save_png(path)
	_picture = path
