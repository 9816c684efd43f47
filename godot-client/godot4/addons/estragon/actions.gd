class_name EstragonActions
extends RefCounted
## One event that stands for many, told apart by a type; made by [method EstragonEvents.actions].

## The name of the event.
var name: String

var _session: EstragonSession
## Weak, as the events hold it.
var _events: WeakRef
var _handlers: Dictionary


func _init(
	session: EstragonSession, events: EstragonEvents, its_name: String, handlers: Dictionary
) -> void:
	_session = session
	_events = weakref(events)
	name = its_name
	_handlers = handlers.duplicate()


## Sends an action; [param options] as in [method EstragonEvents.emit].
func emit(type: String, payload: Variant = null, options: Dictionary = {}) -> EstragonResult:
	var args: Array = [{"type": type, "payload": payload}]
	return await _session.request("event.emit", {"name": name, "args": args}, options)


## Stops listening.
func off() -> void:
	var events: EstragonEvents = _events.get_ref()
	if events:
		events.forget(self)


## What [EstragonEvents] calls when the event comes.
func hear(args: Array, from: EstragonMember) -> void:
	var said: Variant = args[0] if args else null
	var action: Dictionary = said if typeof(said) == TYPE_DICTIONARY else {}
	var type: Variant = action.get("type")
	var handler: Callable = _handlers.get(type, Callable())
	if handler.is_valid():
		handler.call(action.get("payload"), from)
		return
	var text := '%s: no action is called "%s"' % [name, str(type).left(64)]
	_session.error_received.emit(EstragonError.local(EstragonProtocol.UNREGISTERED_HANDLER, text))
