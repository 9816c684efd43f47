class_name EstragonError
extends RefCounted
## Why something did not happen: a stable [member code] and a sentence.

## A code of [EstragonProtocol], such as [constant EstragonProtocol.ROOM_FULL].
var code: String
## The HTTP status of the same meaning.
var status: int
## What was expected and what to do, for the developer who reads it.
var message: String
## The type of the message it answers, where there is one.
var request: String
## More about it, where the server says more; [code]null[/code] otherwise.
var cause: Variant
## Where the game asked for what was refused, such as [code]res://player.gd:12[/code]; empty where the
## engine does not tell.
var place: String = ""
## After how many milliseconds to try again; 0 where that would not help.
var retry_ms: int


## The error that [param data] of an [code]error[/code] message describes.
static func from_data(data: Dictionary) -> EstragonError:
	var error := EstragonError.new()
	error.code = str(data.get("code", ""))
	var its_status: float = data.get("status", 0)
	error.status = int(its_status)
	error.message = str(data.get("message", ""))
	error.request = str(data.get("request", ""))
	error.cause = data.get("cause")
	var its_retry_ms: float = data.get("retry_ms", 0)
	error.retry_ms = int(its_retry_ms)
	return error


## An error that arose in this client, told in the words of its code unless [param text] says more.
static func local(its_code: String, text: String = "") -> EstragonError:
	var error := EstragonError.new()
	error.code = its_code
	error.status = EstragonProtocol.ERROR_STATUS.get(its_code, 0)
	error.message = text if text else str(EstragonProtocol.ERROR_TEXT.get(its_code, ""))
	return error


## That messages of the class [param rate] go too fast; one more may in [param ms].
static func too_fast(rate: String, ms: float) -> EstragonError:
	var text: String = EstragonProtocol.ERROR_TEXT[EstragonProtocol.RATE_LIMITED]
	var error := local(EstragonProtocol.RATE_LIMITED, "%s: %s" % [rate, text])
	error.retry_ms = ceili(ms)
	return error


## Why there is no connection to [param url], which [param its_code] and [param reason] closed, where
## whoever is to pause waits for [param pause_ms].
static func closed(url: String, its_code: int, reason: String, pause_ms: float) -> EstragonError:
	var error_code := EstragonProtocol.CONNECT_FAILED
	var action: String = EstragonProtocol.CLOSE_ACTIONS.get(its_code, "return")
	if action == "refused" or action == "pause":
		error_code = EstragonProtocol.REFUSED
	elif its_code == EstragonProtocol.CLOSE_NORMAL:
		error_code = EstragonProtocol.CLOSED
	var text := reason if reason else "no server answered"
	var error := local(error_code, "%s: %s (%d)" % [url, text, its_code])
	error.cause = its_code
	if action == "pause":
		error.retry_ms = roundi(pause_ms)
	return error


## The same with the request and the place of the call.
func in_full() -> String:
	var about := "" if message.begins_with(request) else request + ": "
	return "%s%s%s" % [about, self, " (called at %s)" % place if place else ""]


func _to_string() -> String:
	return "%s: %s" % [code, message]
