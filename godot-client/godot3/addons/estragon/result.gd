# What became of a request: `ok`, and either `data` or `error`.
class_name EstragonResult
extends Reference

const EstragonChannel := preload("channel.gd")
const EstragonError := preload("error.gd")

# Whether it was done.
var ok: bool
# The answer, where it was; what it holds is the reply of that request in PROTOCOL.md.
var data: Dictionary
# Why it was not done, where it was not; null otherwise.
var error: EstragonError
# What a query or a function came to: the `value` of `data`; null for every other request.
var value setget , _get_value

# The EstragonRoom a join led to; null for every other request. (Untyped, because a room's
# requests have results, and Godot 3 does not load scripts that need each other.)
var room
# The channel that was made, joined or updated; null for every other request.
var channel: EstragonChannel
# What EstragonChannels.list found, each an EstragonChannel; empty for every other request.
var channels: Array = []
# What EstragonChannels.history found, each an EstragonChannelMessage; empty for every other request.
var messages: Array = []


# A success with its answer, or a failure where there is an error.
func _init(its_data: Dictionary = {}, its_error: EstragonError = null) -> void:
	ok = its_error == null
	data = its_data
	error = its_error


func _get_value():
	return data.get("value")


func _to_string() -> String:
	return str(data) if ok else str(error)
