# A member of the plaza as it is shown.
#
# It stands where its row is shown.
extends Reference

const _SAID_MS := 6000
const _WAVE_MS := 2000
const _NO_COLOUR := Color("808080")

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

var _waves_until: int = 0


# `member` is an EstragonMember.
func _init(member: Reference, its_you: bool) -> void:
	name = member.get("name")
	colour = colour_of(member.get("data"))
	away = member.get("away")
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


# Stands at `place`.
func put(place: Vector2) -> void:
	at = place
	is_placed = true
