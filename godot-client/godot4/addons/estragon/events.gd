class_name EstragonEvents
extends RefCounted
## Named messages to and from the others in a room.

## Any event came, also those nobody listens to by name. What the room's own logic says comes from
## a member with the number 0, see [EstragonMember].
signal received(name: String, args: Array, from: EstragonMember, room: String)

var _session: EstragonSession
var _rooms: EstragonRooms
var _listeners: Dictionary = {}
var _actions: Array[EstragonActions] = []


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_session.message_received.connect(_on_message)


## Calls [param listener] with [code](args: Array, from: EstragonMember)[/code] whenever somebody
## emits the event with this whole name, such as [code]"game.wave"[/code].
func on(name: String, listener: Callable) -> void:
	var listeners: Array = _listeners.get(name, [])
	listeners.append(listener)
	_listeners[name] = listeners


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


func _on_message(message: EstragonMessage) -> void:
	if message.type != "event":
		return
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	var from := _rooms.sender(message)
	received.emit(name, args, from, message.room)
	var listeners: Array = _listeners.get(name, [])
	for listener: Callable in listeners.duplicate():
		if listener.is_valid():
			listener.call(args, from)
		else:
			listeners.erase(listener)
