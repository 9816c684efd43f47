class_name EstragonQueries
extends RefCounted
## Questions to and from others in a room, each with one answer.
##
## [codeblock]
## Network.queries.register("game.trade", func(data: Variant, options: Dictionary) -> Variant:
##     return await my_trade_screen.ask(data, options["from"]))
## var answer := await Network.queries.ask(player_id, "game.trade", {"gives": "sword"}, 10.0)
## if answer.ok:
##     print(answer.value)
## [/codeblock]
## [code]dialog[/code] [code]{text, title, choices}[/code] and [code]confirm[/code]
## [code]{text, title}[/code] are answered by the person at the screen, see [signal prompted].

## Somebody puts a dialog or a confirm to the person at the screen. A popup shows it, unless a
## listener sets [member EstragonPrompt.handled] and shows it in its own way.
signal prompted(prompt: EstragonPrompt)

const _PROMPTS: Array[String] = ["dialog", "confirm"]

## Who waits for the person at the screen.
var prompts: EstragonPrompts

var _session: EstragonSession
var _rooms: EstragonRooms
var _handlers: EstragonHandlers


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_handlers = EstragonHandlers.new(session, "query")
	prompts = EstragonPrompts.new(session, rooms)
	prompts.prompted.connect(prompted.emit)
	_session.message_received.connect(_on_message)


## Has [param handler] answer the query of this name, such as [code]"game.trade"[/code]; returns
## whether it was registered. It is called with [code](data: Variant, options: Dictionary)[/code],
## where options holds [code]timeout[/code], in seconds, and [code]from[/code], the
## [EstragonMember] who asks. What it returns, also after an [code]await[/code], is the answer; an
## [EstragonError] says that it failed, and its message reaches the asker. A name without a prefix,
## or one that is taken, is refused with a warning; [code]dialog[/code] and [code]confirm[/code]
## may be replaced.
func register(name: String, handler: Callable) -> bool:
	return _handlers.add(name, handler)


## Undoes [method register].
func unregister(name: String) -> void:
	_handlers.remove(name)


## Asks one other; [member EstragonResult.value] is the answer. [param target] is the id of a
## player, or an address: [code]"host"[/code], [code]"session:ID"[/code], [code]"server"[/code] for
## the room's own logic; [param timeout] is in seconds; [param options] may hold
## [code]room[/code]. Fails at once with INVALID_TARGET or NO_HOST where nobody is there, with
## UNREGISTERED_HANDLER or REMOTE_ERROR where there is no answer, with TARGET_LEFT or TIMEOUT where
## none comes.
func ask(
	target: String,
	name: String,
	data: Variant = null,
	timeout: float = EstragonAsking.TIMEOUT,
	options: Dictionary = {}
) -> EstragonResult:
	var envelope := EstragonAsking.envelope(EstragonAsking.address(target), options)
	var asked := {"name": name, "data": data}
	return await EstragonAsking.ask(_session, "query", asked, envelope, timeout)


func _on_message(message: EstragonMessage) -> void:
	if message.type != "query" or not message.id:
		return
	var question := EstragonQuestion.new(_session, _rooms, message)
	var data: Variant = message.data["data"]
	if question.name in _PROMPTS and not _handlers.find(question.name).is_valid():
		prompts.put(question, data)
	else:
		var options := {"timeout": question.timeout, "from": question.from}
		_handlers.answer(question, [data, options])
