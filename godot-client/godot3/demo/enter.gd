# The card to enter by: where to, under which name, in which colour.
extends CenterContainer

# warning-ignore-all:return_value_discarded

# Somebody wants to come in.
signal asked(url, name, colour)
# Somebody would first like to see what rooms there are.
signal browsed(url, name, colour)

const Look := preload("look.gd")
const Remembered := preload("remembered.gd")
const _COLOURS := [
	"d1495b", "edae49", "00798c", "5b8e7d", "8a6fb0", "e07a5f", "4f8cff",
]
const _NAMES := ["Vladimir", "Estragon", "Pozzo", "Lucky"]

var _colour: Color
var _group := ButtonGroup.new()

onready var _card: PanelContainer = $Card
onready var _address: LineEdit = $Card/Form/Address
onready var _name: LineEdit = $Card/Form/Name
onready var _swatches: HBoxContainer = $Card/Form/Swatches
onready var _join: Button = $Card/Form/Buttons/Join
onready var _rooms: Button = $Card/Form/Buttons/Rooms
onready var _trouble: Label = $Card/Form/Trouble


func _ready() -> void:
	for colour in _COLOURS:
		_add_swatch(Color(colour))
	randomize()
	fill({
		"url": Network.default_url(),
		"name": Remembered.recall("name", _NAMES[randi() % _NAMES.size()]),
		"colour": Remembered.recall("colour", _COLOURS[randi() % _COLOURS.size()]),
	})
	var box := Look.box(
		get_color("card", "Plaza"), get_color("line", "Plaza"), 1, 16, Vector2(24.0, 24.0)
	)
	_card.add_stylebox_override("panel", box)
	Look.stress(_join)
	Look.tint(_trouble, "bad")
	_join.connect("pressed", self, "ask")
	_rooms.connect("pressed", self, "browse")
	_address.connect("text_entered", self, "_on_text_entered")
	_name.connect("text_entered", self, "_on_text_entered")


# Fills in the `url`, `name` and `colour` that are given; a colour that the card does not offer is
# added.
func fill(given: Dictionary) -> void:
	_address.text = given.get("url", _address.text)
	_name.text = given.get("name", _name.text)
	if given.has("colour"):
		_choose(Color(given["colour"]))


# The name on the card.
func visitor() -> String:
	return _name.text.strip_edges()


# Why the card is shown again; empty where there is nothing to say.
func trouble() -> String:
	return _trouble.text


# Shows the card, and why it is shown again.
func open(its_trouble: String = "") -> void:
	_trouble.text = its_trouble
	_trouble.visible = its_trouble != ""
	_join.disabled = false
	_rooms.disabled = false
	show()
	_name.grab_focus()
	_name.select_all()


# Asks to come in as the card says, unless that is being tried already.
func ask() -> void:
	if _fill_in():
		emit_signal("asked", _address.text.strip_edges(), visitor(), _colour)


# Asks for the list of rooms, likewise.
func browse() -> void:
	if _fill_in():
		emit_signal("browsed", _address.text.strip_edges(), visitor(), _colour)


# Whether the card is filled in and not being tried already; if so, it is kept for the next visit.
func _fill_in() -> bool:
	if visitor() == "" or _join.disabled:
		return false
	_join.disabled = true
	_rooms.disabled = true
	_trouble.hide()
	Remembered.keep("name", visitor())
	Remembered.keep("colour", _colour.to_html(false))
	return true


func _choose(colour: Color) -> void:
	_colour = colour
	for swatch in _swatches.get_children():
		if swatch.get_meta("colour") == colour:
			swatch.pressed = true
			return
	_add_swatch(colour).pressed = true


func _add_swatch(colour: Color) -> Button:
	var swatch := Button.new()
	var ink := get_color("ink", "Plaza")
	swatch.rect_min_size = Vector2(40.0, 40.0)
	swatch.toggle_mode = true
	swatch.group = _group
	swatch.set_meta("colour", colour)
	swatch.add_stylebox_override("normal", Look.box(colour, colour, 1, 8))
	swatch.add_stylebox_override("hover", Look.box(colour, ink, 1, 8))
	swatch.add_stylebox_override("pressed", Look.box(colour, ink, 4, 8))
	swatch.connect("pressed", self, "_on_swatch_pressed", [colour])
	_swatches.add_child(swatch)
	return swatch


func _on_swatch_pressed(colour: Color) -> void:
	_colour = colour


func _on_text_entered(_text: String) -> void:
	ask()
