# What became of a request: `ok`, and either `data` or `error`.
#
# A failure that nobody looks at is told by `Network.error_received`, so that a request may be sent
# without waiting for its result.
class_name EstragonResult
extends Reference

const EstragonChannel := preload("channel.gd")
const EstragonError := preload("error.gd")

# Whether it was done.
var ok: bool setget , _get_ok
# The answer, where it was; what it holds is the reply of that request in MESSAGES.md.
var data: Dictionary setget , _get_data
# Why it was not done, where it was not; null otherwise.
var error: EstragonError setget , _get_error
# What a query or a function came to: the `value` of `data`; null for every other request.
var value setget , _get_value

# The EstragonRoom a join led to; null for every other request. (Untyped, because a room's
# requests have results, and Godot 3 does not load scripts that need each other.)
var room setget _set_room, _get_room
# The channel that was made, joined or updated; null for every other request.
var channel: EstragonChannel setget _set_channel, _get_channel
# What EstragonChannels.list found, each an EstragonChannel; empty for every other request.
var channels: Array = [] setget , _get_channels
# What EstragonChannels.history found, each an EstragonChannelMessage; empty for every other request.
var messages: Array = [] setget , _get_messages
# Called with the error of a failure that goes unseen; the add-on's own.
var unseen: FuncRef

var _is_seen: bool = false


# A success with its answer, or a failure where there is an error.
func _init(its_data: Dictionary = {}, its_error: EstragonError = null) -> void:
	ok = its_error == null
	data = its_data
	error = its_error


# `error`, without being a look at it.
func peek() -> EstragonError:
	return error


# Its failure is nobody's loss, and not told.
func ignore() -> void:
	_is_seen = true


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and error and not _is_seen and unseen and unseen.is_valid():
		unseen.call_func(error)


func _get_ok() -> bool:
	_is_seen = true
	return ok


func _get_data() -> Dictionary:
	_is_seen = true
	return data


func _get_error() -> EstragonError:
	_is_seen = true
	return error


func _get_value():
	_is_seen = true
	return data.get("value")


func _set_room(its_room) -> void:
	room = its_room


func _get_room():
	_is_seen = true
	return room


func _set_channel(its_channel: EstragonChannel) -> void:
	channel = its_channel


func _get_channel() -> EstragonChannel:
	_is_seen = true
	return channel


func _get_channels() -> Array:
	_is_seen = true
	return channels


func _get_messages() -> Array:
	_is_seen = true
	return messages


func _to_string() -> String:
	_is_seen = true
	return str(data) if ok else str(error)
