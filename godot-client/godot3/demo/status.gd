# How the connection is, and how far away the server.
extends HBoxContainer

const Look := preload("look.gd")
# By Network.State.
const _TEXTS := ["not connected", "connecting...", "connected", "away: coming back..."]
const _COLOURS := ["quiet", "waiting", "good", "waiting"]

onready var _disc: Panel = $Disc
onready var _text: Label = $Text
onready var _round_trip: Label = $RoundTrip


func _ready() -> void:
	Look.tint(_round_trip, "quiet")


func _process(_delta: float) -> void:
	var state: int = Network.state
	if _text.text != _TEXTS[state]:
		var colour := get_color(_COLOURS[state], "Plaza")
		_text.text = _TEXTS[state]
		_text.add_color_override("font_color", colour)
		_disc.add_stylebox_override("panel", Look.box(colour, colour, 0, 5))
	var round_trip: float = Network.clock.round_trip
	var is_known: bool = state == Network.State.OPEN and round_trip >= 0.0
	_round_trip.text = "%d ms" % max(1.0, round(round_trip)) if is_known else ""
