# A field of a row that is predicted: how wrong it may be, and how what was wrong fades.
class_name EstragonPredictedField
extends Reference

const EstragonProtocol := preload("protocol.gd")
const EstragonSmoothing := preload("smoothing.gd")
const EstragonStateField := preload("state_field.gd")

# The least that single precision tells apart, as a part of the value.
const _SINGLE := 1.0 / (1 << 22)
const _A_LITTLE := 1e-6

# Its name.
var name: String
# What is drawn between two of its values, of EstragonSmoothing.Way.
var way: int
# Whether it is a thing that moves, which text and json are not.
var moves: bool
# What is wrong by no more than this is right.
var tolerance: float
# What is wrong by more than this is set right at once.
var leap: float


func _init(
	its_name: String, its_way: int, its_tolerance: float, its_leap: float, it_moves: bool
) -> void:
	name = its_name
	way = its_way
	tolerance = its_tolerance
	leap = its_leap
	moves = it_moves


# How much a field may be wrong, of which `column` is the first: what the wire tells apart, but of
# whole numbers nothing. What travels of a quaternion is not quite as long as one.
static func tolerance_of(type: String, column: Reference) -> float:
	if column.get("raw"):
		return 0.0
	var per: float = column.get("per")
	if type == "quaternion":
		return 4.0 / per
	var is_fine := type in ["fixed", "angle", "vec2", "vec3"]
	return (1.0 + (_A_LITTLE if is_fine else -_A_LITTLE)) / per


# Whether the server has it as we think it is.
func is_near(ours, said) -> bool:
	if way == EstragonSmoothing.Way.NONE:
		return _is_same(ours, said)
	match typeof(ours):
		TYPE_VECTOR2:
			return _near(ours.x, said.x) and _near(ours.y, said.y)
		TYPE_VECTOR3:
			return _near(ours.x, said.x) and _near(ours.y, said.y) and _near(ours.z, said.z)
		TYPE_QUAT:
			var other: Quat = said if ours.dot(said) >= 0.0 else -said
			return (
				_near(ours.x, other.x)
				and _near(ours.y, other.y)
				and _near(ours.z, other.z)
				and _near(ours.w, other.w)
			)
	if way == EstragonSmoothing.Way.ANGLE:
		return abs(EstragonSmoothing.turn(ours, said)) <= tolerance
	return _near(ours, said)


# Whether what was drawn there goes slowly to where it is.
func fades(is_there, was_there) -> bool:
	return (
		way != EstragonSmoothing.Way.NONE
		and EstragonSmoothing.distance(way, is_there, was_there) <= leap
	)


# From one value to another.
func offset(from, to):
	match way:
		EstragonSmoothing.Way.ANGLE:
			return EstragonSmoothing.turn(from, to)
		EstragonSmoothing.Way.QUATERNION:
			return to * from.inverse()
	return to - from


# A part of that, from a value on.
func moved(value, by, part: float):
	if way == EstragonSmoothing.Way.QUATERNION:
		return EstragonSmoothing.mix(way, Quat.IDENTITY, by, part) * value
	return value + by * part


func _near(one: float, other: float) -> bool:
	var single: float = abs(other) * _SINGLE
	return abs(one - other) <= (single if single > tolerance else tolerance)


static func _is_same(one, other) -> bool:
	if typeof(one) == TYPE_REAL and typeof(other) == TYPE_INT:
		return one == other
	return not EstragonStateField.differ(one, other)
