# Questions to and from others in a room, each with one answer.
#
#     Network.queries.register("game.trade", self, "_on_trade") # _on_trade(data, options)
#     var asking = Network.queries.ask(player_id, "game.trade", {"gives": "sword"}, 10.0)
#     var answer = yield(asking, "completed")
#     print(answer.value if answer.ok else answer.error.code)
#
# `dialog` {text, title, choices} and `confirm` {text, title} are answered by the person at the
# screen, see `prompted`.
class_name EstragonQueries
extends Reference

# warning-ignore-all:return_value_discarded

# Somebody puts a dialog or a confirm to the person at the screen; `prompt` is an EstragonPrompt. A
# popup shows it, unless a listener sets its `handled` and shows it in its own way.
signal prompted(prompt)

const EstragonAsking := preload("asking.gd")
const EstragonHandlers := preload("handlers.gd")
const EstragonMessage := preload("message.gd")
const EstragonPrompt := preload("prompt.gd")
const EstragonQuestion := preload("question.gd")
const EstragonResult := preload("result.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSession := preload("session.gd")
const _PROMPTS := ["dialog", "confirm"]

# Called with an EstragonPrompt that no listener handles; without it such a prompt is refused.
var presenter: FuncRef

var _session: EstragonSession
var _rooms: EstragonRooms
var _handlers: EstragonHandlers
# The prompts that wait for the person at the screen, kept alive here.
var _prompts: Array = []


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_handlers = EstragonHandlers.new(session, "query")
	_session.connect("message_received", self, "_on_message")


# Has `target.method(data, options)` answer the query of this name, such as "game.trade"; returns
# whether it was registered. `options` holds `timeout`, in seconds, and `from`, the EstragonMember
# who asks. What the method returns, also after a yield, is the answer; an EstragonError says that
# it failed, and its message reaches the asker. A name without a prefix, or one that is taken, is
# refused with a warning; "dialog" and "confirm" may be replaced.
func register(name: String, target: Object, method: String) -> bool:
	return _handlers.add(name, target, method)


# Undoes `register`; whether there was something to undo.
func unregister(name: String) -> bool:
	return _handlers.remove(name)


# Asks one other; the result's `value` is the answer. `target` is the id of a player, or an address:
# "host", "session:ID", "server" for the room's own logic; `timeout` is in seconds; `options` may
# hold `room`. Fails at once with INVALID_TARGET or NO_HOST where nobody is there, with
# UNREGISTERED_HANDLER or REMOTE_ERROR where there is no answer, with TARGET_LEFT or TIMEOUT where
# none comes.
func ask(
	target: String,
	name: String,
	data = null,
	timeout: float = EstragonAsking.TIMEOUT,
	options: Dictionary = {}
) -> EstragonResult:
	var around := EstragonAsking.envelope(EstragonAsking.address(target), options)
	var asked := {"name": name, "data": data}
	return yield(EstragonAsking.ask(_session, "query", asked, around, timeout), "completed")


func _on_message(message: EstragonMessage) -> void:
	if message.type != "query" or not message.id:
		return
	var question := EstragonQuestion.new(_session, _rooms, message)
	var data = message.data["data"]
	if question.name in _PROMPTS and not _handlers.has(question.name):
		_prompt(EstragonPrompt.new(question, data if typeof(data) == TYPE_DICTIONARY else {}))
		return
	var options := {"timeout": question.timeout, "from": question.from}
	question.put_to(_handlers, [data, options])


func _prompt(prompt: EstragonPrompt) -> void:
	_prompts.append(prompt)
	prompt.connect("closed", self, "_forget_closed")
	emit_signal("prompted", prompt)
	if prompt.handled or not prompt.is_open:
		return
	if presenter and presenter.is_valid():
		presenter.call_func(prompt)
	else:
		prompt.refuse()


func _forget_closed() -> void:
	for prompt in _prompts.duplicate():
		if not prompt.is_open:
			_prompts.erase(prompt)
