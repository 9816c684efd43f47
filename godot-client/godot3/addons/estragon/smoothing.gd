# What one value was in the last moments, and what it is shown as at any time between.
class_name EstragonSmoothing
extends Reference

# What is between two values: the older one; a straight line; the shortest turn of an angle in
# radians; the shortest turn of a Quat.
enum Way { NONE, LINEAR, ANGLE, QUATERNION }

# So much of what was shown is kept, in milliseconds: the clock may go back a little.
const _KEEP_MS := 100.0

# What is between two values, of Way.
var way: int
# A change of more than so much is a leap: nothing is shown between.
var leap: float

var _times: Array = []
var _values: Array = []
# Whether it was elsewhere until just then.
var _leaps: Array = []


func _init(its_way: int, its_leap: float, first, time: float) -> void:
	way = its_way
	leap = its_leap
	_push(first, time, false)


# It is `value` at `time`; until `since` it was what it had been. `shown` is the time that is shown
# now.
func add(value, time: float, since: float, shown: float, leaps: bool = false) -> void:
	var last = _values[-1]
	if _times[-1] < since:
		_push(last, since, false)
	_push(value, time, leaps or leap < INF and distance(way, last, value) > leap)
	while _times.size() > 1 and _times[1] < shown - _KEEP_MS:
		_times.pop_front()
		_values.pop_front()
		_leaps.pop_front()


# What to show at `time`, where frames until `newest` have come.
func at(time: float, newest: float):
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


func _push(value, time: float, leaps: bool) -> void:
	_times.append(time)
	_values.append(value)
	_leaps.append(leaps)


func _between(index: int, time: float):
	var part: float = (time - _times[index]) / (_times[index + 1] - _times[index])
	return mix(way, _values[index], _values[index + 1], part)


# What is at a part, 0 to 1, of the way from one value to another.
static func mix(its_way: int, from, to, part: float):
	match its_way:
		Way.LINEAR:
			return from + (to - from) * part
		Way.ANGLE:
			return from + turn(from, to) * part
		Way.QUATERNION:
			var end: Quat = to if from.dot(to) >= 0.0 else -to
			return (from + (end - from) * part).normalized()
	return from if part < 1.0 else to


# How far two values are from each other: in their unit, or in radians.
static func distance(its_way: int, from, to) -> float:
	match typeof(from):
		TYPE_VECTOR2, TYPE_VECTOR3:
			return from.distance_to(to)
		TYPE_QUAT:
			var both: float = abs(from.dot(to))
			return 2.0 * acos(both if both < 1.0 else 1.0)
		TYPE_REAL, TYPE_INT:
			return abs(turn(from, to) if its_way == Way.ANGLE else to - from)
	return 0.0


# The shortest way from one angle to another, within half a turn.
static func turn(from: float, to: float) -> float:
	var way_there := fmod(to - from, TAU)
	if way_there > PI:
		return way_there - TAU
	return way_there + TAU if way_there < -PI else way_there
