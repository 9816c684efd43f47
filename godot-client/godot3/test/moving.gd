# What is shown of what moves: as the vectors say, and as the web client draws it.
extends Reference

const Playback := preload("res://addons/estragon/playback.gd")
const Smoothing := preload("res://addons/estragon/smoothing.gd")
const _WAYS := {
	"none": Smoothing.Way.NONE,
	"linear": Smoothing.Way.LINEAR,
	"angle": Smoothing.Way.ANGLE,
	"quaternion": Smoothing.Way.QUATERNION,
}


# What is wrong with the times that are shown.
static func playback(vector: Dictionary) -> Array:
	var clock := Playback.new(vector["step_ms"])
	var wrong := []
	for step in vector["steps"]:
		if step[0] == "frame":
			clock.frame(int(step[1]), int(step[2]), step[3])
		else:
			var found := [clock.look(step[1]), clock.delay]
			if not _near(found, [step[2], step[3]], 1e-6):
				wrong.append([step, found])
	return wrong


# What is wrong with what a value is shown as.
static func smoothing(vector: Dictionary) -> Array:
	var way: int = _WAYS[vector["smoothing"]]
	var track := Smoothing.new(way, vector["leap"], _value(vector["first"], way), 0.0)
	var wrong := []
	for step in vector["steps"]:
		if step[0] == "at":
			var found = track.at(step[1], step[2])
			if not _near(_parts(found), _parts(_value(step[3], way)), 1e-5):
				wrong.append([step, found])
		else:
			track.add(_value(step[1], way), step[2], step[3], step[4], step[5])
	return wrong


# What is drawn otherwise than the web client draws it, of somebody on a line.
static func line(recorded: Dictionary) -> Array:
	var arrivals: Array = recorded["arrivals"]
	var step_ms: float = recorded["step_ms"]
	var clock := Playback.new(step_ms)
	var track: Smoothing
	var tick := 0
	var looked: float = recorded["drawn"][0][0] - 1000.0 / 60.0
	var wrong := []
	for frame in recorded["drawn"]:
		var now: float = frame[0]
		while tick < arrivals.size() and arrivals[tick] <= now:
			var place: Vector2 = _value(recorded["walk"][tick], Smoothing.Way.LINEAR)
			var time := tick * step_ms
			clock.frame(tick, tick - 1, looked if recorded["polled"] else arrivals[tick])
			if track:
				track.add(place, time, time - step_ms, clock.shown)
			else:
				track = Smoothing.new(Smoothing.Way.LINEAR, INF, place, time)
			tick += 1
		looked = now
		var shown := clock.look(now)
		var found: Vector2 = track.at(shown, clock.newest)
		if not _near([shown, found.x, found.y], [frame[1], frame[2], frame[3]], 1e-2):
			wrong.append([frame, shown, found])
	return wrong.slice(0, 2) if wrong.size() > 3 else wrong


static func _value(said, way: int):
	if typeof(said) != TYPE_ARRAY:
		return said
	if way == Smoothing.Way.QUATERNION:
		return Quat(said[0], said[1], said[2], said[3])
	return Vector2(said[0], said[1])


static func _parts(value) -> Array:
	match typeof(value):
		TYPE_QUAT:
			return [value.x, value.y, value.z, value.w]
		TYPE_VECTOR2:
			return [value.x, value.y]
	return [value]


static func _near(found: Array, wanted: Array, most: float) -> bool:
	for index in found.size():
		if abs(found[index] - wanted[index]) > most:
			return false
	return found.size() == wanted.size()
