class_name EstragonUnseen
extends RefCounted
## Failures that nobody looked at: whoever waits for no answer, or does not look at it, is told of
## what was refused all the same.

## Of what was refused nobody took notice.
signal error_received(error: EstragonError)

## Whether we leave, so that what is given up is news to nobody.
var is_leaving: bool = false

var _errors: Array[EstragonError] = []


## Where the game calls the add-on now, such as [code]res://player.gd:12[/code]; empty where the engine
## does not tell, as in an exported game.
static func place() -> String:
	var stack := get_stack() if OS.is_debug_build() else []
	if stack.is_empty():
		return ""
	var own: String = stack[0]["source"]
	for frame: Dictionary in stack:
		var source: String = frame["source"]
		if source.get_base_dir() != own.get_base_dir():
			return "%s:%s in %s()" % [source, frame["line"], frame["function"]]
	return ""


## Has the failure of [param result] told, which a request of [param type] from [param its_place] came
## to, unless somebody looks at it.
func watch(result: EstragonResult, type: String, its_place: String) -> EstragonResult:
	var error := result.peek()
	if error and not is_leaving:
		error.place = its_place
		if not error.request:
			error.request = type
		result.unseen = note
	return result


## Of this nobody took notice; told by the next [method tell].
func note(error: EstragonError) -> void:
	_errors.append(error)


## The same of what waits for no answer; returns it.
func refused(error: EstragonError, type: String) -> EstragonError:
	if error:
		error.place = place()
		if not error.request:
			error.request = type
		note(error)
	return error


## Tells what was noted.
func tell() -> void:
	if _errors.is_empty():
		return
	var errors := _errors
	_errors = []
	for error: EstragonError in errors:
		error_received.emit(error)
