# Asks the visitor for one line of text.
extends "sheet.gd"

# warning-ignore-all:return_value_discarded

signal _done(text)

var _may_be_empty: bool

onready var _title: Label = $Centre/Card/Form/Title
onready var _text: LineEdit = $Centre/Card/Form/Text
onready var _do: Button = $Centre/Card/Form/Buttons/Do


func _ready() -> void:
	Look.stress(_do)
	_do.connect("pressed", self, "_finish")
	_text.connect("text_entered", self, "_on_text_entered")
	_text.connect("text_changed", self, "_on_text_changed")
	connect("closed", self, "emit_signal", ["_done", null])


# Gives the line: `yield(line.ask(…), "completed")`, or null where the visitor thinks better of it.
# `action` is what is on the button.
func ask(title: String, action: String, hint: String, may_be_empty: bool = false):
	_may_be_empty = may_be_empty
	_title.text = title
	_do.text = action
	_text.text = ""
	_text.placeholder_text = hint
	_check()
	open(_text)
	return yield(self, "_done")


# Writes `text` and presses the button.
func submit(text: String) -> void:
	_text.text = text
	_finish()


func _check() -> void:
	_do.disabled = not _may_be_empty and _text.text.strip_edges() == ""


func _finish() -> void:
	_check()
	if _do.disabled:
		return
	emit_signal("_done", _text.text.strip_edges())
	close()


func _on_text_entered(_its_text: String) -> void:
	_finish()


func _on_text_changed(_its_text: String) -> void:
	_check()
