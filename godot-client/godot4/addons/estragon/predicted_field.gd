class_name EstragonPredictedField
extends RefCounted
## A field of a row that is predicted: how wrong it may be, and how what was wrong fades.

## The least that single precision tells apart, as a part of the value.
const _SINGLE := 1.0 / (1 << 22)
const _A_LITTLE := 1e-6

## Its name.
var name: String
## What is drawn between two of its values.
var way: EstragonSmoothing.Way
## Whether it is a thing that moves, which text and json are not.
var moves: bool
## What is wrong by no more than this is right.
var tolerance: float
## What is wrong by more than this is set right at once.
var leap: float


func _init(
	its_name: String,
	its_way: EstragonSmoothing.Way,
	its_tolerance: float,
	its_leap: float = EstragonProtocol.PREDICTION_LEAP,
	it_moves: bool = true
) -> void:
	name = its_name
	way = its_way
	tolerance = its_tolerance
	leap = its_leap
	moves = it_moves


## The field of a table, of which [param column] is the first; of [param leap] or more is a leap.
static func of(
	field: EstragonStateField, column: EstragonStateColumn, its_leap: float
) -> EstragonPredictedField:
	return EstragonPredictedField.new(
		field.name, field.way, tolerance_of(field.type, column), its_leap, field.moves
	)


## How much a field may be wrong: what the wire tells apart, but of whole numbers nothing. What
## travels of a quaternion is not quite as long as one.
static func tolerance_of(type: String, column: EstragonStateColumn) -> float:
	if column.raw:
		return 0.0
	if type == "quaternion":
		return 4.0 / column.per
	var is_fine := type in ["fixed", "angle", "vec2", "vec3"]
	return (1.0 + (_A_LITTLE if is_fine else -_A_LITTLE)) / column.per


## Whether the server has it as we think it is.
func is_near(ours: Variant, said: Variant) -> bool:
	if way == EstragonSmoothing.Way.NONE:
		return _is_same(ours, said)
	match typeof(ours):
		TYPE_VECTOR2:
			var one: Vector2 = ours
			var other: Vector2 = said
			return _near(one.x, other.x) and _near(one.y, other.y)
		TYPE_VECTOR3:
			var one: Vector3 = ours
			var other: Vector3 = said
			return _near(one.x, other.x) and _near(one.y, other.y) and _near(one.z, other.z)
		TYPE_QUATERNION:
			var one: Quaternion = ours
			var other: Quaternion = said
			if one.dot(other) < 0.0:
				other = -other
			return (
				_near(one.x, other.x)
				and _near(one.y, other.y)
				and _near(one.z, other.z)
				and _near(one.w, other.w)
			)
	var number: float = ours
	var wanted: float = said
	if way == EstragonSmoothing.Way.ANGLE:
		return absf(EstragonSmoothing.turn(number, wanted)) <= tolerance
	return _near(number, wanted)


## Whether what was drawn there goes slowly to where it is.
func fades(is_there: Variant, was_there: Variant) -> bool:
	return (
		way != EstragonSmoothing.Way.NONE
		and EstragonSmoothing.distance(way, is_there, was_there) <= leap
	)


## From one value to another.
func offset(from: Variant, to: Variant) -> Variant:
	match way:
		EstragonSmoothing.Way.ANGLE:
			var one: float = from
			var other: float = to
			return EstragonSmoothing.turn(one, other)
		EstragonSmoothing.Way.QUATERNION:
			var one: Quaternion = from
			var other: Quaternion = to
			return other * one.inverse()
	return to - from


## A part of that, from a value on.
func moved(value: Variant, by: Variant, part: float) -> Variant:
	if way == EstragonSmoothing.Way.QUATERNION:
		var turn: Quaternion = by
		var from: Quaternion = value
		return EstragonSmoothing.mix(way, Quaternion.IDENTITY, turn, part) * from
	return value + by * part


func _near(one: float, other: float) -> bool:
	return absf(one - other) <= maxf(tolerance, absf(other) * _SINGLE)


static func _is_same(one: Variant, other: Variant) -> bool:
	var kinds := [typeof(one), typeof(other)]
	return (kinds[0] == kinds[1] or kinds == [TYPE_FLOAT, TYPE_INT]) and one == other
