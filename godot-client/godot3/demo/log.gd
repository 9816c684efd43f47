# What was said and what happened.
extends RichTextLabel

# warning-ignore-all:return_value_discarded

const EstragonMember := preload("res://addons/estragon/member.gd")
const EstragonRoom := preload("res://addons/estragon/room.gd")
const Plaque := preload("plaque.gd")
const _MOST := 200
const _LEFT := {
	"left": "has left", "lost": "has left", "kicked": "was kicked", "banned": "was banned",
}
const _ROLES := {
	"none": "is now a watcher", "player": "is now a player", "trusted": "is now trusted",
	"assistant": "is now an assistant", "host": "is now a host",
}

var _lines: int = 0


# Tells what happens in `room` from now on.
func follow(room: EstragonRoom) -> void:
	room.connect("member_joined", self, "_tell", ["has come in"])
	room.connect("member_left", self, "_on_left")
	room.connect("member_away", self, "_tell", ["is away"])
	room.connect("member_back", self, "_tell", ["is back"])
	room.connect("host_changed", self, "_on_host_changed")
	room.connect("role_changed", self, "_on_role_changed")
	room.connect("updated", self, "_on_updated", [room, _facts(room)])
	add_note("You are in the plaza %s." % room.code)


# Adds what `who` said.
func add_chat(who: String, text: String) -> void:
	_begin()
	push_color(get_color("accent", "Plaza"))
	add_text(who)
	pop()
	add_text("  " + text)


# Adds that `who` waves.
func add_wave(who: String) -> void:
	add_note(who + " waves")


# Adds what happened.
func add_note(text: String) -> void:
	_begin()
	push_color(get_color("quiet", "Plaza"))
	add_text(text)
	pop()


# Forgets everything.
func wipe() -> void:
	clear()
	_lines = 0


func _tell(member: EstragonMember, what: String) -> void:
	add_note("%s %s." % [member.name, what])


func _on_left(member: EstragonMember, reason: String) -> void:
	_tell(member, _LEFT[reason])


# `host` is an EstragonMember, or null for none.
func _on_host_changed(host) -> void:
	add_note("%s is the host now." % (host.name if host else "Nobody"))


func _on_role_changed(member: EstragonMember) -> void:
	_tell(member, _ROLES[member.role])


# Tells what is other than `before`, which is what was told last.
func _on_updated(room: EstragonRoom, before: Dictionary) -> void:
	var now := _facts(room)
	for fact in now:
		if now[fact] != before[fact]:
			before[fact] = now[fact]
			add_note(now[fact])


func _facts(room: EstragonRoom) -> Dictionary:
	return {
		"title": "The room is called \"%s\"." % Plaque.title_of(room.properties),
		"locked": "The room is locked to newcomers." if room.locked else "The room is open.",
		"listed": "The room is listed." if room.listed else "The room is found by its code only.",
	}


func _begin() -> void:
	if _lines > 0:
		newline()
	_lines += 1
	if _lines > _MOST:
		remove_line(0)
		_lines -= 1
