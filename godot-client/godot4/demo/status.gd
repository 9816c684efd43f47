extends HBoxContainer
## How the connection is, and how far away the server.

const Disc := preload("disc.gd")
const _TEXTS: Dictionary = {
	EstragonSession.State.CLOSED: "not connected",
	EstragonSession.State.CONNECTING: "connecting…",
	EstragonSession.State.OPEN: "connected",
	EstragonSession.State.AWAY: "away: coming back…",
}
const _COLOURS: Dictionary = {
	EstragonSession.State.CLOSED: "quiet",
	EstragonSession.State.CONNECTING: "waiting",
	EstragonSession.State.OPEN: "good",
	EstragonSession.State.AWAY: "waiting",
}

@onready var _disc: Disc = %Disc
@onready var _text: Label = %Text
@onready var _round_trip: Label = %RoundTrip


func _ready() -> void:
	_disc.outline = 0.0


func _process(_delta: float) -> void:
	var state := Network.state
	var colour := get_theme_color(str(_COLOURS[state]), "Plaza")
	if _text.text != _TEXTS[state]:
		_text.text = _TEXTS[state]
		_text.add_theme_color_override("font_color", colour)
		_disc.colour = colour
	var is_open := state == EstragonSession.State.OPEN
	_round_trip.visible = is_open and Network.clock.round_trip >= 0.0
	_round_trip.text = "%d ms" % maxi(1, roundi(Network.clock.round_trip))
