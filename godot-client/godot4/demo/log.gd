extends RichTextLabel
## What was said and what happened.

const Plaque := preload("plaque.gd")
const _MOST := 200
const _SMALL := 14
const _LEFT: Dictionary = {
	"left": "has left", "lost": "has left", "kicked": "was kicked", "banned": "was banned",
}
const _ROLES: Dictionary = {
	"none": "is now a watcher", "player": "is now a player", "trusted": "is now trusted",
	"assistant": "is now an assistant", "host": "is now a host",
}

## Tells what happens in [param room] from now on.
func follow(room: EstragonRoom) -> void:
	room.member_joined.connect(_tell.bind("has come in"))
	room.member_left.connect(_on_left)
	room.member_away.connect(_tell.bind("is away"))
	room.member_back.connect(_tell.bind("is back"))
	room.host_changed.connect(_on_host_changed)
	room.role_changed.connect(_on_role_changed)
	room.updated.connect(_on_updated.bind(room, _facts(room)))
	add_note("You are in the plaza %s." % room.code)


## Adds what [param who] said.
func add_chat(who: String, text: String) -> void:
	_begin()
	_add_name(who)
	add_text(text)


## Adds that [param who] waves.
func add_wave(who: String) -> void:
	add_note("waves", who)


## Adds what happened, after the name of [param who] did it, where it was somebody.
func add_note(text: String, who: String = "") -> void:
	_begin()
	push_color(get_theme_color("quiet", "Plaza"))
	push_font_size(_SMALL)
	if who:
		_add_name(who)
	add_text(text)
	pop()
	pop()


func _tell(member: EstragonMember, what: String) -> void:
	add_note("%s %s." % [member.name, what])


func _on_left(member: EstragonMember, reason: String) -> void:
	_tell(member, str(_LEFT[reason]))


func _on_host_changed(host: EstragonMember) -> void:
	add_note("%s is the host now." % (host.name if host else "Nobody"))


func _on_role_changed(member: EstragonMember) -> void:
	_tell(member, str(_ROLES[member.role]))


## Tells what is other than [param before], which is what was told last.
func _on_updated(room: EstragonRoom, before: Dictionary) -> void:
	var now := _facts(room)
	for fact: String in now:
		if now[fact] != before[fact]:
			before[fact] = now[fact]
			add_note(str(now[fact]))


func _facts(room: EstragonRoom) -> Dictionary:
	return {
		title = "The room is called “%s”." % Plaque.title_of(room.properties),
		locked = "The room is locked to newcomers." if room.locked else "The room is open.",
		listed = "The room is listed." if room.listed else "The room is found by its code only.",
	}


func _add_name(who: String) -> void:
	push_bold()
	add_text(who)
	pop()
	add_text(" ")


func _begin() -> void:
	if get_parsed_text():
		newline()
	while get_paragraph_count() > _MOST:
		remove_paragraph(0)
