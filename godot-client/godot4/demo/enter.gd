extends CenterContainer
## The card to enter by: where to, under which name, in which colour.

## Somebody wants to come in.
signal asked(url: String, name: String, colour: Color)

const Swatch := preload("swatch.gd")
const _COLOURS: PackedStringArray = [
	"#d1495b", "#edae49", "#00798c", "#5b8e7d", "#8a6fb0", "#e07a5f", "#4f8cff"
]
const _NAMES: PackedStringArray = ["Vladimir", "Estragon", "Pozzo", "Lucky"]

var _colours: ButtonGroup = ButtonGroup.new()

@onready var _address: LineEdit = %Address
@onready var _name: LineEdit = %Name
@onready var _swatches: HBoxContainer = %Swatches
@onready var _join: Button = %Join
@onready var _trouble: Label = %Trouble


func _ready() -> void:
	var url: String = ProjectSettings.get_setting("estragon/url", "ws://127.0.0.1:1234")
	for colour: String in _COLOURS:
		_swatches.add_child(Swatch.new(Color(colour), _colours))
	fill(url, _NAMES[randi() % _NAMES.size()], Color(_COLOURS[randi() % _COLOURS.size()]))
	_trouble.add_theme_color_override("font_color", get_theme_color("bad", "Plaza"))
	_join.pressed.connect(ask)
	_address.text_submitted.connect(ask.unbind(1))
	_name.text_submitted.connect(ask.unbind(1))
	open()


## Fills the card in; a colour that it does not offer is added.
func fill(url: String, name_: String, colour: Color) -> void:
	_address.text = url
	_name.text = name_
	for swatch: Swatch in _colours.get_buttons():
		if swatch.colour == colour:
			swatch.button_pressed = true
			return
	var added := Swatch.new(colour, _colours)
	_swatches.add_child(added)
	added.button_pressed = true


## Shows the card, and why it is shown again.
func open(trouble: String = "") -> void:
	_trouble.text = trouble
	_trouble.visible = trouble != ""
	_join.disabled = false
	show()
	_name.grab_focus()
	_name.select_all()


## Asks to come in as the card says, unless that is being tried already.
func ask() -> void:
	var who := _name.text.strip_edges()
	if who == "" or _join.disabled:
		return
	_join.disabled = true
	_trouble.hide()
	var swatch := _colours.get_pressed_button() as Swatch
	asked.emit(_address.text.strip_edges(), who, swatch.colour)
