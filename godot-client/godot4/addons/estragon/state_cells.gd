class_name EstragonStateCells
extends RefCounted
## What a row's columns hold: what the server said, and over that what we have written meanwhile.

## So long after it was sent a value may come back, in milliseconds.
const _ECHO_MS := 5_000.0

## What its table's rows have in common.
var shape: EstragonStateShape
## What they need of their room.
var here: EstragonStateHere
## Whether the row is not there any more, or not for us.
var is_gone: bool = false
## What its columns hold, as they travel.
var contents: Array
## Where it is our own, and predicted: what it will be.
var prediction: EstragonPrediction

## By field, what was shown of it.
var _tracks: Dictionary = {}
## By column, what we wrote and the server has not said yet.
var _written: Dictionary = {}


func _init(
	its_contents: Array, its_shape: EstragonStateShape, its_here: EstragonStateHere
) -> void:
	contents = its_contents
	shape = its_shape
	here = its_here


## The number of the member whose it is; 0 for nobody's.
func owner() -> int:
	return contents[0] if shape.is_owned else 0


## Which of its owner's inputs was done last.
func ack() -> int:
	return contents[-1] if shape.columns[-1].field == EstragonStateColumn.ACK_FIELD else 0


## Its fields by their names, as the server says them.
func values() -> Dictionary:
	var all := {}
	for field_name: String in shape.fields:
		var field: EstragonStateField = shape.fields[field_name]
		all[field_name] = field.read(contents)
	return all


## Whether it is ours to write.
func is_mine() -> bool:
	return not is_gone and here.may_write(shape.write, owner())


## A field as it is to be shown just now: a little late, and smooth; what we write as it is, and what
## is predicted as it will be.
func smooth(field_name: String) -> Variant:
	var field: EstragonStateField = shape.fields.get(field_name)
	if not field:
		return null
	if prediction:
		return prediction.shown(field_name, here.now())
	if not field.moves or is_mine():
		return value(field)
	var track: EstragonSmoothing = _tracks.get(field_name)
	var playback := here.playback
	if track:
		return track.at(playback.shown, playback.newest)
	var its_value: Variant = value(field)
	shape.followed[field_name] = true
	_tracks[field_name] = EstragonSmoothing.new(
		field.way, shape.leap(field_name), its_value, playback.newest
	)
	return its_value


## Writes a field, where it is ours to do, as setting the property does; returns why it could not
## be.
func write(field_name: String, wanted: Variant) -> EstragonError:
	var place := "state.%s.%s" % [shape.name, field_name]
	var field: EstragonStateField = shape.fields.get(field_name)
	if not is_mine() or not field:
		return EstragonError.local(EstragonProtocol.PERMISSION_DENIED, place)
	var next := field.write(wanted)
	if next.is_empty():
		var text := "%s: expected a %s, got %s" % [place, field.type, wanted]
		return EstragonError.local(EstragonProtocol.INVALID_MESSAGE_DATA, text)
	for index: int in next.size():
		var column := field.columns[index]
		if _differ(content(column), next[index]):
			var written: Written = _written.get(column)
			if not written:
				written = Written.new()
				_written[column] = written
			written.value = next[index]
			written.is_dirty = true
			here.want()
	return null


## The server has another value in a column, or one that differs by so much; whether we see another.
func tell(column: int, told: Variant, is_difference: bool) -> bool:
	var next: Variant = told
	var before: Variant = contents[column]
	var its_column := shape.columns[column]
	if not its_column.raw:
		var number: int = told
		if is_difference:
			var old: int = before
			number += old
		next = its_column.in_ring(number)
	contents[column] = next
	var written: Written = _written.get(column) if _written else null
	if not written:
		return _differ(next, before)
	if not _differ(next, before):
		return false
	if written.is_echo(next, here.now() - _ECHO_MS):
		if written.sent.is_empty() and not written.is_dirty:
			_written.erase(column)
		return false
	_written.erase(column)
	return _differ(next, written.value)


## No frame goes on from what was shown.
func restart() -> void:
	_tracks.clear()


## What was shown of a field is forgotten.
func unfollow(field_name: String) -> void:
	_tracks.erase(field_name)


## All that is shown of it has moved.
func move_all(time: float, since: float) -> void:
	for field_name: String in _tracks:
		move(field_name, time, since, false)


## The columns that we wrote since they were sent, or with [param is_all] that the server has not
## said yet, as sent now.
func take(is_all: bool) -> PackedInt32Array:
	var columns := PackedInt32Array()
	for column: int in _written:
		var written: Written = _written[column]
		if is_all or written.is_dirty:
			columns.append(column)
			written.go(here.now())
	columns.sort()
	return columns


## What a column holds, as we see it.
func content(column: int) -> Variant:
	var written: Written = _written.get(column)
	return written.value if written else contents[column]


## What we wrote of these fields is not to be.
func forget(fields: Array) -> void:
	for field_name: String in fields:
		var field: EstragonStateField = shape.fields.get(field_name)
		if field:
			for column: int in field.columns:
				_written.erase(column)


## A field has moved, as who shows it is to see.
func move(field_name: String, time: float, since: float, leaps: bool) -> void:
	var track: EstragonSmoothing = _tracks.get(field_name)
	if track:
		var field: EstragonStateField = shape.fields[field_name]
		track.add(value(field), time, since, here.playback.shown, leaps)


## A field's value, as we see it.
func value(field: EstragonStateField) -> Variant:
	if _written.is_empty():
		return field.read(contents)
	var seen := contents.duplicate()
	for column: int in _written:
		var written: Written = _written[column]
		seen[column] = written.value
	return field.read(seen)


static func _differ(one: Variant, other: Variant) -> bool:
	return typeof(one) != typeof(other) or one != other


## What we wrote in a column.
class Written:
	extends RefCounted

	var value: Variant
	var is_dirty: bool = false
	## What was sent, as [code][value, when][/code]: what comes back of it is no news.
	var sent: Array[Array] = []

	func go(now: float) -> void:
		is_dirty = false
		if sent and not EstragonStateCells._differ(sent[-1][0], value):
			sent.pop_back()
		sent.append([value, now])

	## Whether it is one that we have sent; those before it are on no way any more.
	func is_echo(told: Variant, since: float) -> bool:
		for index: int in sent.size():
			var at: float = sent[index][1]
			if at >= since and not EstragonStateCells._differ(sent[index][0], told):
				sent = sent.slice(index + 1)
				return true
		return false
