# The time that is left and what we have; after a round, who has won, and whether we are ready.
extends PanelContainer

# warning-ignore-all:return_value_discarded

# We are ready for the next round.
signal is_ready

onready var _clock: Label = $"../Clock"
onready var _best: Label = $Rows/Best
onready var _ready_button: Button = $Rows/Ready


func _ready() -> void:
	hide()
	_ready_button.connect("pressed", self, "_on_pressed")


func _on_pressed() -> void:
	emit_signal("is_ready")


# As it is now in the room, an EstragonRoom.
func follow(room: Reference) -> void:
	var state: Reference = room.get("state")
	var its_round = state.call("table", "round").row()
	if not its_round:
		return
	var seconds: int = its_round.get("seconds")
	var text := "%d:%02d" % [int(seconds / 60.0), seconds % 60]
	var mine = state.call("table", "players").mine()
	if mine:
		var points: int = mine.get("points")
		text += "   %d %s" % [points, "point" if points == 1 else "points"]
		_ready_button.disabled = mine.get("ready")
	_clock.text = text
	_ready_button.text = "Next round in %d s" % seconds if _ready_button.disabled else "I am ready"
	visible = its_round.get("phase") == "over"
	if visible:
		_best.text = entries(room).join("\n")


# The best of the last round: their names and points.
func entries(room: Reference) -> PoolStringArray:
	var all := PoolStringArray()
	for row in room.get("state").table("results").rows():
		all.append("%d. %s  %d" % [all.size() + 1, row.get("name"), row.get("points")])
	return all
