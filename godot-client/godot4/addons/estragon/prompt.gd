class_name EstragonPrompt
extends RefCounted
## A [code]dialog[/code] or [code]confirm[/code] that somebody puts to the person at the screen;
## see [signal EstragonQueries.prompted].

## It was answered, or nobody waits for the answer any more: take it off the screen.
signal closed

## What stands above; empty where the asker gave none.
var title: String
## What is asked.
var text: String
## What a dialog offers: "OK" unless the asker said otherwise; empty for a confirm.
var choices: PackedStringArray
## Whether it is a yes or no.
var is_confirm: bool
## Who asks.
var from: EstragonMember
## How long the asker waits, in seconds.
var timeout: float
## Set this to [code]true[/code] in a listener of [signal EstragonQueries.prompted] that shows the
## prompt itself and calls [method answer]; the default popup then stays away.
var handled: bool = false
## Whether an answer is still awaited.
var is_open: bool = true

var _question: EstragonQuestion


func _init(question: EstragonQuestion, data: Dictionary) -> void:
	_question = question
	is_confirm = question.name == "confirm"
	from = question.from
	timeout = question.timeout
	title = str(data.get("title", ""))
	text = str(data.get("text", ""))
	if is_confirm:
		return
	var its_choices: Array = data.get("choices", ["OK"])
	for choice: Variant in its_choices if its_choices else ["OK"]:
		choices.append(str(choice))


## The code of the room it was asked in.
func room() -> String:
	return _question.room


## Answers, once: with the text of a choice or [code]null[/code] for none; a confirm with
## [code]true[/code] or [code]false[/code].
func answer(value: Variant) -> void:
	if not is_open:
		return
	withdraw()
	_question.answer(value)


## Says that nobody can show it.
func refuse() -> void:
	if not is_open:
		return
	withdraw()
	_question.refuse(EstragonHandlers.absence("query", _question.name))


## Closes it without an answer.
func withdraw() -> void:
	if not is_open:
		return
	is_open = false
	closed.emit()
