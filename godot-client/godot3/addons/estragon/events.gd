# Named messages to and from the others in a room.
class_name EstragonEvents
extends Reference

# warning-ignore-all:return_value_discarded

# Any event came, also those nobody listens to by name. `from` is an EstragonMember, `room` a code.
# What the room's own logic says comes from a stand-in, see EstragonMember.
signal received(name, args, from, room)

const EstragonActions := preload("actions.gd")
const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonResult := preload("result.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSession := preload("session.gd")

var _session: EstragonSession
var _rooms: EstragonRooms
# [id of the target, method, FuncRef] of each listener, by the event's name.
var _listeners: Dictionary = {}
# What `actions` made and nobody ended: kept alive here.
var _actions: Array = []


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


# Sends an event: `yield(Network.events.emit("game.wave"), "completed")`. `options` may hold `room`
# and `to`: "others" unless said, "all", "self", "host", "hosts", "other_hosts", "player:ID",
# "session:ID", "group:NAME", "server" for the room's own logic, or an array of these. The result's
# data holds the `args` that were `delivered` to so many, the addresses that were `unreached`, if
# any, and `swallowed` where the room let nobody have it.
func emit(name: String, args: Array = [], options: Dictionary = {}) -> EstragonResult:
	return yield(
		_session.request("event.emit", {"name": name, "args": args}, options), "completed"
	)


# Several kinds of message in one event, each a dictionary with `type` and `payload`: calls the
# FuncRef that `handlers` has under a type with (payload, from). A message of another type is told
# by `Network.error_received`.
#
#     var doors = Network.events.actions("game.door", {"OPEN": funcref(self, "_on_open")})
#     yield(doors.emit("OPEN", {"door": 3}), "completed")
func actions(name: String, handlers: Dictionary) -> EstragonActions:
	var made := EstragonActions.new(_session, self, name, handlers)
	_actions.append(made)
	on(name, made, "hear")
	return made


# Undoes `actions`; the same as `off` of what it made.
func forget(made: EstragonActions) -> void:
	_actions.erase(made)
	off(made.name, made, "hear")


func _on_message(message: EstragonMessage) -> void:
	if message.type != "event":
		return
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	var from: EstragonMember = _rooms.sender(message)
	emit_signal("received", name, args, from, message.room)
	var listeners: Array = _listeners.get(name, [])
	for listener in listeners.duplicate():
		if listener[2].is_valid():
			listener[2].call_func(args, from)
		else:
			listeners.erase(listener)
