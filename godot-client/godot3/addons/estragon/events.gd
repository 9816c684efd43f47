# Named messages to and from the others in a room.
class_name EstragonEvents
extends Reference

# warning-ignore-all:return_value_discarded

# Any event came, also those nobody listens to by name. `from` is an EstragonMember, `room` a code.
signal received(name, args, from, room)

const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonResult := preload("result.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSession := preload("session.gd")

var _session: EstragonSession
var _rooms: EstragonRooms
# [id of the target, method, FuncRef] of each listener, by the event's name.
var _listeners: Dictionary = {}


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_session.connect("message_received", self, "_on_message")


# Calls `target.method(args, from)` whenever somebody emits the event with this whole name, such as
# "game.wave"; `args` is an array, `from` an EstragonMember. A freed target is forgotten.
func on(name: String, target: Object, method: String) -> void:
	var listeners: Array = _listeners.get(name, [])
	listeners.append([target.get_instance_id(), method, funcref(target, method)])
	_listeners[name] = listeners


# Undoes `on`.
func off(name: String, target: Object, method: String) -> void:
	for listener in _listeners.get(name, []).duplicate():
		if listener[0] == target.get_instance_id() and listener[1] == method:
			_listeners[name].erase(listener)
			return


# Sends an event; `options` may hold `to` ("others" unless said) and `room`. The result's data says
# what was delivered, to how many: `yield(Network.events.emit("game.wave"), "completed")`.
func emit(name: String, args: Array = [], options: Dictionary = {}) -> EstragonResult:
	return yield(
		_session.request("event.emit", {"name": name, "args": args}, options), "completed"
	)


func _on_message(message: EstragonMessage) -> void:
	if message.type != "event":
		return
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	var from := _sender(message)
	emit_signal("received", name, args, from, message.room)
	var listeners: Array = _listeners.get(name, [])
	for listener in listeners.duplicate():
		if listener[2].is_valid():
			listener[2].call_func(args, from)
		else:
			listeners.erase(listener)


func _sender(message: EstragonMessage) -> EstragonMember:
	var sender := EstragonMember.new(message.from)
	var room := _rooms.room(message.room)
	return room.members.get(sender.number, sender) if room else sender
