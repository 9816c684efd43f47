class_name EstragonResult
extends RefCounted
## What became of a request: [member ok], and either [member data] or [member error].

## Whether it was done.
var ok: bool
## The answer, where it was; what it holds is the reply of that request in PROTOCOL.md.
var data: Dictionary
## Why it was not done, where it was not; [code]null[/code] otherwise.
var error: EstragonError

## What a query or a function came back with; [code]null[/code] for every other request.
var value: Variant:
	get:
		return data.get("value")
## The room a join led to; [code]null[/code] for every other request.
var room: EstragonRoom
## The channel that was made, joined or updated; [code]null[/code] for every other request.
var channel: EstragonChannel
## What [method EstragonChannels.list] found; empty for every other request.
var channels: Array[EstragonChannel] = []
## What [method EstragonChannels.history] found; empty for every other request.
var messages: Array[EstragonChannelMessage] = []


static func success(its_data: Dictionary) -> EstragonResult:
	var result := EstragonResult.new()
	result.ok = true
	result.data = its_data
	return result


static func failure(its_error: EstragonError) -> EstragonResult:
	var result := EstragonResult.new()
	result.error = its_error
	return result


func _to_string() -> String:
	return str(data) if ok else str(error)
