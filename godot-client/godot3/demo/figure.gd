# Somebody in the plaza as it is shown.
#
# It stands where its row is shown.
extends Reference

const _SAID_MS := 6000
const _WAVE_MS := 2000
const _NO_COLOUR := Color("808080")
# Units of the plaza for a pair of steps, and for how long somebody still walks after one.
const _STRIDE := 45.0
const _WALKS_MS := 120
const _GAIN_MS := 1200.0

# The name it is known by.
var name: String
# What its body is filled with.
var colour: Color
# Whether it is ourselves.
var is_you: bool
# Whether its connection is away.
var away: bool
# Where it is in the plaza, in its units; of meaning once `is_placed`.
var at: Vector2
# Whether the server has said where it is.
var is_placed: bool = false
# What it said last.
var text: String = ""
# Until when that is shown, in OS.get_ticks_msec().
var said_until: int = 0

# How many lights it carries, what it has won, whether nobody may steal from it just now.
var lights: int = 0
var points: int = 0
var safe: bool = false
# How far it is with its steps, in radians, and which way it looks, -1 to 1.
var phase: float = 0.0
var turn: float = 0.0
# What it has just won or lost.
var gain: String = ""

var _waves_until: int = 0
var _moved_at: int = -_WALKS_MS
var _gained_at: int = 0


func _init(its_name: String, its_colour: Color, its_you: bool) -> void:
	name = its_name
	colour = its_colour
	is_you = its_you


# The colour that a member asked for when it joined, in its `data`.
static func colour_of(data) -> Color:
	if typeof(data) != TYPE_DICTIONARY:
		return _NO_COLOUR
	var asked := str(data.get("colour"))
	return Color(asked) if asked.is_valid_html_color() else _NO_COLOUR


# Says something for a few seconds.
func say(what: String) -> void:
	text = what
	said_until = OS.get_ticks_msec() + _SAID_MS


# Waves its hand for two seconds.
func wave() -> void:
	_waves_until = OS.get_ticks_msec() + _WAVE_MS


# Whether its hand is up.
func is_waving() -> bool:
	return OS.get_ticks_msec() < _waves_until


# Whether what it said is still shown.
func is_talking() -> bool:
	return OS.get_ticks_msec() < said_until


# Whether it is walking just now.
func is_walking() -> bool:
	return OS.get_ticks_msec() - _moved_at < _WALKS_MS


# How far what it has just won or lost has risen, from 0; 1 where that is over.
func risen() -> float:
	return min((OS.get_ticks_msec() - _gained_at) / _GAIN_MS, 1.0) if gain else 1.0


# It is what its row, an EstragonRow, says just now; returns what has happened to it, as sounds.gd
# has it, or nothing.
func take(row: Reference) -> String:
	var news := ""
	if is_placed and row.get("points") > points:
		news = "hung"
		_rise("+%d" % (row.get("points") - points))
	elif is_placed and row.get("lights") < lights and row.get("points") == points:
		news = "stolen"
		_rise("-%d" % (lights - row.get("lights")))
	elif is_placed and row.get("lights") > lights:
		news = "caught"
	lights = row.get("lights")
	points = row.get("points")
	safe = row.get("safe")
	var place := Vector2(row.call("smooth", "x"), row.call("smooth", "y"))
	if is_placed:
		_go(place - at)
	at = place
	is_placed = true
	return news


func _go(way: Vector2) -> void:
	phase += way.length() / _STRIDE * PI
	if abs(way.x) > 0.5:
		turn = sign(way.x)
	if way.length() > 0.2:
		_moved_at = OS.get_ticks_msec()


func _rise(what: String) -> void:
	gain = what
	_gained_at = OS.get_ticks_msec()
