# A member of the plaza as it is shown.
#
# Others glide from where they are shown to where the server last said they are; ourselves we place
# at once.
extends Reference

# How far behind the server others are shown, in ms: two ticks, so that one late row goes unseen.
const BEHIND := 100.0
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
var _from: Vector2
var _to: Vector2
var _begun: float = 0.0
var _due: float = 0.0


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


# Stands at `place` from now on.
func put(place: Vector2) -> void:
	at = place
	_to = place
	_due = 0.0
	is_placed = true


# Was at `place` when the server's clock said `time`; it says `now`.
func aim(place: Vector2, time: float, now: float) -> void:
	if not is_placed:
		put(place)
	_from = at
	_to = place
	_begun = now
	_due = time + BEHIND


# Glides on to where it is when the server's clock says `now`.
func step(now: float) -> void:
	if now >= _due:
		at = _to
	else:
		at = _from.linear_interpolate(_to, max(0.0, (now - _begun) / (_due - _begun)))
