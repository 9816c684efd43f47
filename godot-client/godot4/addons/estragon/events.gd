class_name EstragonEvents
extends RefCounted
## Named messages to and from the others in a room.

## Any event came, also those nobody listens to by name.
signal received(name: String, args: Array, from: EstragonMember, room: String)

var _session: EstragonSession
var _rooms: EstragonRooms
var _listeners: Dictionary = {}


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


## Undoes [method on].
func off(name: String, listener: Callable) -> void:
	var listeners: Array = _listeners.get(name, [])
	listeners.erase(listener)


## Sends an event; [param options] may hold [code]to[/code] ("others" unless said) and
## [code]room[/code]. The result's data says what was delivered, to how many.
func emit(name: String, args: Array = [], options: Dictionary = {}) -> EstragonResult:
	return await _session.request("event.emit", {"name": name, "args": args}, options)


func _on_message(message: EstragonMessage) -> void:
	if message.type != "event":
		return
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	var from := _sender(message)
	received.emit(name, args, from, message.room)
	var listeners: Array = _listeners.get(name, [])
	for listener: Callable in listeners.duplicate():
		if listener.is_valid():
			listener.call(args, from)
		else:
			listeners.erase(listener)


func _sender(message: EstragonMessage) -> EstragonMember:
	var sender := EstragonMember.from_data(message.from)
	var room := _rooms.room(message.room)
	return room.members.get(sender.number, sender) if room else sender
