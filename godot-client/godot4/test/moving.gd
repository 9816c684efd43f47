extends RefCounted
## What is shown of what moves: as the vectors say, and as the web client draws it.

const _WAYS := {
	"none": EstragonSmoothing.Way.NONE,
	"linear": EstragonSmoothing.Way.LINEAR,
	"angle": EstragonSmoothing.Way.ANGLE,
	"quaternion": EstragonSmoothing.Way.QUATERNION,
}


## What is wrong with the times that are shown.
static func playback(vector: Dictionary) -> Array:
	var step_ms: float = vector["step_ms"]
	var clock := EstragonPlayback.new(step_ms)
	var wrong: Array = []
	var steps: Array = vector["steps"]
	for step: Array in steps:
		var number: float = step[1]
		if step[0] == "frame":
			var since: float = step[2]
			var at: float = step[3]
			clock.frame(int(number), int(since), at)
		else:
			var found := [clock.look(number), clock.delay]
			if not _near(found, step.slice(2), 1e-6):
				wrong.append([step, found])
	return wrong


## What is wrong with what a value is shown as.
static func smoothing(vector: Dictionary) -> Array:
	var way: EstragonSmoothing.Way = _WAYS[vector["smoothing"]]
	var leap: float = vector["leap"]
	var track := EstragonSmoothing.new(way, leap, _value(vector["first"], way), 0.0)
	var wrong: Array = []
	var steps: Array = vector["steps"]
	for step: Array in steps:
		if step[0] == "at":
			var time: float = step[1]
			var newest: float = step[2]
			var found: Variant = track.at(time, newest)
			if not _near(_parts(found), _parts(_value(step[3], way)), 1e-5):
				wrong.append([step, found])
			continue
		var time: float = step[2]
		var since: float = step[3]
		var shown: float = step[4]
		var leaps: bool = step[5]
		track.add(_value(step[1], way), time, since, shown, leaps)
	return wrong


## What is drawn otherwise than the web client draws it, of somebody on a line.
static func line(recorded: Dictionary) -> Array:
	var arrivals: Array = recorded["arrivals"]
	var walk: Array = recorded["walk"]
	var polled: bool = recorded["polled"]
	var step_ms: float = recorded["step_ms"]
	var clock := EstragonPlayback.new(step_ms)
	var track: EstragonSmoothing
	var tick := 0
	var wrong: Array = []
	var drawn: Array = recorded["drawn"]
	var looked := _number(drawn[0][0]) - 1000.0 / 60.0
	for frame: Array in drawn:
		var now: float = frame[0]
		while tick < arrivals.size() and arrivals[tick] <= now:
			var at: float = arrivals[tick]
			var place: Vector2 = _value(walk[tick], EstragonSmoothing.Way.LINEAR)
			var time := tick * step_ms
			clock.frame(tick, tick - 1, looked if polled else at)
			if track:
				track.add(place, time, time - step_ms, clock.shown)
			else:
				track = EstragonSmoothing.new(EstragonSmoothing.Way.LINEAR, INF, place, time)
			tick += 1
		looked = now
		var shown := clock.look(now)
		var found: Vector2 = track.at(shown, clock.newest)
		if not _near([shown, found.x, found.y], frame.slice(1), 1e-2):
			wrong.append([frame, shown, found])
	return wrong.slice(0, 3)


static func _value(said: Variant, way: EstragonSmoothing.Way) -> Variant:
	if typeof(said) != TYPE_ARRAY:
		return said
	var parts: Array = said
	if way == EstragonSmoothing.Way.QUATERNION:
		return Quaternion(_number(parts[0]), _number(parts[1]), _number(parts[2]), _number(parts[3]))
	return Vector2(_number(parts[0]), _number(parts[1]))


static func _parts(value: Variant) -> Array:
	if typeof(value) == TYPE_QUATERNION:
		var turn: Quaternion = value
		return [turn.x, turn.y, turn.z, turn.w]
	if typeof(value) == TYPE_VECTOR2:
		var place: Vector2 = value
		return [place.x, place.y]
	return [value]


static func _near(found: Array, wanted: Array, most: float) -> bool:
	for index: int in found.size():
		if absf(_number(found[index]) - _number(wanted[index])) > most:
			return false
	return found.size() == wanted.size()


static func _number(value: Variant) -> float:
	var number: float = value
	return number
