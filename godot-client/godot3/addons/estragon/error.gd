# Why something did not happen: a stable `code` and a sentence.
class_name EstragonError
extends Reference

const EstragonProtocol := preload("protocol.gd")
const _MOST_CHARACTERS := 1000

# A code of EstragonProtocol, such as EstragonProtocol.ROOM_FULL.
var code: String
# The HTTP status of the same meaning.
var status: int
# What was expected and what to do, for the developer who reads it.
var message: String
# The type of the message it answers, where there is one.
var request: String = ""
# More about it, where the server says more; null otherwise.
var cause
# Where the game asked for what was refused, such as `res://player.gd:12`; empty where the engine does
# not tell.
var place: String = ""
# After how many milliseconds to try again; 0 where that would not help.
var retry_ms: int = 0


# An error that arose in this client, told in the words of its code unless `text` says more.
func _init(its_code: String, text: String = "") -> void:
	code = its_code
	status = EstragonProtocol.ERROR_STATUS.get(its_code, 0)
	message = text if text else str(EstragonProtocol.ERROR_TEXT.get(its_code, ""))


# Takes over what `data` of an `error` message says.
func update(data: Dictionary) -> void:
	code = str(data.get("code", ""))
	status = int(data.get("status", 0))
	message = str(data.get("message", ""))
	request = str(data.get("request", ""))
	cause = data.get("cause")
	retry_ms = int(data.get("retry_ms", 0))


# What an `error` message says that answers a question of this type: everything but the absence of a
# handler is a REMOTE_ERROR there.
func to_answer(type: String) -> Dictionary:
	var its_code := EstragonProtocol.REMOTE_ERROR
	if code == EstragonProtocol.UNREGISTERED_HANDLER:
		its_code = code
	return {
		"code": its_code,
		"status": EstragonProtocol.ERROR_STATUS[its_code],
		"message": message.left(_MOST_CHARACTERS),
		"request": type,
	}


# The same with the request and the place of the call.
func in_full() -> String:
	var about := "" if message.begins_with(request) else request + ": "
	return "%s%s: %s%s" % [about, code, message, " (called at %s)" % place if place else ""]


func _to_string() -> String:
	return "%s: %s" % [code, message]
