extends Control
## Somebody in the plaza as it is shown: a person, a name, a hand, a bubble, what it wins and loses.
##
## It stands where its row is shown.

const Bubble := preload("bubble.gd")
const Hand := preload("hand.gd")
const Person := preload("person.gd")
const _AWAY_OPACITY := 0.35
const _FONT_SIZE := 13
const _LINE := 18.0
const _NAME_WIDTH := 240.0
## How tall it is, in units of the plaza, and at least, in pixels.
const _TALL := 53.0
const _SMALLEST := 26.0
const _GAIN_SECONDS := 1.2

## The name it is known by.
var title: String
## Where it is in the plaza, in its units; of meaning once [member is_placed].
var at: Vector2
## Whether the server has said where it is.
var is_placed: bool = false

var _tall: float = 0.0
var _points: int = 0
var _person: Person = Person.new()
var _hand: Hand
var _bubble: Bubble = Bubble.new()


func _init(its_title: String, colour: Color, is_you: bool) -> void:
	title = its_title
	mouse_filter = MOUSE_FILTER_IGNORE
	_person.colour = colour
	_person.is_you = is_you
	_person.mouse_filter = MOUSE_FILTER_IGNORE
	_hand = Hand.new(colour)
	for part: Control in [_person, _hand, _bubble]:
		add_child(part)
	hide()


## The colour that a member asked for when it joined.
static func colour_of(member: EstragonMember) -> Color:
	if typeof(member.data) != TYPE_DICTIONARY:
		return Color.GRAY
	var data: Dictionary = member.data
	return Color.from_string(str(data.get("colour")), Color.GRAY)


## Shows whether its connection is away.
func show_away(is_away: bool) -> void:
	_person.modulate.a = _AWAY_OPACITY if is_away else 1.0
	self_modulate.a = _person.modulate.a


## Says something for a few seconds.
func say(text: String) -> void:
	_bubble.say(text)


## Waves its hand.
func wave() -> void:
	_hand.wave()


## It is what its row says just now; returns what has happened to it, as [code]sounds.gd[/code] has
## it, or nothing.
func take(row: EstragonRow) -> String:
	var x: float = row.smooth("x")
	var y: float = row.smooth("y")
	var lights: int = row.get("lights")
	var points: int = row.get("points")
	var news := ""
	if is_placed and points > _points:
		news = "hung"
		_rise("+%d" % (points - _points))
	elif is_placed and lights < _person.lights and points == _points:
		news = "stolen"
		_rise("-%d" % (_person.lights - lights))
	elif is_placed and lights > _person.lights:
		news = "caught"
	if is_placed:
		_person.go(Vector2(x, y) - at)
	_points = points
	_person.lights = lights
	_person.safe = row.get("safe")
	at = Vector2(x, y)
	is_placed = true
	show()
	return news


## Goes to its place on a ground of this size, which shows a unit as [param unit] pixels.
func settle(ground: Vector2, unit: float) -> void:
	position = at * unit
	_bubble.hang(position, _tall * 0.8, ground)
	var tall := maxf(_TALL * unit, _SMALLEST)
	if tall == _tall:
		return
	_tall = tall
	_person.size = Vector2.ONE * tall
	_person.position = -_person.size / 2.0
	_hand.position = Vector2(tall * 0.4 + 12.0, 0.0)
	queue_redraw()


## What it wins or loses rises and fades.
func _rise(text: String) -> void:
	var label := Label.new()
	label.text = text
	label.position = Vector2(-12.0, -_tall * 1.4)
	add_child(label)
	var rising := create_tween().set_parallel()
	rising.tween_property(label, "position:y", label.position.y - 40.0, _GAIN_SECONDS)
	rising.tween_property(label, "modulate:a", 0.0, _GAIN_SECONDS)
	rising.chain().tween_callback(label.queue_free)


func _draw() -> void:
	var font := get_theme_font("bold", "Plaza")
	var left := Vector2(-_NAME_WIDTH / 2.0, _tall / 2.0 + _LINE)
	var paving := get_theme_color("paving", "Plaza")
	var ink := get_theme_color("ink", "Plaza")
	draw_string_outline(
		font, left, title, HORIZONTAL_ALIGNMENT_CENTER, _NAME_WIDTH, _FONT_SIZE, 4, paving
	)
	draw_string(font, left, title, HORIZONTAL_ALIGNMENT_CENTER, _NAME_WIDTH, _FONT_SIZE, ink)
