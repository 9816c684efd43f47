class_name EstragonInputs
extends RefCounted
## What we do in a room: an input in each tick of our own, and what a step makes of it.
##
## [EstragonState] has one.

## An input is about to be made.
signal sampling

## What our own row will be; [code]null[/code] until we have one, in a room that takes inputs.
var prediction: EstragonPrediction

var _here: EstragonStateHere
var _schema: EstragonStateSchema
## The one whose rows say which inputs were done; [code]null[/code] for none.
var _table: EstragonStateTable
var _step_ms: float = 0.0
var _ticks: EstragonTicks
## What our row holds.
var _cells: EstragonStateCells
## Which table is to be predicted, and by what.
var _predicts: String = ""
var _step: Callable
var _is_doing: bool = false
## What is done from now on, and by its field what was done at least for a moment since the last tick.
var _said: Dictionary = {}
var _doing: Dictionary = {}
var _moments: Dictionary = {}
var _wrong: String = ""
## Up to which input all were sent.
var _sent: int = 0


func _init(here: EstragonStateHere) -> void:
	_here = here


## See [method EstragonState.input].
func say(values: Dictionary) -> void:
	_is_doing = true
	_said.merge(values, true)
	_read()


## See [method EstragonState.rest].
func rest() -> void:
	_is_doing = false


## See [method EstragonState.predict].
func predict(table: String, step: Callable) -> void:
	_is_doing = _is_doing or step.is_valid()
	_predicts = table
	_step = step
	if _schema:
		_check()
		_take_up()


## The room's tables are these, of which [param table] acknowledges.
func shape(schema: EstragonStateSchema, table: EstragonStateTable, step_ms: float) -> void:
	# Another connection's server may have done other inputs.
	_sent = 0
	if schema == _schema and step_ms == _step_ms:
		return
	_schema = schema
	_table = table
	_step_ms = step_ms
	_ticks = EstragonTicks.new(step_ms)
	prediction = null
	_cells = null
	_read()
	_check()


## Another connection carries the session: what was not acknowledged is sent again.
func resume() -> void:
	_sent = 0


## A frame is whole: what was acknowledged is compared.
func moved() -> void:
	if not _table:
		return
	if not _cells or _cells.is_gone or _cells.owner() != _here.you():
		_cells = _table.own_cells()
		_take_up()
	if _cells:
		prediction.acknowledge(_cells.values(), _cells.ack(), _here.now())


## It is so late: does what is due, and sends it.
func poll(now: float, number: int, have: int) -> void:
	if not prediction:
		return
	for at: float in _ticks.due(now):
		if _is_doing and not _here.is_paused():
			sampling.emit()
			if prediction and _is_doing:
				prediction.input(_take(), at)
	if prediction:
		_send(number, have)


## What our row holds is predicted, where there is one.
func _take_up() -> void:
	if not _cells:
		return
	if not prediction:
		prediction = EstragonPrediction.new(
			_step_ms, _table.predicted_fields(), _step, _cells.values(), _cells.ack()
		)
	prediction.step = _step
	_cells.prediction = prediction if _step.is_valid() else null


## What is done, as the wire has it.
func _read() -> void:
	_doing = {}
	for field: EstragonStateField in _schema.input_fields if _schema else []:
		var contents := field.empty()
		if _said.has(field.name):
			var written := field.write(_said[field.name])
			if written:
				contents = written
			else:
				_tell("expected %s to be a %s, got %s" % [field.name, field.type, _said[field.name]])
		_doing[field.name] = field.read_own(contents)
		if field.type == "bool" and _doing[field.name]:
			_moments[field.name] = true
	for name: String in _said:
		if _doing and not _doing.has(name):
			_tell("expected one of %s, got %s" % [", ".join(_doing.keys()), name])


func _take() -> Dictionary:
	var values := _doing.duplicate()
	values.merge(_moments, true)
	_moments = {}
	return values


func _send(number: int, have: int) -> void:
	var made := prediction.made
	var from := 0
	while from < made.size() and made[from].number <= _sent:
		from += 1
	while from < made.size():
		var some := made.slice(from, from + EstragonProtocol.MOST_INPUTS)
		var inputs := EstragonStateFrame.Inputs.new()
		inputs.first = some[0].number
		inputs.count = some.size()
		inputs.values = _columns(some)
		var behind := roundi(maxf(0.0, have * _step_ms - _here.playback.shown)) if have > 0 else -1
		if not _here.send(EstragonStateFrame.up(_schema, number, have, inputs, null, behind)):
			return
		_sent = some[-1].number
		from += some.size()


## By column, one value an input.
func _columns(some: Array[EstragonPrediction.Made]) -> Array:
	var columns: Array = []
	for column: EstragonStateColumn in _schema.inputs:
		columns.append([])
	for one: EstragonPrediction.Made in some:
		for field: EstragonStateField in _schema.input_fields:
			var contents := field.write(one.values[field.name])
			for part: int in contents.size():
				var values: Array = columns[field.columns[part]]
				values.append(contents[part])
	for index: int in columns.size():
		var values: Array = columns[index]
		columns[index] = EstragonStateSchema.body(_schema.inputs[index], values)
	return columns


func _check() -> void:
	if _is_doing and not _table:
		_tell("expected a room that takes inputs")
	elif _table and _step.is_valid() and _predicts != _table.name:
		_tell("expected to predict %s, got %s" % [_table.name, _predicts])


## Says something that is wrong, once.
func _tell(what: String) -> void:
	if what != _wrong:
		_wrong = what
		var text := "state.input: %s" % what
		_here.tell(EstragonError.local(EstragonProtocol.INVALID_MESSAGE_DATA, text))
