extends HFlowContainer
## Who is here, what they are, and who is away: one chip a member.

## Somebody else's [param chip] was pressed.
signal picked(member: EstragonMember, chip: Control)

const Chip := preload("chip.gd")
## More are scrolled.
const _HIGHEST := 150.0
const _BADGES: Dictionary = {
	"host": "co-host", "assistant": "assistant", "trusted": "trusted", "none": "watching",
}

var _entries: PackedStringArray


func _ready() -> void:
	resized.connect(_fit)
	minimum_size_changed.connect(_fit)


## Lists the room's members.
func list(room: EstragonRoom) -> void:
	var focused := _forget_all()
	for member: EstragonMember in room.members.values():
		var note := _note(room, member)
		var chip := Chip.new(member, note, member.number == room.you)
		chip.pressed.connect(picked.emit.bind(member, chip))
		add_child(chip)
		_entries.append(("%s %s" % [member.name, note]).strip_edges())
		if member == focused:
			chip.grab_focus()


## What is listed, such as [code]Ada host, you[/code], [code]Bob[/code], [code]Cy away[/code].
func entries() -> PackedStringArray:
	return _entries


## The chip of who is called so; [code]null[/code] for none.
func chip_of(its_name: String) -> Chip:
	for chip: Chip in get_children():
		if chip.member.name == its_name:
			return chip
	return null


## Returns the member whose chip had the focus.
func _forget_all() -> EstragonMember:
	var focused: EstragonMember
	for chip: Chip in get_children():
		if chip.has_focus():
			focused = chip.member
		remove_child(chip)
		chip.queue_free()
	_entries.clear()
	return focused


## The host, and every role but that of a player, in words.
func _note(room: EstragonRoom, member: EstragonMember) -> String:
	var notes: PackedStringArray = []
	if member == room.host:
		notes.append("host")
	elif member.role != "player":
		notes.append(str(_BADGES[member.role]))
	if member.number == room.you:
		notes.append("you")
	elif member.away:
		notes.append("away")
	return ", ".join(notes)


## The list is as high as what it holds, up to a point.
func _fit() -> void:
	var scroll := get_parent() as ScrollContainer
	scroll.custom_minimum_size.y = minf(_HIGHEST, get_combined_minimum_size().y)
