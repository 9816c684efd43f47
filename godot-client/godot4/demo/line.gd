extends "sheet.gd"
## Asks the visitor for one line of text.

signal _done(text: Variant)

var _may_be_empty: bool

@onready var _title: Label = %Title
@onready var _text: LineEdit = %Text
@onready var _do: Button = %Do


func _ready() -> void:
	super()
	_do.pressed.connect(_finish)
	_text.text_submitted.connect(_finish.unbind(1))
	_text.text_changed.connect(_check.unbind(1))
	closed.connect(_done.emit.bind(null))


## Returns the line, or [code]null[/code] where the visitor thinks better of it. [param action] is
## what is on the button.
func ask(title: String, action: String, hint: String, may_be_empty: bool = false) -> Variant:
	_may_be_empty = may_be_empty
	_title.text = title
	_do.text = action
	_text.text = ""
	_text.placeholder_text = hint
	_check()
	open(_text)
	return await _done


## Writes [param text] and presses the button.
func submit(text: String) -> void:
	_text.text = text
	_finish()


func _check() -> void:
	_do.disabled = not _may_be_empty and not _text.text.strip_edges()


func _finish() -> void:
	_check()
	if _do.disabled:
		return
	_done.emit(_text.text.strip_edges())
	close()
