extends RefCounted
## What is predicted of a walker is as the vectors say; protocol/generate/predictions.ts has the same
## walk.

const _WAYS: Dictionary = {
	"none": EstragonSmoothing.Way.NONE,
	"linear": EstragonSmoothing.Way.LINEAR,
	"angle": EstragonSmoothing.Way.ANGLE,
	"quaternion": EstragonSmoothing.Way.QUATERNION,
}
const _NEAR := 2e-3


## What is wrong with what is predicted, acknowledged and drawn.
static func replay(vector: Dictionary) -> Array:
	var fields: Array[EstragonPredictedField] = []
	for said: Dictionary in vector["fields"]:
		fields.append(_field(said))
	var step_ms: float = vector["step_ms"]
	var row: Dictionary = vector["row"]
	var first: float = vector["ack"]
	var prediction := EstragonPrediction.new(step_ms, fields, _walk, _walker(row), int(first))
	var wrong: Array = []
	for step: Array in vector["steps"]:
		var found: Variant = _take(prediction, step)
		if not _near(found, step[-1]):
			wrong.append([step, found])
	var numbers: Array = prediction.made.map(
		func(one: EstragonPrediction.Made) -> int: return one.number
	)
	var end: Dictionary = vector["end"]
	if not _near([prediction.acknowledged, prediction.corrected, numbers], end.values()):
		wrong.append([end, prediction.acknowledged, prediction.corrected, numbers])
	return wrong.slice(0, 3)


## What is wrong with the ticks that are due.
static func ticks(vector: Dictionary) -> Array:
	var step_ms: float = vector["step_ms"]
	var due := EstragonTicks.new(step_ms)
	var wrong: Array = []
	for look: Array in vector["looks"]:
		var now: float = look[0]
		var found := due.due(now)
		if not _near(Array(found), look[1]):
			wrong.append([look, found])
	return wrong


static func _take(prediction: EstragonPrediction, step: Array) -> Variant:
	match step[0]:
		"input":
			var values: Dictionary = step[1]
			var now: float = step[2]
			var number := prediction.input(values, now)
			return number if number >= 0 else null
		"acknowledge":
			var row: Dictionary = step[1]
			var ack: float = step[2]
			var now: float = step[3]
			return prediction.acknowledge(_walker(row), int(ack), now)
	var at: float = step[1]
	var wanted: Dictionary = step[2]
	var shown := {}
	for name: String in wanted:
		shown[name] = _plain(prediction.shown(name, at))
	return shown


## To the right until a wall, downwards, turning; [code]on[/code] is what it was told to be.
static func _walk(walker: Dictionary, input: Dictionary, seconds: float) -> void:
	var to: float = input["x"]
	var turn: float = input["turn"] * seconds
	var x: float = walker["x"] + to * 200.0 * seconds
	walker["x"] = minf(x, 400.0)
	walker["at"] += Vector2(to * 30.0, 40.0) * seconds
	walker["turn"] += turn
	walker["spin"] = Quaternion(Vector3.UP, turn) * walker["spin"]
	walker["on"] = input["on"]
	if input["on"]:
		walker["name"] = "on"


static func _field(said: Dictionary) -> EstragonPredictedField:
	var way: EstragonSmoothing.Way = _WAYS[said["smoothing"]]
	var tolerance: float = said["tolerance"]
	var leap: float = said["leap"]
	var moves: bool = said["moves"]
	return EstragonPredictedField.new(str(said["name"]), way, tolerance, leap, moves)


## The row as Godot has it.
static func _walker(row: Dictionary) -> Dictionary:
	var walker := row.duplicate(true)
	var at: Array = row["at"]
	var spin: Array = row["spin"]
	walker["at"] = Vector2(_number(at[0]), _number(at[1]))
	walker["spin"] = Quaternion(
		_number(spin[0]), _number(spin[1]), _number(spin[2]), _number(spin[3])
	).normalized()
	return walker


static func _plain(value: Variant) -> Variant:
	if typeof(value) == TYPE_VECTOR2:
		var place: Vector2 = value
		return [place.x, place.y]
	if typeof(value) == TYPE_QUATERNION:
		var turn: Quaternion = value
		return [turn.x, turn.y, turn.z, turn.w]
	return value


static func _near(found: Variant, wanted: Variant) -> bool:
	match typeof(wanted):
		TYPE_ARRAY:
			var all: Array = found
			var others: Array = wanted
			for index: int in others.size():
				if index >= all.size() or not _near(all[index], others[index]):
					return false
			return all.size() == others.size()
		TYPE_DICTIONARY:
			var all: Dictionary = found
			var others: Dictionary = wanted
			return _near(all.values(), others.values())
		TYPE_FLOAT:
			return absf(_number(found) - _number(wanted)) < _NEAR
	return typeof(found) == typeof(wanted) and found == wanted


static func _number(value: Variant) -> float:
	var number: float = value if value != null else -INF
	return number
