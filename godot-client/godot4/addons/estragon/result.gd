class_name EstragonResult
extends RefCounted
## What became of a request: [member ok], and either [member data] or [member error].
##
## A failure that nobody looks at is told by [code]Network.error_received[/code], so that a request may
## be sent without waiting for its result.

## Whether it was done.
var ok: bool:
	get:
		_is_seen = true
		return _error == null
## The answer, where it was; what it holds is the reply of that request in MESSAGES.md.
var data: Dictionary:
	get:
		_is_seen = true
		return _data
## Why it was not done, where it was not; [code]null[/code] otherwise.
var error: EstragonError:
	get:
		_is_seen = true
		return _error
## What a query or a function came back with; [code]null[/code] for every other request.
var value: Variant:
	get:
		return data.get("value")
## The room a join led to; [code]null[/code] for every other request.
var room: EstragonRoom:
	get:
		_is_seen = true
		return room
## The channel that was made, joined or updated; [code]null[/code] for every other request.
var channel: EstragonChannel:
	get:
		_is_seen = true
		return channel
## What [method EstragonRooms.dedicate] made; [code]null[/code] for every other request.
var peer: EstragonMultiplayerPeer:
	get:
		_is_seen = true
		return peer
## What [method EstragonChannels.list] found; empty for every other request.
var channels: Array[EstragonChannel] = []:
	get:
		_is_seen = true
		return channels
## What [method EstragonChannels.history] found; empty for every other request.
var messages: Array[EstragonChannelMessage] = []:
	get:
		_is_seen = true
		return messages
## Called with the error of a failure that goes unseen; the add-on's own.
var unseen: Callable

var _data: Dictionary
var _error: EstragonError
var _is_seen: bool = false


static func success(its_data: Dictionary) -> EstragonResult:
	var result := EstragonResult.new()
	result._data = its_data
	return result


static func failure(its_error: EstragonError) -> EstragonResult:
	var result := EstragonResult.new()
	result._error = its_error
	return result


## [member error], without being a look at it.
func peek() -> EstragonError:
	return _error


## Its failure is nobody's loss, and not told.
func ignore() -> void:
	_is_seen = true


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and _error and not _is_seen and unseen.is_valid():
		unseen.call(_error)


func _to_string() -> String:
	return str(data) if ok else str(error)
