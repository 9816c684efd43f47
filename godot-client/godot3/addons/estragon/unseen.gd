# Failures that nobody looked at: whoever waits for no answer, or does not look at it, is told of what
# was refused all the same.
class_name EstragonUnseen
extends Reference

# Of what was refused nobody took notice: an EstragonError.
signal error_received(error)

const EstragonError := preload("error.gd")
const EstragonResult := preload("result.gd")

# Whether we leave, so that what is given up is news to nobody.
var is_leaving: bool = false

var _errors: Array = []


# Where the game calls the add-on now, such as `res://player.gd:12`; empty where the engine does not
# tell, as it does only under its debugger.
static func place() -> String:
	var stack := get_stack()
	if stack.empty():
		return ""
	var own: String = stack[0]["source"]
	for frame in stack:
		var source: String = frame["source"]
		if source.get_base_dir() != own.get_base_dir():
			return "%s:%s in %s()" % [source, frame["line"], frame["function"]]
	return ""


# Has the failure of `result` told, which a request of `type` from `its_place` came to, unless
# somebody looks at it.
func watch(result: EstragonResult, type: String, its_place: String) -> EstragonResult:
	var error := result.peek()
	if error and not is_leaving:
		_complete(error, type, its_place)
		result.unseen = funcref(self, "note")
	return result


# Of this nobody took notice; told by the next `tell`.
func note(error: EstragonError) -> void:
	_errors.append(error)


# The same of what waits for no answer; returns it.
func refused(error: EstragonError, type: String) -> EstragonError:
	if error:
		_complete(error, type, place())
		note(error)
	return error


# Tells what was noted.
func tell() -> void:
	var errors := _errors
	_errors = []
	for error in errors:
		emit_signal("error_received", error)


func _complete(error: EstragonError, type: String, its_place: String) -> void:
	error.place = its_place
	if not error.request:
		error.request = type
