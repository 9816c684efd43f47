extends RichTextLabel
## What was said and what happened.

const _MOST := 200
const _SMALL := 14


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
