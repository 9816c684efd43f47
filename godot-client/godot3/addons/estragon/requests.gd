# What was asked and is not answered yet.
class_name EstragonRequests
extends Reference

# warning-ignore-all:return_value_discarded

# A request was answered, or never will be; comes before the caller goes on. `result` is an
# EstragonResult.
signal answered(type, result)

const EstragonError := preload("error.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonRequest := preload("request.gd")
const EstragonResult := preload("result.gd")
const EstragonWorld := preload("world.gd")
const _EXPIRE_EVERY_MS := 100

var _world: EstragonWorld
var _numbered: int = 0
var _waiting: Dictionary = {}
# Requests that failed at once, with their results: told at the next poll, so that every request
# yields, and `yield(…, "completed")` works for each.
var _refused: Array = []
var _expire_at: float = 0.0


func _init(world: EstragonWorld) -> void:
	_world = world


# A number that no request had.
func next_number() -> int:
	_numbered += 1
	return _numbered


# Notes what was asked under `request_id` by the counted frame `count`; where there is an `error`,
# that is the answer. Await its signal `done`.
func add(
	request_id: String, type: String, count: int, timeout_ms: int, error: EstragonError
) -> EstragonRequest:
	var waiting := EstragonRequest.new(type, count, _world.now() + timeout_ms)
	if error:
		_refused.append([waiting, EstragonResult.new({}, error)])
	else:
		_waiting[request_id] = waiting
	return waiting


# The answer to `request_id` has come; false where nobody waits for it.
func answer(request_id: String, result: EstragonResult) -> bool:
	var waiting: EstragonRequest = _waiting.get(request_id)
	if not waiting:
		return false
	_waiting.erase(request_id)
	_tell(waiting, result)
	return true


# Tells those that failed at once, and gives up those whose time is over.
func poll(now: float) -> void:
	if not _refused.empty():
		tell_refused()
	if now < _expire_at:
		return
	_expire_at = now + _EXPIRE_EVERY_MS
	for request_id in _waiting.keys():
		var waiting: EstragonRequest = _waiting.get(request_id)
		if waiting and now > waiting.deadline:
			_give_up(request_id, EstragonProtocol.TIMEOUT, "no answer in time")


# Tells the requests that failed at once.
func tell_refused() -> void:
	var refused := _refused
	_refused = []
	for one in refused:
		_tell(one[0], one[1])


# The counts begin again: `numbers` says what the number of a frame has become. What was asked by
# any other has no known outcome.
func renumber(numbers: Dictionary) -> void:
	var unknown := []
	for request_id in _waiting:
		var waiting: EstragonRequest = _waiting[request_id]
		if numbers.has(waiting.count):
			waiting.count = numbers[waiting.count]
		else:
			unknown.append(request_id)
	for request_id in unknown:
		_give_up(request_id, EstragonProtocol.OUTCOME_UNKNOWN)


# The ids of what is not answered yet.
func pending() -> Array:
	return _waiting.keys()


# Gives up what was asked by frames numbered up to `before`, whose outcome is unknown, and by those
# after it with `code`; of all that is pending, or of what is `asked`.
func abandon(before: int, code: String, asked: Array = _waiting.keys()) -> void:
	for request_id in asked:
		var waiting: EstragonRequest = _waiting.get(request_id)
		if waiting:
			var is_after := waiting.count > before
			_give_up(request_id, code if is_after else EstragonProtocol.OUTCOME_UNKNOWN)


func _give_up(request_id: String, code: String, sentence: String = "") -> void:
	var waiting: EstragonRequest = _waiting.get(request_id)
	if not waiting:
		return
	var text := sentence if sentence else str(EstragonProtocol.ERROR_TEXT.get(code, ""))
	var error := EstragonError.new(code, "%s: %s" % [waiting.type, text])
	answer(request_id, EstragonResult.new({}, error))


func _tell(waiting: EstragonRequest, result: EstragonResult) -> void:
	emit_signal("answered", waiting.type, result)
	waiting.finish(result)
