# Who is here, what they are, and who is away: one line a member.
extends VBoxContainer

# warning-ignore-all:return_value_discarded

# Somebody else's `chip` was pressed; `member` is an EstragonMember.
signal picked(member, chip)

const EstragonMember := preload("res://addons/estragon/member.gd")
const EstragonRoom := preload("res://addons/estragon/room.gd")
const Chip := preload("chip.gd")
const _BADGES := {
	"host": "co-host", "assistant": "assistant", "trusted": "trusted", "none": "watching",
}

# What is listed, such as "Ada host, you", "Bob", "Cy away".
var entries: Array = []


# Lists the members of `room`.
func list(room: EstragonRoom) -> void:
	var focused := _forget_all()
	for member in room.members.values():
		var note := _note(room, member)
		var chip := Chip.new(member, note, member.number == room.you)
		chip.connect("pressed", self, "_on_pressed", [chip])
		add_child(chip)
		entries.append(("%s %s" % [member.name, note]).strip_edges())
		if member == focused:
			chip.grab_focus()


# The chip of who is called so; null for none.
func chip_of(its_name: String) -> Chip:
	for chip in get_children():
		if chip.member.name == its_name:
			return chip
	return null


func _on_pressed(chip: Chip) -> void:
	emit_signal("picked", chip.member, chip)


# Gives the member whose chip had the focus.
func _forget_all() -> EstragonMember:
	var focused: EstragonMember
	for chip in get_children():
		if chip.has_focus():
			focused = chip.member
		remove_child(chip)
		chip.queue_free()
	entries.clear()
	return focused


# The host, and every role but that of a player, in words.
func _note(room: EstragonRoom, member: EstragonMember) -> String:
	var notes: PoolStringArray = []
	if member == room.host:
		notes.append("host")
	elif member.role != "player":
		notes.append(_BADGES[member.role])
	if member.number == room.you:
		notes.append("you")
	elif member.away:
		notes.append("away")
	return notes.join(", ")
