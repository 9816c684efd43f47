# What is predicted of a walker is as the vectors say; protocol/generate/predictions.ts has the same
# walk.
extends Reference

const Field := preload("res://addons/estragon/predicted_field.gd")
const Prediction := preload("res://addons/estragon/prediction.gd")
const Smoothing := preload("res://addons/estragon/smoothing.gd")
const Ticks := preload("res://addons/estragon/ticks.gd")
const _WAYS := {
	"none": Smoothing.Way.NONE,
	"linear": Smoothing.Way.LINEAR,
	"angle": Smoothing.Way.ANGLE,
	"quaternion": Smoothing.Way.QUATERNION,
}
const _NEAR := 2e-3


# What is wrong with what is predicted, acknowledged and drawn.
func replay(vector: Dictionary) -> Array:
	var fields := []
	for said in vector["fields"]:
		var way: int = _WAYS[said["smoothing"]]
		fields.append(Field.new(said["name"], way, said["tolerance"], said["leap"], said["moves"]))
	var row := _walker(vector["row"])
	var first := int(vector["ack"])
	var prediction := Prediction.new(vector["step_ms"], fields, row, first)
	prediction.set_step(get_instance_id(), "_walk")
	var wrong := []
	for step in vector["steps"]:
		var found = _take(prediction, step)
		if not _near(found, step[-1]):
			wrong.append([step, found])
	var numbers := []
	for one in prediction.made:
		numbers.append(one.number)
	var end := [prediction.acknowledged, prediction.corrected, numbers]
	if not _near(end, vector["end"].values()):
		wrong.append([vector["end"], end])
	return wrong.slice(0, 2) if wrong.size() > 3 else wrong


# What is wrong with the ticks that are due.
func ticks(vector: Dictionary) -> Array:
	var due := Ticks.new(vector["step_ms"])
	var wrong := []
	for look in vector["looks"]:
		var found := due.due(look[0])
		if not _near(found, look[1]):
			wrong.append([look, found])
	return wrong


func _take(prediction: Prediction, step: Array):
	match step[0]:
		"input":
			var number = prediction.input(step[1], step[2])
			return null if number < 0 else number
		"acknowledge":
			return prediction.acknowledge(_walker(step[1]), int(step[2]), step[3])
	var shown := {}
	for name in step[2]:
		shown[name] = _plain(prediction.shown(name, step[1]))
	return shown


# To the right until a wall, downwards, turning; `on` is what it was told to be.
func _walk(walker: Dictionary, input: Dictionary, seconds: float) -> void:
	var turn: float = input["turn"] * seconds
	walker["x"] = min(walker["x"] + input["x"] * 200.0 * seconds, 400.0)
	walker["at"] += Vector2(input["x"] * 30.0, 40.0) * seconds
	walker["turn"] += turn
	walker["spin"] = Quat(Vector3.UP, turn) * walker["spin"]
	walker["on"] = input["on"]
	if input["on"]:
		walker["name"] = "on"


# The row as Godot has it.
static func _walker(row: Dictionary) -> Dictionary:
	var walker := row.duplicate(true)
	var at: Array = row["at"]
	var spin: Array = row["spin"]
	walker["at"] = Vector2(at[0], at[1])
	walker["spin"] = Quat(spin[0], spin[1], spin[2], spin[3]).normalized()
	return walker


static func _plain(value):
	match typeof(value):
		TYPE_VECTOR2:
			return [value.x, value.y]
		TYPE_QUAT:
			return [value.x, value.y, value.z, value.w]
	return value


static func _near(found, wanted) -> bool:
	match typeof(wanted):
		TYPE_ARRAY:
			if found.size() != wanted.size():
				return false
			for index in wanted.size():
				if not _near(found[index], wanted[index]):
					return false
			return true
		TYPE_DICTIONARY:
			return _near(found.values(), wanted.values())
		TYPE_REAL:
			return found != null and abs(found - wanted) < _NEAR
	return typeof(found) == typeof(wanted) and found == wanted
