class_name EstragonRequests
extends RefCounted
## What was asked and is not answered yet.

## A request was answered, or never will be; comes before the caller goes on.
signal answered(type: String, result: EstragonResult)

const _EXPIRE_EVERY_MS := 100.0

## When to call [method expire] next.
var expire_at: float = 0.0

var _waiting: Dictionary = {}
var _numbered: int = 0


## A number that no request had.
func next_number() -> int:
	_numbered += 1
	return _numbered


## Notes what was asked under [param id]; await its [signal EstragonRequest.done].
func add(id: String, type: String, count: int, deadline: float) -> EstragonRequest:
	var waiting := EstragonRequest.new(type, count, deadline)
	_waiting[id] = waiting
	return waiting


## The answer to [param id] has come; returns whether anybody waited for it.
func answer(id: String, result: EstragonResult) -> bool:
	var waiting: EstragonRequest = _waiting.get(id)
	if not waiting:
		return false
	_waiting.erase(id)
	answered.emit(waiting.type, result)
	waiting.finish(result)
	return true


## Gives up those whose time is over.
func expire(now: float) -> void:
	expire_at = now + _EXPIRE_EVERY_MS
	for id: String in _waiting.keys():
		var waiting: EstragonRequest = _waiting.get(id)
		if waiting and now > waiting.deadline:
			_fail(id, EstragonProtocol.TIMEOUT, "no answer in time")


## The ids of all that wait.
func ids() -> PackedStringArray:
	return PackedStringArray(_waiting.keys())


## Gives up those with these ids.
func give_up(its_ids: PackedStringArray, code: String) -> void:
	for id: String in its_ids:
		_fail(id, code)


## Gives up all of them: the outcome of those numbered up to [param before] is unknown, the others
## fail with [param code].
func abandon(before: int, code: String) -> void:
	for id: String in ids():
		var waiting: EstragonRequest = _waiting.get(id)
		if waiting:
			_fail(id, code if waiting.count > before else EstragonProtocol.OUTCOME_UNKNOWN)


## The counts begin again: gives up those numbered up to [param before], whose outcome is unknown;
## the others go on under the numbers they have without the frames [param dropped].
func renumber(before: int, dropped: Array[int]) -> void:
	var unknown := PackedStringArray()
	for id: String in _waiting:
		var waiting: EstragonRequest = _waiting[id]
		if waiting.count <= before:
			unknown.append(id)
			continue
		var count := waiting.count
		waiting.count -= before
		waiting.count -= dropped.filter(func(number: int) -> bool: return number < count).size()
	give_up(unknown, EstragonProtocol.OUTCOME_UNKNOWN)


func _fail(id: String, code: String, text: String = "") -> void:
	var waiting: EstragonRequest = _waiting.get(id)
	if not waiting:
		return
	var sentence: String = text if text else EstragonProtocol.ERROR_TEXT.get(code, "")
	var error := EstragonError.local(code, "%s: %s" % [waiting.type, sentence])
	answer(id, EstragonResult.failure(error))
