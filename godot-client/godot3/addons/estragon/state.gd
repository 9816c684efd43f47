# What a room knows: its tables, and which time of them is shown.
#
#     room.state.table("players").connect("added", self, "_on_added") # with an EstragonRow
class_name EstragonState
extends Reference

# warning-ignore-all:return_value_discarded

# The server has told which tables there are.
signal known
# An input is about to be made: say what is done in it, see `input`.
signal sampling

const EstragonError := preload("error.gd")
const EstragonInputs := preload("inputs.gd")
const EstragonMessage := preload("message.gd")
const EstragonPlayback := preload("playback.gd")
const EstragonPrediction := preload("prediction.gd")
const EstragonStateFrame := preload("state_frame.gd")
const EstragonStateHere := preload("state_here.gd")
const EstragonStateSchema := preload("state_schema.gd")
const EstragonStateTable := preload("state_table.gd")

# So long a frame may have waited until it was looked for, in milliseconds.
const _MOST_WAIT_MS := 100.0
# So much time for each frame that is sent, so that they are never too fast for the server.
const _LEAST_MS := 20.0
# No room ticks less often, whatever a server says.
const _LEAST_HZ := 0.1

# The number that the server gives the room in frames; -1 before it has.
var number: int = -1
# The tick that we have of it; 0 for none.
var have: int = 0
# Which time is shown, in milliseconds of the room's time: its ticks times what one takes.
var time: float setget , _get_time
# How far that is behind the newest that could be known, in milliseconds.
var delay: float setget , _get_delay
# What our own row will be, see `predict`; null until we have one, in a room that takes inputs.
var prediction: EstragonPrediction setget , _get_prediction

var _here: EstragonStateHere
var _inputs: EstragonInputs
var _schemas: Dictionary
var _schema: EstragonStateSchema
var _tables: Dictionary = {}
var _step_ms: float = 50.0
var _is_resetting: bool = false
var _is_asking: bool = false
var _looked: float = -INF
var _sends_at: float = -INF
# Something that was written could not be sent.
var _is_unsent: bool = false


# `schemas` are those that are known, by their hashes.
func _init(here: EstragonStateHere, schemas: Dictionary) -> void:
	_here = here
	_here.connect("unanswered", self, "_on_unanswered")
	_schemas = schemas
	_inputs = EstragonInputs.new(here)
	_inputs.connect("sampling", self, "_on_sampling")


# Says what we do from now on, in a room that takes inputs: its fields by their names; what is left
# out stays as it was said, or is 0, false, empty. Of it an input is made in each tick, and sent; what
# was true for a moment is true in one. While the game is paused none are made.
func input(values: Dictionary) -> void:
	_inputs.say(values)


# We do nothing any more: no inputs are made until `input` says something again.
func rest() -> void:
	_inputs.rest()


# Predicts our own row of the members' table: it is at once what our inputs make of it, in
# `EstragonRow.predicted` and as `EstragonRow.smooth` shows it. The `method` of `target` does with an
# input what the room's own logic does:
#
#     func step(player: Dictionary, input: Dictionary, seconds: float) -> void:
#         player.x += input.x * SPEED * seconds
# It may be called many times for one input, and changes nothing but `player`. null ends it.
func predict(table_name: String, target: Object, method: String = "step") -> void:
	_inputs.predict(table_name, target, method)


# The table of this name; it is empty until the server tells of it.
func table(name: String) -> EstragonStateTable:
	if not _tables.has(name):
		_tables[name] = EstragonStateTable.new(name, _here)
	return _tables[name]


# The names of the tables that the server told of.
func names() -> Array:
	var all := []
	for one in _schema.tables if _schema else []:
		all.append(one.name)
	return all


# By their names, the types of the fields of an input; empty until the server has told, and where the
# room takes none.
func input_types() -> Dictionary:
	var types := {}
	for field in _schema.input_fields if _schema else []:
		types[field.name] = field.type
	return types


func _on_sampling() -> void:
	emit_signal("sampling")


func _get_prediction() -> EstragonPrediction:
	return _inputs.prediction


func _get_time() -> float:
	return _here.playback.shown


func _get_delay() -> float:
	return _here.playback.delay


# What the server says of the room's tables. The add-on's own, as what follows.
func apply(message: EstragonMessage) -> void:
	if message.type == "state.schema":
		_on_schema(message.data)
	elif message.type == "state.corrected":
		_on_corrected(message.data)


# A frame of state for this room.
func receive(bytes: PoolByteArray) -> void:
	if not _schema:
		return
	var frame: EstragonStateFrame = EstragonStateFrame.open(bytes, _schema)
	if frame.problem:
		_here.warn("what came is no state of this room: %s" % frame.problem)
		_resync()
	else:
		_take(frame)


# It is so late: what is shown moves on, and what was written is sent.
func poll(now: float) -> void:
	_looked = now
	_here.playback.look(now)
	if _here.is_wanted and now >= _sends_at:
		_send(now, _is_unsent)
	_inputs.poll(now, number, have)


# Another connection carries the session: what was written and not heard of is said again.
func resume() -> void:
	_is_asking = false
	_inputs.resume()
	_send(_here.now(), true)


func _on_schema(said: Dictionary) -> void:
	var its_hash: String = said["hash"]
	if said.has("tables"):
		var tables: Array = said["tables"]
		var inputs: Array = said.get("inputs", [])
		_schemas[its_hash] = EstragonStateSchema.new(its_hash, tables, inputs)
	var next: EstragonStateSchema = _schemas.get(its_hash)
	if not next:
		_here.warn("the server did not say what its tables are")
		return
	if next != _schema:
		_schema = next
		for name in _tables:
			var its_table: EstragonStateTable = _tables[name]
			its_table.shape(next.table(name))
		for one in next.tables:
			if not _tables.has(one.name):
				table(one.name).shape(one)
	var its_number: int = said["number"]
	if its_number != number:
		number = its_number
		have = 0
		var tick_hz: float = said["tick_hz"]
		_step_ms = 1000.0 / max(tick_hz, _LEAST_HZ)
		_here.playback = EstragonPlayback.new(_step_ms)
		for name in _tables:
			var its_table: EstragonStateTable = _tables[name]
			its_table.restart()
	var acknowledging = next.acknowledging()
	_inputs.shape(next, table(acknowledging.name) if acknowledging else null, _step_ms)
	_is_asking = false
	emit_signal("known")


func _take(frame: EstragonStateFrame) -> void:
	var base: int = frame.tick - frame.back
	# Of a reset only the first frame is one; the others are of the same tick.
	if not frame.is_reset and not _is_resetting and (base > have or frame.tick <= have):
		_resync()
		return
	if frame.is_reset:
		for one in _schema.tables:
			table(one.name).reset()
	_is_resetting = frame.is_reset or _is_resetting and frame.has_more
	var since: int = frame.tick - 1
	if frame.is_absolute:
		since = have if frame.is_reset else base
	for section in frame.sections:
		var its_table := table(_schema.tables[section.table].name)
		var frame_time: float = frame.tick * _step_ms
		if not its_table.apply(section, frame.is_absolute, frame_time, since * _step_ms):
			_resync()
			return
	if frame.has_more:
		return
	var playback = _here.playback
	if frame.is_reset and frame.tick <= have:
		playback.clear()
	have = frame.tick
	_is_resetting = false
	_is_asking = false
	var now := _here.now()
	playback.frame(frame.tick, since, now if now - _looked > _MOST_WAIT_MS else _looked)
	for one in _schema.tables:
		table(one.name).moved()
	_inputs.moved()
	for one in _schema.tables:
		table(one.name).tell()


# What came does not follow what we have.
func _resync() -> void:
	if _is_asking:
		return
	_is_asking = true
	_is_resetting = false
	_here.resync()


func _on_unanswered() -> void:
	_is_asking = false


func _on_corrected(said: Dictionary) -> void:
	var name: String = said["table"]
	var slot: int = said["slot"]
	var values: Dictionary = said["values"]
	var text := "state.%s: %s of row %d" % [name, PoolStringArray(values.keys()).join(", "), slot]
	var error := EstragonError.new(str(said["code"]), str(said.get("message", text)))
	if _tables.has(name):
		table(name).correct(slot, values.keys(), error)


func _send(now: float, is_all: bool) -> void:
	_here.is_wanted = false
	_is_unsent = false
	var count := 0
	for one in _schema.tables if _schema else []:
		var its_table := table(one.name)
		for block in its_table.take(is_all):
			var write := EstragonStateFrame.Write.new()
			write.table = one.number
			write.columns = block[0]
			write.slots = block[1]
			for column in block[0]:
				write.values.append(its_table.values(column, write.slots))
			var frame := EstragonStateFrame.up(_schema, number, have, null, write)
			_is_unsent = not _here.send(frame) or _is_unsent
			count += 1
	if _is_unsent:
		_here.want()
	if count > 0:
		var least: float = count * _LEAST_MS
		_sends_at = now + (least if least > _step_ms else _step_ms)
