class_name EstragonFunctions
extends RefCounted
## Registered names that others may execute.
##
## [codeblock]
## Network.functions.register("game.add", func(args: Array, _from: EstragonMember) -> Variant:
##     return args[0] + args[1])
## var sum := await Network.functions.execute_as_host("game.add", [5, 3])
## [/codeblock]
## Where a function is asked for, its name or the registered [Callable] will do;
## [code]options[/code] may hold [code]room[/code], and, where a value is awaited,
## [code]timeout[/code] in seconds.

const _CALL := "function.call"
const _CAST := "function.cast"

var _session: EstragonSession
var _rooms: EstragonRooms
var _players: EstragonPlayers
var _handlers: EstragonHandlers


func _init(session: EstragonSession, rooms: EstragonRooms, players: EstragonPlayers) -> void:
	_session = session
	_rooms = rooms
	_players = players
	_handlers = EstragonHandlers.new(session, _CALL)
	_session.message_received.connect(_on_message)


## Lets others execute [param function] under this name, such as [code]"game.add"[/code]; returns
## whether it was registered. It is called with [code](args: Array, from: EstragonMember)[/code];
## what it returns, also after an [code]await[/code], is its value; an [EstragonError] says that it
## failed. A name without a prefix, or one that is taken, is refused with a warning.
func register(name: String, function: Callable) -> bool:
	return _handlers.add(name, function)


## Undoes [method register].
func unregister(name: String) -> void:
	_handlers.remove(name)


## Has the room's active host execute it; [member EstragonResult.value] is what came of it. At the
## host itself it runs at once and nothing is sent. Fails with NO_HOST where there is none,
## otherwise as [method EstragonQueries.ask] does.
func execute_as_host(
	function: Variant, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	var room := _room(options)
	return await _call(function, args, "host", room != null and room.is_host, options)


## Has one player execute it; [member EstragonResult.value] is what came of it. [param player] is
## the id of a player, or an address as for [method EstragonQueries.ask]. For ourselves it runs at
## once and nothing is sent.
func execute_as_player(
	player: String, function: Variant, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	var address := EstragonAsking.address(player)
	return await _call(function, args, address, _is_ours(address), options)


## Has the room's own logic on the server execute the function of this name;
## [member EstragonResult.value] is what came of it. Fails with UNREGISTERED_HANDLER where the kind
## of room registers none, otherwise as [method EstragonQueries.ask] does.
func execute_as_server(
	name: String, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	return await _call(name, args, "server", false, options)


## Has everybody with the role assistant or host execute it, without a value: the result comes as
## soon as the server has passed it on, and says to how many.
func execute_for_hosts(
	function: Variant, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	return await _cast("hosts", function, args, options)


## As [method execute_for_hosts], without ourselves.
func execute_for_other_hosts(
	function: Variant, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	return await _cast("other_hosts", function, args, options)


## Has everybody in the room execute it, ourselves included; without a value.
func execute_for_everyone(
	function: Variant, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	return await _cast("all", function, args, options)


## Has everybody else in the room execute it; without a value.
func execute_for_others(
	function: Variant, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	return await _cast("others", function, args, options)


## Has the players with these ids execute it, an [Array] or [PackedStringArray]; without a value.
func execute_for_players(
	players: Variant, function: Variant, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	var is_array := typeof(players) == TYPE_ARRAY or typeof(players) == TYPE_PACKED_STRING_ARRAY
	var ids: Array = players if is_array else [null]
	if not ids.all(func(id: Variant) -> bool: return typeof(id) == TYPE_STRING):
		var text := "execute_for_players: expected an array of the ids of players"
		return _session.watched(_failed(EstragonProtocol.INVALID_MESSAGE_DATA, text), _CAST)
	var to := ids.map(EstragonAsking.address)
	return await _cast(to, function, args, options)


func _call(
	function: Variant, args: Array, to: String, is_ours: bool, options: Dictionary
) -> EstragonResult:
	var name := _name(function)
	if not name:
		return _unknown(function)
	var timeout: float = options.get("timeout", EstragonAsking.TIMEOUT)
	if is_ours:
		var place := EstragonUnseen.place()
		var result := await _call_here(name, args, _room(options), timeout)
		return _session.watched(result, _CALL, place)
	var envelope := EstragonAsking.envelope(to, options)
	var asked := {"name": name, "args": args}
	return await EstragonAsking.ask(_session, _CALL, asked, envelope, timeout)


func _cast(to: Variant, function: Variant, args: Array, options: Dictionary) -> EstragonResult:
	var name := _name(function)
	if not name:
		return _unknown(function)
	var envelope := EstragonAsking.envelope(to, options)
	return await _session.request(_CAST, {"name": name, "args": args}, envelope)


## Executes it here, just as another would, and in as much time.
func _call_here(
	name: String, args: Array, room: EstragonRoom, timeout: float
) -> EstragonResult:
	var waiting := EstragonRequest.new(_CALL)
	var run := func() -> void: waiting.finish(await _run(name, args, room))
	run.call()
	if not waiting.result:
		var late := _failed(EstragonProtocol.TIMEOUT, "%s %s: no answer in time" % [_CALL, name])
		_session.world.after(timeout * 1000.0, waiting.finish.bind(late))
		await waiting.done
	return waiting.result


func _run(name: String, args: Array, room: EstragonRoom) -> EstragonResult:
	var line: Dictionary = EstragonProtocol.MESSAGES[_CALL]
	var schema: Dictionary = line["data"]
	var problem := EstragonSchema.problem(schema, {"name": name, "args": args}, _CALL)
	if problem:
		return _failed(EstragonProtocol.INVALID_MESSAGE_DATA, problem)
	var function := _handlers.find(name)
	if not function.is_valid():
		return EstragonResult.failure(EstragonHandlers.absence(_CALL, name))
	var us := _ourselves(room)
	var value: Variant = await function.call(args.duplicate(true), us)
	var error := EstragonHandlers.failure(_CALL, value)
	if not error:
		return EstragonResult.success({"value": value})
	var failed := _failed(EstragonProtocol.REMOTE_ERROR, error.message)
	failed.error.cause = {"member": us.number, "player": us.player if us.player else null}
	return failed


func _on_message(message: EstragonMessage) -> void:
	if message.type != _CALL and message.type != _CAST:
		return
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	if message.type == _CAST:
		_execute(name, args, _rooms.sender(message))
	elif message.id:
		var question := EstragonQuestion.new(_session, _rooms, message)
		_handlers.answer(question, [args, question.from])


## Executes what nobody waits for.
func _execute(name: String, args: Array, from: EstragonMember) -> void:
	var function := _handlers.find(name)
	if not function.is_valid():
		_session.warned.emit(EstragonHandlers.absence(_CAST, name).message)
		return
	var value: Variant = await function.call(args, from)
	if value is EstragonError:
		var error: EstragonError = value
		_session.warned.emit("%s %s: %s" % [_CAST, name, error.message])


func _room(options: Dictionary) -> EstragonRoom:
	var code: String = options.get("room", "")
	return _rooms.room(code)


func _is_ours(address: String) -> bool:
	var player := str(_players.me.get("id", ""))
	var is_our_player := player != "" and address == "player:" + player
	return address == "self" or is_our_player or address == "session:" + _session.id


func _ourselves(room: EstragonRoom) -> EstragonMember:
	var seated := room.me() if room else null
	if seated:
		return seated
	return EstragonMember.from_data({
		"session": _session.id,
		"player": _players.me.get("id"),
		"name": _players.me.get("name", ""),
	})


## The name it is registered under, where it is given itself; empty if it is not.
func _name(function: Variant) -> String:
	if typeof(function) != TYPE_CALLABLE:
		return str(function)
	var handler: Callable = function
	return _handlers.name_of(handler)


func _unknown(function: Variant) -> EstragonResult:
	var absence := EstragonHandlers.absence(_CALL, str(function))
	return _session.watched(EstragonResult.failure(absence), _CALL)


func _failed(code: String, text: String) -> EstragonResult:
	return EstragonResult.failure(EstragonError.local(code, text))
