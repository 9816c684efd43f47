# A `dialog` or `confirm` that somebody puts to the person at the screen; see `prompted` of
# EstragonQueries.
class_name EstragonPrompt
extends Reference

# warning-ignore-all:return_value_discarded

# It was answered, or nobody waits for the answer any more: take it off the screen.
signal closed

const EstragonHandlers := preload("handlers.gd")
const EstragonMember := preload("member.gd")
const EstragonQuestion := preload("question.gd")
const EstragonResult := preload("result.gd")

# What stands above; empty where the asker gave none.
var title: String
# What is asked.
var text: String
# What a dialog offers: "OK" unless the asker said otherwise; empty for a confirm.
var choices: PoolStringArray
# Whether it is a yes or no.
var is_confirm: bool
# Who asks.
var from: EstragonMember
# How long the asker waits, in seconds.
var timeout: float
# Set this to true in a listener of `prompted` that shows the prompt itself and calls `answer`; the
# default popup then stays away.
var handled: bool = false
# Whether an answer is still awaited.
var is_open: bool = true

var _question: EstragonQuestion


# What `question` asks with `data`.
func _init(question: EstragonQuestion, data: Dictionary) -> void:
	_question = question
	is_confirm = question.name == "confirm"
	from = question.from
	timeout = question.timeout
	title = str(data.get("title", ""))
	text = str(data.get("text", ""))
	choices = PoolStringArray() if is_confirm else PoolStringArray(data.get("choices", []))
	if choices.empty() and not is_confirm:
		choices.append("OK")
	Engine.get_main_loop().connect("idle_frame", self, "_on_idle_frame")


# Answers, once: with the text of a choice or null for none; a confirm with true or false.
func answer(value) -> void:
	_answer(EstragonResult.new({"value": value}))


# Says that nobody can show it.
func refuse() -> void:
	_answer(EstragonResult.new({}, EstragonHandlers.absence("query", _question.name)))


# Closes it without an answer.
func withdraw() -> void:
	if not is_open:
		return
	is_open = false
	Engine.get_main_loop().disconnect("idle_frame", self, "_on_idle_frame")
	emit_signal("closed")


func _answer(result: EstragonResult) -> void:
	if not is_open:
		return
	withdraw()
	_question.answer(result)


func _on_idle_frame() -> void:
	if not _question.is_awaited():
		withdraw()
