extends Control
## A member of the plaza as it is shown: a disc, a name, a hand, a bubble.
##
## It stands where its row is shown.

const Bubble := preload("bubble.gd")
const Disc := preload("disc.gd")
const Hand := preload("hand.gd")
const _AWAY_OPACITY := 0.35
const _FONT_SIZE := 13
const _LINE := 18.0
const _NAME_WIDTH := 240.0
const _BODY := 48.0
const _SMALLEST_BODY := 16.0

## The name it is known by.
var title: String
## Where it is in the plaza, in its units; of meaning once [member is_placed].
var at: Vector2
## Whether the server has said where it is.
var is_placed: bool = false

var _radius: float = 0.0
var _disc: Disc = Disc.new()
var _hand: Hand
var _bubble: Bubble = Bubble.new()


func _init(member: EstragonMember, is_you: bool) -> void:
	title = member.name
	mouse_filter = MOUSE_FILTER_IGNORE
	_disc.colour = colour_of(member)
	_disc.outline = 2.0 if is_you else 0.6
	_disc.mouse_filter = MOUSE_FILTER_IGNORE
	_hand = Hand.new(_disc.colour)
	for part: Control in [_disc, _hand, _bubble]:
		add_child(part)
	show_away(member.away)
	hide()


## The colour that a member asked for when it joined.
static func colour_of(member: EstragonMember) -> Color:
	if typeof(member.data) != TYPE_DICTIONARY:
		return Color.GRAY
	var data: Dictionary = member.data
	return Color.from_string(str(data.get("colour")), Color.GRAY)


## Shows whether its connection is away.
func show_away(is_away: bool) -> void:
	_disc.modulate.a = _AWAY_OPACITY if is_away else 1.0
	self_modulate.a = _disc.modulate.a


## Says something for a few seconds.
func say(text: String) -> void:
	_bubble.say(text)


## Waves its hand.
func wave() -> void:
	_hand.wave()


## Stands at [param place].
func put(place: Vector2) -> void:
	at = place
	is_placed = true
	show()


## Goes to its place on a ground of this size, which shows a unit as [param unit] pixels.
func settle(ground: Vector2, unit: float) -> void:
	position = at * unit
	_bubble.hang(position, _radius, ground)
	var radius := maxf(_BODY * unit, _SMALLEST_BODY) / 2.0
	if radius == _radius:
		return
	_radius = radius
	_disc.size = Vector2.ONE * radius * 2.0
	_disc.position = -_disc.size / 2.0
	_hand.position = Vector2(radius + 9.0, radius * 0.4)
	queue_redraw()


func _draw() -> void:
	var font := get_theme_font("bold", "Plaza")
	var left := Vector2(-_NAME_WIDTH / 2.0, _radius + _LINE)
	var paving := get_theme_color("paving", "Plaza")
	var ink := get_theme_color("ink", "Plaza")
	draw_string_outline(
		font, left, title, HORIZONTAL_ALIGNMENT_CENTER, _NAME_WIDTH, _FONT_SIZE, 4, paving
	)
	draw_string(font, left, title, HORIZONTAL_ALIGNMENT_CENTER, _NAME_WIDTH, _FONT_SIZE, ink)
