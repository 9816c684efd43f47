class_name EstragonEvents
extends RefCounted
## Named messages to and from the others in a room.

## Any event came, also those nobody listens to by name. What the room's own logic says comes from
## a member with the number 0, see [EstragonMember].
signal received(name: String, args: Array, from: EstragonMember, room: String)
## The same of latest events, see [method emit_latest].
signal latest_received(
	name: String, args: Array, from: EstragonMember, key: String, room: String
)

var _session: EstragonSession
var _rooms: EstragonRooms
var _listeners: Dictionary = {}
var _latest_listeners: Dictionary = {}
## The number of the last latest event heard in each room we are in, by its code.
var _heard: Dictionary = {}
var _actions: Array[EstragonActions] = []


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_session.message_received.connect(_on_message)
	_rooms.left.connect(_on_left)


## Calls [param listener] with [code](args: Array, from: EstragonMember)[/code] whenever somebody
## emits the event with this whole name, such as [code]"game.wave"[/code].
func on(name: String, listener: Callable) -> void:
	_listen(_listeners, name, listener)


## Calls [param listener] with [code](args: Array, from: EstragonMember, key: String)[/code] whenever
## somebody emits the latest event with this whole name, see [method emit_latest]. What was missed
## while away comes as soon as we are back, once, and of each sender and key the newest.
func on_latest(name: String, listener: Callable) -> void:
	_listen(_latest_listeners, name, listener)


## Undoes [method on_latest].
func off_latest(name: String, listener: Callable) -> void:
	var listeners: Array = _latest_listeners.get(name, [])
	listeners.erase(listener)


## One event that stands for many: [param handlers] holds a [Callable] by the type of action,
## called with [code](payload: Variant, from: EstragonMember)[/code]. An action of another type is
## reported by [code]Network.error_received[/code].
func actions(name: String, handlers: Dictionary) -> EstragonActions:
	var made := EstragonActions.new(_session, self, name, handlers)
	_actions.append(made)
	on(name, made.hear)
	return made


## Undoes [method actions]; the same as [method EstragonActions.off].
func forget(made: EstragonActions) -> void:
	_actions.erase(made)
	off(made.name, made.hear)


## Undoes [method on].
func off(name: String, listener: Callable) -> void:
	var listeners: Array = _listeners.get(name, [])
	listeners.erase(listener)


## Sends an event; [param options] may hold [code]room[/code] and [code]to[/code]: "others" unless
## said, "all", "self", "host", "hosts", "other_hosts", "player:ID", "session:ID", "group:NAME",
## "server" for the room's own logic, or an array of these. The result's data holds the
## [code]args[/code] that were [code]delivered[/code] to so many, the addresses that were
## [code]unreached[/code], if any, and [code]swallowed[/code] where the room let nobody have it.
func emit(name: String, args: Array = [], options: Dictionary = {}) -> EstragonResult:
	return await _session.request("event.emit", {"name": name, "args": args}, options)


## Sends an event of which only the newest matters, such as a position: our next of the same name and
## key replaces it, whomever that is for. [param options] may hold [code]key[/code], a text that says
## what it is about, and [code]room[/code] and [code]to[/code] as for [method emit]. Nothing answers;
## returns why it cannot be sent, [code]null[/code] where it can, and what the server refuses is told
## by [code]Network.error_received[/code].
func emit_latest(name: String, args: Array = [], options: Dictionary = {}) -> EstragonError:
	if _session.state == EstragonSession.State.CLOSED:
		return EstragonError.local(EstragonProtocol.CLOSED)
	var envelope := options.duplicate()
	envelope.erase("key")
	var key: Variant = options.get("key", "")
	var data := {"name": name, "args": args, "key": key}
	return _session.post("event.emit_latest", data, envelope, "%s %s" % [name, key])


func _listen(all: Dictionary, name: String, listener: Callable) -> void:
	var listeners: Array = all.get(name, [])
	listeners.append(listener)
	all[name] = listeners


func _on_message(message: EstragonMessage) -> void:
	match message.type:
		"event":
			_hear(message)
		"event.latest":
			_hear_latest(message)


## Another room may have that code one day.
func _on_left(room: EstragonRoom) -> void:
	_heard.erase(room.code)


func _hear(message: EstragonMessage) -> void:
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	var from := _rooms.sender(message)
	received.emit(name, args, from, message.room)
	_tell(_listeners, name, [args, from])


func _hear_latest(message: EstragonMessage) -> void:
	var number: int = message.data["number"]
	if number <= _heard.get(message.room, 0):
		return
	_heard[message.room] = number
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	var key: String = message.data["key"]
	var from := _rooms.sender(message)
	latest_received.emit(name, args, from, key, message.room)
	_tell(_latest_listeners, name, [args, from, key])


func _tell(all: Dictionary, name: String, told: Array) -> void:
	var listeners: Array = all.get(name, [])
	for listener: Callable in listeners.duplicate():
		if listener.is_valid():
			listener.callv(told)
		else:
			listeners.erase(listener)
