# Positions in a room of the kind `plaza`.
class_name EstragonPlaza
extends Reference

# warning-ignore-all:return_value_discarded

# Where everybody is: `rows` holds [number, x, y] for each member; `time` is the server's clock at
# that moment, see EstragonClock; `room` is a code.
signal rows_received(rows, time, room)

const EstragonError := preload("error.gd")
const EstragonMessage := preload("message.gd")
const EstragonSession := preload("session.gd")

var _session: EstragonSession


func _init(session: EstragonSession) -> void:
	_session = session
	_session.connect("message_received", self, "_on_message")


# Says where we are, in the plaza's units; only the newest counts. Returns at once what is wrong
# with it, null when nothing is.
func move(x: float, y: float, room: String = "") -> EstragonError:
	return _session.post("plaza.move", {"x": x, "y": y}, {"room": room} if room else {})


func _on_message(message: EstragonMessage) -> void:
	if message.type == "plaza.rows":
		emit_signal(
			"rows_received", message.data["rows"], message.data["time"], message.room
		)
