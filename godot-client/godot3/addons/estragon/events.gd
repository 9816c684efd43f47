# Named messages to and from the others in a room.
class_name EstragonEvents
extends Reference

# warning-ignore-all:return_value_discarded

# Any event came, also those nobody listens to by name. `from` is an EstragonMember, `room` a code.
# What the room's own logic says comes from a stand-in, see EstragonMember.
signal received(name, args, from, room)
# The same of latest events, see `emit_latest`; `key` is a text.
signal latest_received(name, args, from, key, room)

const EstragonActions := preload("actions.gd")
const EstragonError := preload("error.gd")
const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSession := preload("session.gd")

var _session: EstragonSession
var _rooms: EstragonRooms
# [id of the target, method, FuncRef] of each listener, by the event's name.
var _listeners: Dictionary = {}
var _latest_listeners: Dictionary = {}
# The number of the last latest event heard in each room we are in, by its code.
var _heard: Dictionary = {}
# What `actions` made and nobody ended: kept alive here.
var _actions: Array = []


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_session.connect("message_received", self, "_on_message")
	_rooms.connect("left", self, "_on_left")


# Calls `target.method(args, from)` whenever somebody emits the event with this whole name, such as
# "game.wave"; `args` is an array, `from` an EstragonMember. A freed target is forgotten.
func on(name: String, target: Object, method: String) -> void:
	_listen(_listeners, name, target, method)


# Undoes `on`.
func off(name: String, target: Object, method: String) -> void:
	_forget(_listeners, name, target, method)


# Calls `target.method(args, from, key)` whenever somebody emits the latest event with this whole
# name, see `emit_latest`. What was missed while away comes as soon as we are back, once, and of each
# sender and key the newest.
func on_latest(name: String, target: Object, method: String) -> void:
	_listen(_latest_listeners, name, target, method)


# Undoes `on_latest`.
func off_latest(name: String, target: Object, method: String) -> void:
	_forget(_latest_listeners, name, target, method)


# Sends an event: `yield(Network.events.emit("game.wave"), "completed")`. `options` may hold `room`
# and `to`: "others" unless said, "all", "self", "host", "hosts", "other_hosts", "player:ID",
# "session:ID", "group:NAME", "server" for the room's own logic, or an array of these. The result's
# data holds the `args` that were `delivered` to so many, the addresses that were `unreached`, if
# any, and `swallowed` where the room let nobody have it.
func emit(name: String, args: Array = [], options: Dictionary = {}) -> EstragonResult:
	return yield(
		_session.request("event.emit", {"name": name, "args": args}, options), "completed"
	)


# Sends an event of which only the newest matters, such as a position: our next of the same name and
# key replaces it, whomever that is for. `options` may hold `key`, a text that says what it is about,
# and `room` and `to` as for `emit`. Nothing answers; returns at once why it cannot be sent, null
# where it can, and what the server refuses is told by `Network.error_received`.
func emit_latest(name: String, args: Array = [], options: Dictionary = {}) -> EstragonError:
	if _session.state == EstragonSession.State.CLOSED:
		return EstragonError.new(EstragonProtocol.CLOSED)
	var envelope := options.duplicate()
	envelope.erase("key")
	var key = options.get("key", "")
	var data := {"name": name, "args": args, "key": key}
	return _session.post("event.emit_latest", data, envelope, "%s %s" % [name, key])


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
	if message.type == "event":
		_hear(message)
	elif message.type == "event.latest":
		_hear_latest(message)


# Another room may have that code one day.
func _on_left(room: Reference) -> void:
	_heard.erase(room.code)


func _hear(message: EstragonMessage) -> void:
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	var from: EstragonMember = _rooms.sender(message)
	emit_signal("received", name, args, from, message.room)
	for listener in _living(_listeners, name):
		listener[2].call_func(args, from)


func _hear_latest(message: EstragonMessage) -> void:
	var number: int = message.data["number"]
	if number <= _heard.get(message.room, 0):
		return
	_heard[message.room] = number
	var name: String = message.data["name"]
	var args: Array = message.data["args"]
	var key: String = message.data["key"]
	var from: EstragonMember = _rooms.sender(message)
	emit_signal("latest_received", name, args, from, key, message.room)
	for listener in _living(_latest_listeners, name):
		listener[2].call_func(args, from, key)


func _listen(all: Dictionary, name: String, target: Object, method: String) -> void:
	var listeners: Array = all.get(name, [])
	listeners.append([target.get_instance_id(), method, funcref(target, method)])
	all[name] = listeners


func _forget(all: Dictionary, name: String, target: Object, method: String) -> void:
	for listener in all.get(name, []):
		if listener[0] == target.get_instance_id() and listener[1] == method:
			all[name].erase(listener)
			return


# Those who listen to this name; whose target was freed are forgotten.
func _living(all: Dictionary, name: String) -> Array:
	var living := []
	for listener in all.get(name, []):
		if listener[2].is_valid():
			living.append(listener)
	if all.has(name):
		all[name] = living
	return living.duplicate()
