# What a row of ours will be once the server has had all our inputs.
#
# Each input is done at once, and compared with what the server says is after it; where that is
# another, all since are done again. What is drawn goes from one predicted state to the next, and what
# was wrong fades. `EstragonState.predict` begins one.
class_name EstragonPrediction
extends Reference

const EstragonPredictedField := preload("predicted_field.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonSmoothing := preload("smoothing.gd")

# In how many of what the server said inputs were acknowledged.
var acknowledged: int = 0
# In how many it was otherwise than we had it.
var corrected: int = 0
# What the row is after all inputs: its fields by their names. Not to be changed.
var state: Dictionary
# The inputs that are not acknowledged, in order.
var made: Array = []

var _step_ms: float
var _fields: Array
var _by_name: Dictionary = {}
# The id of the object whose method does an input, and that method.
var _target: int = 0
var _method: String = ""
var _most: int
var _last: int
# What we think it is after the input that was acknowledged last.
var _ack: int
var _known: Dictionary
var _before: Dictionary
# When the newest input was made.
var _at: float = -INF
# By field, what is drawn beside what is predicted since then, until it has faded.
var _faults: Dictionary = {}
var _faults_at: float = 0.0


# `row` is what it is after the input `ack`.
func _init(step_ms: float, fields: Array, row: Dictionary, ack: int) -> void:
	_step_ms = step_ms
	_fields = fields
	for field in fields:
		_by_name[field.name] = field
	var most: float = ceil(EstragonProtocol.PREDICTION_INPUTS_MS / step_ms)
	_most = int(max(EstragonProtocol.PREDICTION_LEAST_INPUTS, most))
	_last = ack
	_ack = ack
	_known = row.duplicate(true)
	state = _known
	_before = _known


# What an input does: the `method` of the object with the id `target`, 0 for nothing; see
# EstragonState.predict.
func set_step(target: int, method: String) -> void:
	_target = target
	_method = method


# Does an input whose tick is at `now`, see EstragonTicks; its number, or -1 where too many are under
# way. The add-on's own, as what follows.
func input(values: Dictionary, now: float) -> int:
	if made.size() >= _most:
		return -1
	_at = now
	_before = state
	state = _stepped(state, values)
	_last += 1
	made.append(Made.new(_last, values, state))
	return _last


# The server says what the row is after the input `ack`; whether we had it otherwise. Where that input
# is none of ours, we go on from it.
func acknowledge(row: Dictionary, ack: int, now: float) -> bool:
	var is_ours := ack >= _ack and ack <= _last
	var expected := _known
	while made and (not is_ours or made[0].number <= ack):
		var done: Made = made.pop_front()
		if done.number == ack:
			expected = done.after
	var fits := is_ours and _fits(expected, row)
	if ack > _ack:
		acknowledged += 1
	_ack = ack
	_known = expected if fits else row.duplicate(true)
	if not is_ours:
		_last = ack
	if not fits:
		_correct(now)
	return not fits


# What a field is to be drawn as at `now`.
func shown(field: String, now: float):
	var its_field: EstragonPredictedField = _by_name.get(field)
	if not its_field or not its_field.moves:
		return state.get(field)
	return _drawn(its_field, now)


func _stepped(from: Dictionary, values: Dictionary) -> Dictionary:
	var next := from.duplicate(true)
	var target := instance_from_id(_target) if _target else null
	if is_instance_valid(target):
		target.call(_method, next, values, _step_ms / 1000.0)
	return next


func _fits(expected: Dictionary, row: Dictionary) -> bool:
	for field in _fields:
		if not field.is_near(expected[field.name], row[field.name]):
			return false
	return true


# Does all inputs again from what the server says; what is drawn goes there from where it is.
func _correct(now: float) -> void:
	corrected += 1
	var places := {}
	for field in _fields:
		if field.moves:
			places[field.name] = _drawn(field, now)
	state = _known
	_before = state
	for one in made:
		_before = state
		state = _stepped(state, one.values)
		one.after = state
	_faults = {}
	for name in places:
		var field: EstragonPredictedField = _by_name[name]
		var place = _drawn(field, now)
		if field.fades(place, places[name]):
			_faults[name] = field.offset(place, places[name])
	_faults_at = now


func _drawn(field: EstragonPredictedField, now: float):
	var part := clamp((now - _at) / _step_ms, 0.0, 1.0)
	var place = EstragonSmoothing.mix(field.way, _before[field.name], state[field.name], part)
	if not _faults.has(field.name):
		return place
	var rest := exp((_faults_at - now) / EstragonProtocol.PREDICTION_FADE_MS)
	return field.moved(place, _faults[field.name], rest)


# An input that the server has not acknowledged.
class Made:
	extends Reference

	var number: int
	var values: Dictionary
	# What was predicted to be after it.
	var after: Dictionary

	func _init(its_number: int, its_values: Dictionary, its_after: Dictionary) -> void:
		number = its_number
		values = its_values
		after = its_after
