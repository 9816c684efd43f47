# Registered names that others in a room may execute.
#
#     Network.functions.register("game.add", self, "_add") # _add(args, from)
#     var sum = yield(Network.functions.execute_as_host("game.add", [5, 3]), "completed")
#     print(sum.value if sum.ok else sum.error.code)
class_name EstragonFunctions
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonAsking := preload("asking.gd")
const EstragonError := preload("error.gd")
const EstragonHandlers := preload("handlers.gd")
const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonPlayers := preload("players.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonQuestion := preload("question.gd")
const EstragonResult := preload("result.gd")
const EstragonRoom := preload("room.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSchema := preload("schema.gd")
const EstragonSession := preload("session.gd")
const EstragonUnseen := preload("unseen.gd")
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
	_session.connect("message_received", self, "_on_message")


# Lets others execute `target.method(args, from)` under this name, such as "game.add"; returns
# whether it was registered. `args` is an array, `from` the EstragonMember who calls. What the
# method returns, also after a yield, is the value; an EstragonError says that it failed, and its
# message reaches the caller. A name without a prefix, or one that is taken, is refused with a
# warning.
func register(name: String, target: Object, method: String) -> bool:
	return _handlers.add(name, target, method)


# Undoes `register`; whether there was something to undo.
func unregister(name: String) -> bool:
	return _handlers.remove(name)


# Executes a function at the host and waits for the result's `value`; where we are the host, here,
# without a message. `options` may hold `timeout`, in seconds, and `room`. Fails with NO_HOST, with
# UNREGISTERED_HANDLER or REMOTE_ERROR where there is no value, with TARGET_LEFT or TIMEOUT where
# none comes.
func execute_as_host(name: String, args: Array = [], options: Dictionary = {}) -> EstragonResult:
	var room := _room(options)
	var is_here: bool = room != null and room.is_host
	return yield(_call("host", is_here, name, args, options), "completed")


# Executes a function at the player with this id, or at another address, and waits for its value;
# for ourselves here, without a message. See `execute_as_host`.
func execute_as_player(
	player: String, name: String, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	var to := EstragonAsking.address(player)
	return yield(_call(to, _is_own(to), name, args, options), "completed")


# Has the room's own logic on the server execute the function of this name, and waits for its value.
# Fails with UNREGISTERED_HANDLER where the room's kind registers none; see `execute_as_host`.
func execute_as_server(name: String, args: Array = [], options: Dictionary = {}) -> EstragonResult:
	return yield(_call("server", false, name, args, options), "completed")


# Executes a function at all with the role assistant or host, as soon as the server has passed it
# on, and without a value: the result's data says to how many. `options` may hold `room`.
func execute_for_hosts(name: String, args: Array = [], options: Dictionary = {}) -> EstragonResult:
	return yield(_cast("hosts", name, args, options), "completed")


# As `execute_for_hosts`, but not at us.
func execute_for_other_hosts(
	name: String, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	return yield(_cast("other_hosts", name, args, options), "completed")


# Executes a function at all in the room, ourselves included; see `execute_for_hosts`.
func execute_for_everyone(
	name: String, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	return yield(_cast("all", name, args, options), "completed")


# Executes a function at all others in the room; see `execute_for_hosts`.
func execute_for_others(name: String, args: Array = [], options: Dictionary = {}) -> EstragonResult:
	return yield(_cast("others", name, args, options), "completed")


# Executes a function at the players in an array of ids; see `execute_for_hosts`.
func execute_for_players(
	players, name: String, args: Array = [], options: Dictionary = {}
) -> EstragonResult:
	if typeof(players) != TYPE_ARRAY and typeof(players) != TYPE_STRING_ARRAY:
		var text := "execute_for_players.players: expected an array of player ids"
		var place := EstragonUnseen.place()
		yield(Engine.get_main_loop(), "idle_frame")
		var failed := _failed(EstragonProtocol.INVALID_MESSAGE_DATA, text)
		return _session.watched(failed, _CAST, place)
	var to := []
	for player in players:
		to.append(EstragonAsking.address(str(player)))
	return yield(_cast(to, name, args, options), "completed")


func _call(
	to: String, is_here: bool, name: String, args: Array, options: Dictionary
) -> EstragonResult:
	var asked := {"name": name, "args": args}
	var timeout: float = options.get("timeout", EstragonAsking.TIMEOUT)
	if is_here:
		var place := EstragonUnseen.place()
		var us := _ourselves(_room(options))
		return _session.watched(yield(_run_here(asked, us, timeout), "completed"), _CALL, place)
	var around := EstragonAsking.envelope(to, options)
	return yield(EstragonAsking.ask(_session, _CALL, asked, around, timeout), "completed")


func _cast(to, name: String, args: Array, options: Dictionary) -> EstragonResult:
	var asked := {"name": name, "args": args}
	var around := EstragonAsking.envelope(to, options)
	return yield(_session.request(_CAST, asked, around), "completed")


# Executes it here, just as another would.
func _run_here(asked: Dictionary, us: EstragonMember, timeout: float) -> EstragonResult:
	var deadline := _session.world.now() + timeout * 1000.0
	var outcome := Outcome.new()
	var schema: Dictionary = EstragonProtocol.MESSAGES[_CALL]["data"]
	var problem := EstragonSchema.problem(schema, asked, _CALL)
	if problem:
		outcome.take(_failed(EstragonProtocol.INVALID_MESSAGE_DATA, problem))
	else:
		outcome.follow(_handlers.run(asked["name"], [asked["args"].duplicate(true), us]))
	yield(Engine.get_main_loop(), "idle_frame")
	while not outcome.result and _session.world.now() <= deadline:
		yield(Engine.get_main_loop(), "idle_frame")
	var result := outcome.result
	if not result:
		var text := "%s %s: no answer in time" % [_CALL, asked["name"]]
		return _failed(EstragonProtocol.TIMEOUT, text)
	var error := result.peek()
	if error and error.code == EstragonProtocol.REMOTE_ERROR:
		error.cause = {"member": us.number, "player": _players.me.get("id")}
	return result


func _failed(code: String, text: String) -> EstragonResult:
	return EstragonResult.new({}, EstragonError.new(code, text))


func _room(options: Dictionary) -> EstragonRoom:
	return _rooms.room(options.get("room", ""))


func _is_own(address: String) -> bool:
	var player: String = _players.me.get("id", "")
	var is_own_player := player != "" and address == "player:" + player
	return address == "self" or is_own_player or address == "session:" + _session.id


func _ourselves(room: EstragonRoom) -> EstragonMember:
	if room and room.me():
		return room.me()
	return EstragonMember.new({
		"session": _session.id,
		"player": _players.me.get("id"),
		"name": _players.me.get("name"),
	})


func _on_message(message: EstragonMessage) -> void:
	if message.type != _CALL and message.type != _CAST:
		return
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	if message.type == _CALL:
		var question := EstragonQuestion.new(_session, _rooms, message)
		question.put_to(_handlers, [args, question.from])
	elif _handlers.has(name):
		_handlers.run(name, [args, _rooms.sender(message)])
	else:
		_handlers.report(name, EstragonHandlers.absence(_CAST, name))


# What a handler came to, now or later.
class Outcome:
	extends Reference

	const EstragonResult := preload("result.gd")

	var result: EstragonResult

	func follow(running) -> void:
		if running is GDScriptFunctionState:
			running.connect("completed", self, "take")
		else:
			take(running)

	func take(its_result: EstragonResult) -> void:
		result = its_result
