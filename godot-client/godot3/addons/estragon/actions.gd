# One event that stands for many, told apart by a type; made by `events.actions`.
class_name EstragonActions
extends Reference

const EstragonError := preload("error.gd")
const EstragonMember := preload("member.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")

# The name of the event.
var name: String

var _session: EstragonSession
# Weak, as the events hold it. (Untyped, because Godot 3 does not load scripts that need each
# other.)
var _events: WeakRef
# FuncRef by type.
var _handlers: Dictionary


func _init(
	session: EstragonSession, events: Reference, its_name: String, handlers: Dictionary
) -> void:
	_session = session
	_events = weakref(events)
	name = its_name
	_handlers = handlers.duplicate()


# Sends an action; `options` and the result are those of `events.emit`.
func emit(type: String, payload = null, options: Dictionary = {}) -> EstragonResult:
	var data := {"name": name, "args": [{"type": type, "payload": payload}]}
	return yield(_session.request("event.emit", data, options), "completed")


# Stops listening.
func off() -> void:
	var events: Reference = _events.get_ref()
	if events:
		events.call("forget", self)


# What EstragonEvents calls when the event comes.
func hear(args: Array, from: EstragonMember) -> void:
	var action: Dictionary = {}
	if not args.empty() and typeof(args[0]) == TYPE_DICTIONARY:
		action = args[0]
	var type = action.get("type")
	var handler: FuncRef = _handlers.get(type)
	if handler and handler.is_valid():
		handler.call_func(action.get("payload"), from)
		return
	var text := '%s: no action is called "%s"' % [name, str(type).left(64)]
	var error := EstragonError.new(EstragonProtocol.UNREGISTERED_HANDLER, text)
	_session.emit_signal("error_received", error)
