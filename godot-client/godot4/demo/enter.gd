extends CenterContainer
## The card to enter by: where to, under which name, in which colour.

## Somebody wants to come in.
signal asked(url: String, name: String, colour: Color)
## Somebody would first like to see what rooms there are.
signal browsed(url: String, name: String, colour: Color)

const Look := preload("look.gd")
const Remembered := preload("remembered.gd")
const Swatch := preload("swatch.gd")
const _COLOURS: PackedStringArray = [
	"#d1495b", "#edae49", "#00798c", "#5b8e7d", "#8a6fb0", "#e07a5f", "#4f8cff"
]
const _NAMES: PackedStringArray = ["Vladimir", "Estragon", "Pozzo", "Lucky"]
const _WIDEST := 400.0

var _colours: ButtonGroup = ButtonGroup.new()

@onready var _card: PanelContainer = %Card
@onready var _address: LineEdit = %Address
@onready var _name: LineEdit = %Name
@onready var _swatches: HFlowContainer = %Swatches
@onready var _join: Button = %Join
@onready var _rooms: Button = %Rooms
@onready var _trouble: Label = %Trouble


func _ready() -> void:
	for colour: String in _COLOURS:
		_swatches.add_child(Swatch.new(Color(colour), _colours))
	fill({
		url = Network.default_url(),
		name = Remembered.recall("name", _NAMES[randi() % _NAMES.size()]),
		colour = Remembered.recall("colour", _COLOURS[randi() % _COLOURS.size()]),
	})
	_trouble.add_theme_color_override("font_color", get_theme_color("bad", "Plaza"))
	get_viewport().size_changed.connect(_fit)
	_fit()
	_join.pressed.connect(ask)
	_rooms.pressed.connect(browse)
	_address.text_submitted.connect(ask.unbind(1))
	_name.text_submitted.connect(ask.unbind(1))
	open()


## Fills in the [code]url[/code], [code]name[/code] and [code]colour[/code] that are given; a
## colour that the card does not offer is added.
func fill(given: Dictionary) -> void:
	_address.text = str(given.get("url", _address.text))
	_name.text = str(given.get("name", _name.text))
	if given.has("colour"):
		_choose(Color.from_string(str(given["colour"]), Color.GRAY))


## The name on the card.
func visitor() -> String:
	return _name.text.strip_edges()


## Why the card is shown again; empty where there is nothing to say.
func trouble() -> String:
	return _trouble.text


## Shows the card, and why it is shown again.
func open(its_trouble: String = "") -> void:
	_trouble.text = its_trouble
	_trouble.visible = its_trouble != ""
	_join.disabled = false
	_rooms.disabled = false
	show()
	_name.grab_focus()
	_name.select_all()


## Asks to come in as the card says, unless that is being tried already.
func ask() -> void:
	_tell(asked)


## Asks for the list of rooms, likewise.
func browse() -> void:
	_tell(browsed)


func _tell(wish: Signal) -> void:
	if visitor() == "" or _join.disabled:
		return
	_join.disabled = true
	_rooms.disabled = true
	_trouble.hide()
	var swatch := _colours.get_pressed_button() as Swatch
	Remembered.keep("name", visitor())
	Remembered.keep("colour", "#" + swatch.colour.to_html(false))
	wish.emit(_address.text.strip_edges(), visitor(), swatch.colour)


func _choose(colour: Color) -> void:
	for swatch: Swatch in _colours.get_buttons():
		if swatch.colour == colour:
			swatch.button_pressed = true
			return
	var added := Swatch.new(colour, _colours)
	_swatches.add_child(added)
	added.button_pressed = true


func _fit() -> void:
	_card.custom_minimum_size.x = minf(_WIDEST, get_viewport_rect().size.x - Look.MARGIN * 2.0)
