# What was said and what happened.
extends RichTextLabel

# warning-ignore-all:return_value_discarded

const _MOST := 200

var _lines: int = 0


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


func _begin() -> void:
	if _lines > 0:
		newline()
	_lines += 1
	if _lines > _MOST:
		remove_line(0)
		_lines -= 1
