class_name EstragonPlaza
extends RefCounted
## Positions in a room of the kind [code]plaza[/code].

## Where everybody is: [param rows] holds [code][number, x, y][/code] for each member;
## [param time] is the server's clock at that moment, see [EstragonClock].
signal rows_received(rows: Array, time: float, room: String)

var _session: EstragonSession


func _init(session: EstragonSession) -> void:
	_session = session
	_session.message_received.connect(_on_message)


## Says where we are, in the plaza's units; only the newest counts. Returns what is wrong with it,
## [code]null[/code] when nothing is.
func move(x: float, y: float, room: String = "") -> EstragonError:
	return _session.post("plaza.move", {"x": x, "y": y}, {"room": room} if room else {})


func _on_message(message: EstragonMessage) -> void:
	if message.type != "plaza.rows":
		return
	var rows: Array = message.data["rows"]
	var time: float = message.data["time"]
	rows_received.emit(rows, time, message.room)
