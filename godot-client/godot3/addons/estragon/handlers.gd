# What is registered under which name: the queries or the functions of this game.
class_name EstragonHandlers
extends Reference

const EstragonError := preload("error.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonSchema := preload("schema.gd")
const EstragonSession := preload("session.gd")

var _session: EstragonSession
var _type: String
# [id of the target, method] by name.
var _by_name: Dictionary = {}


# Their names are those that messages of `type` may call.
func _init(session: EstragonSession, type: String) -> void:
	_session = session
	_type = type


# Whether it was registered: a name without prefix, or one that is taken, is refused with a warning.
func add(name: String, target: Object, method: String) -> bool:
	var error := _problem(name)
	if error:
		_session.emit_signal("warned", str(error))
		return false
	_by_name[name] = [target.get_instance_id(), method]
	return true


# Undoes `add`; whether there was something to undo.
func remove(name: String) -> bool:
	return _by_name.erase(name)


# Whether there is a handler of this name; a freed target is forgotten.
func has(name: String) -> bool:
	if not _by_name.has(name):
		return false
	return is_instance_valid(instance_from_id(_by_name[name][0])) or not remove(name)


# Runs the handler of this name. Returns what became of it, its `value` or why there is none, as an
# EstragonResult; where the handler yields, a GDScriptFunctionState whose "completed" brings that.
func run(name: String, args: Array):
	if not has(name):
		return EstragonResult.new({}, absence(_type, name))
	var target := instance_from_id(_by_name[name][0])
	var value = target.callv(_by_name[name][1], args)
	if value is GDScriptFunctionState:
		value = yield(value, "completed")
	var error := _failure(value)
	if not error:
		return EstragonResult.new({"value": value})
	report(name, error)
	return EstragonResult.new({}, error)


# Tells this game's developer that a handler failed.
func report(name: String, error: EstragonError) -> void:
	_session.emit_signal("warned", "%s %s: %s" % [_type, name, error.message])


# What is said where nothing is registered under `name`.
static func absence(type: String, name: String) -> EstragonError:
	var text := '%s: nothing is registered as "%s"' % [type, name]
	return EstragonError.new(EstragonProtocol.UNREGISTERED_HANDLER, text)


# What is wrong with what a handler returned: an error, or what JSON cannot hold; null when nothing
# is.
func _failure(value) -> EstragonError:
	var text: String
	if value is EstragonError:
		text = value.message if value.message else value.code
	else:
		var schema: Dictionary = EstragonProtocol.MESSAGES[_type]["reply"]
		text = EstragonSchema.problem(schema, {"value": value}, _type)
	return EstragonError.new(EstragonProtocol.REMOTE_ERROR, text) if text else null


func _problem(name: String) -> EstragonError:
	var schema: Dictionary = EstragonProtocol.MESSAGES[_type]["data"]["fields"]["name"]
	var place := '%s "%s"' % [_type, name.left(64)]
	var text := EstragonSchema.problem(schema, name, place)
	if text:
		return EstragonError.new(EstragonProtocol.INVALID_NAME, text)
	if not has(name):
		return null
	text = place + ": is registered already; the first stays"
	return EstragonError.new(EstragonProtocol.DUPLICATE_HANDLER, text)
