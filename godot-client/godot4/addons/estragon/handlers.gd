class_name EstragonHandlers
extends RefCounted
## What is registered under which name: the queries or the functions of this game.

var _session: EstragonSession
var _type: String
var _by_name: Dictionary = {}


## Their names are those that messages of [param type] may call.
func _init(session: EstragonSession, type: String) -> void:
	_session = session
	_type = type


## Whether it was registered: a name without prefix, or one that is taken, is refused with a
## warning.
func add(name: String, handler: Callable) -> bool:
	var error := _problem(name)
	if error:
		_session.warned.emit(str(error))
		return false
	_by_name[name] = handler
	return true


## Undoes [method add].
func remove(name: String) -> void:
	_by_name.erase(name)


## The handler of this name; an invalid one if there is none, or its object is gone.
func find(name: String) -> Callable:
	return _by_name.get(name, Callable())


## Has the handler that [param question] is for answer it with what it returns, in its own time.
## Keeps the question, which nobody else holds, while it waits.
func answer(question: EstragonQuestion, arguments: Array) -> void:
	var handler := find(question.name)
	if handler.is_valid():
		question.answer(await handler.callv(arguments))
	else:
		question.refuse(absence(_type, question.name))


## The name of a handler that was added; empty if it was not.
func name_of(handler: Callable) -> String:
	var name: Variant = _by_name.find_key(handler)
	return "" if name == null else str(name)


## What is said where nothing is registered under [param name].
static func absence(type: String, name: String) -> EstragonError:
	var text := '%s: nothing is registered as "%s"' % [type, name]
	return EstragonError.local(EstragonProtocol.UNREGISTERED_HANDLER, text)


## What is wrong with what a handler returned: an error, or what JSON cannot hold;
## [code]null[/code] when nothing is.
static func failure(type: String, value: Variant) -> EstragonError:
	if value is EstragonError:
		return value
	var line: Dictionary = EstragonProtocol.MESSAGES[type]
	var schema: Dictionary = line["reply"]
	var text := EstragonSchema.problem(schema, {"value": value}, type)
	return EstragonError.local(EstragonProtocol.REMOTE_ERROR, text) if text else null


func _problem(name: String) -> EstragonError:
	var line: Dictionary = EstragonProtocol.MESSAGES[_type]
	var schema: Dictionary = line["data"]
	var fields: Dictionary = schema["fields"]
	var its_schema: Dictionary = fields["name"]
	var place := '%s "%s"' % [_type, name.left(64)]
	var text := EstragonSchema.problem(its_schema, name, place)
	if text:
		return EstragonError.local(EstragonProtocol.INVALID_NAME, text)
	if not find(name).is_valid():
		return null
	text = place + ": is registered already; the first stays"
	return EstragonError.local(EstragonProtocol.DUPLICATE_HANDLER, text)
