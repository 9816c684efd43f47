class_name EstragonSmoothing
extends RefCounted
## What one value was in the last moments, and what it is shown as at any time between.

## What is between two values.
enum Way {
	## The older one.
	NONE,
	## A straight line.
	LINEAR,
	## The shortest turn of an angle in radians.
	ANGLE,
	## The shortest turn of a [Quaternion].
	QUATERNION,
}

## So much of what was shown is kept, in milliseconds: the clock may go back a little.
const _KEEP_MS := 100.0

## What is between two values.
var way: Way
## A change of more than so much is a leap: nothing is shown between.
var leap: float

var _times: PackedFloat64Array = PackedFloat64Array()
var _values: Array = []
## Whether it was elsewhere until just then.
var _leaps: PackedByteArray = PackedByteArray()


func _init(its_way: Way, its_leap: float, first: Variant, time: float) -> void:
	way = its_way
	leap = its_leap
	_push(first, time, false)


## It is [param value] at [param time]; until [param since] it was what it had been.
## [param shown] is the time that is shown now.
func add(
	value: Variant, time: float, since: float, shown: float, leaps: bool = false
) -> void:
	var last: Variant = _values[-1]
	if _times[-1] < since:
		_push(last, since, false)
	_push(value, time, leaps or leap < INF and distance(way, last, value) > leap)
	var first := 0
	while first + 1 < _times.size() and _times[first + 1] < shown - _KEEP_MS:
		first += 1
	if first > 0:
		_times = _times.slice(first)
		_values = _values.slice(first)
		_leaps = _leaps.slice(first)


## What to show at [param time], where frames until [param newest] have come.
func at(time: float, newest: float) -> Variant:
	var index := _times.size() - 1
	var last := index
	while index > 0 and _times[index] > time:
		index -= 1
	if index < last:
		if time <= _times[index] or _leaps[index + 1]:
			return _values[index]
		return _between(index, time)
	if index == 0 or _leaps[index] or _times[index] < newest or time <= _times[index]:
		return _values[index]
	return _between(index - 1, time)


func _push(value: Variant, time: float, leaps: bool) -> void:
	_times.append(time)
	_values.append(value)
	_leaps.append(int(leaps))


func _between(index: int, time: float) -> Variant:
	var part := (time - _times[index]) / (_times[index + 1] - _times[index])
	return mix(way, _values[index], _values[index + 1], part)


## What is at a part, 0 to 1, of the way from one value to another.
static func mix(its_way: Way, from: Variant, to: Variant, part: float) -> Variant:
	match its_way:
		Way.LINEAR:
			return lerp(from, to, part)
		Way.ANGLE:
			var begin: float = from
			var end: float = to
			return begin + turn(begin, end) * part
		Way.QUATERNION:
			var begin: Quaternion = from
			var end: Quaternion = to
			return (begin + ((end if begin.dot(end) >= 0.0 else -end) - begin) * part).normalized()
	return from if part < 1.0 else to


## How far two values are from each other: in their unit, or in radians.
static func distance(its_way: Way, from: Variant, to: Variant) -> float:
	match typeof(from):
		TYPE_VECTOR2:
			var begin: Vector2 = from
			var end: Vector2 = to
			return begin.distance_to(end)
		TYPE_VECTOR3:
			var begin: Vector3 = from
			var end: Vector3 = to
			return begin.distance_to(end)
		TYPE_QUATERNION:
			var begin: Quaternion = from
			var end: Quaternion = to
			return 2.0 * acos(minf(1.0, absf(begin.dot(end))))
		TYPE_FLOAT, TYPE_INT:
			var begin: float = from
			var end: float = to
			return absf(turn(begin, end) if its_way == Way.ANGLE else end - begin)
	return 0.0


## The shortest way from one angle to another, within half a turn.
static func turn(from: float, to: float) -> float:
	var way_there := fmod(to - from, TAU)
	if way_there > PI:
		return way_there - TAU
	return way_there + TAU if way_there < -PI else way_there
