extends PanelContainer
## The time that is left and what we have; after a round, who has won, and whether we are ready.

## We are ready for the next round.
signal is_ready

@onready var _clock: Label = %Clock
@onready var _best: RichTextLabel = %Best
@onready var _ready_button: Button = %Ready


func _ready() -> void:
	hide()
	_ready_button.pressed.connect(is_ready.emit)


## As it is now in the room.
func follow(room: EstragonRoom) -> void:
	var round_ := room.state.table("round").row()
	if not round_:
		return
	var seconds: int = round_.get("seconds")
	var is_over: bool = round_.get("phase") == "over"
	var text := "%d:%02d" % [floori(seconds / 60.0), seconds % 60]
	var mine := room.state.table("players").mine()
	if mine:
		var points: int = mine.get("points")
		text += "   %d %s" % [points, "point" if points == 1 else "points"]
		_ready_button.disabled = mine.get("ready")
	_clock.text = text
	_ready_button.text = "Next round in %d s" % seconds if _ready_button.disabled else "I am ready"
	if is_over:
		_best.text = "\n".join(entries(room))
	visible = is_over


## The best of the last round: their names and points.
func entries(room: EstragonRoom) -> PackedStringArray:
	var all: PackedStringArray = []
	for row: EstragonRow in room.state.table("results").rows():
		all.append("%d. %s  %d" % [all.size() + 1, row.get("name"), row.get("points")])
	return all
