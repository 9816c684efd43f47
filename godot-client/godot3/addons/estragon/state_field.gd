# A field of a table's rows, over the columns that it has on the wire.
class_name EstragonStateField
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonSmoothing := preload("smoothing.gd")
const EstragonText := preload("text.gd")

# Its name.
var name: String
# As its schema says it: `fixed`, `vec2` and so on.
var type: String
# Which of its table's columns it has.
var columns: Array = []
# What is shown between two of its values.
var way: int = EstragonSmoothing.Way.NONE
# Whether it is a thing that is shown late and smooth, which text and json are not.
var moves: bool = true

var _words: Array = []
var _columns: Array = []


func _init(schema: Dictionary, number: int, all: Array) -> void:
	name = schema["name"]
	type = schema["type"]
	_words = schema.get("values", [])
	for index in all.size():
		if all[index].field == number:
			columns.append(index)
			_columns.append(all[index])
	match type:
		"bool", "choice", "ref":
			pass
		"string", "json":
			moves = false
		"angle":
			way = EstragonSmoothing.Way.ANGLE
		"quaternion":
			way = EstragonSmoothing.Way.QUATERNION
		_:
			way = EstragonSmoothing.Way.LINEAR


# The value that these contents of all its table's columns stand for.
func read(contents: Array):
	var first = contents[columns[0]]
	match type:
		"bool":
			return first == 1
		"choice":
			return _words[first]
		"string", "json", "float32", "float64":
			return first
		"fixed", "angle":
			return _number(contents, 0)
		"vec2":
			return Vector2(_number(contents, 0), _number(contents, 1))
		"vec3":
			return Vector3(_number(contents, 0), _number(contents, 1), _number(contents, 2))
		"quaternion":
			var x := _number(contents, 0)
			var turn := Quat(x, _number(contents, 1), _number(contents, 2), _number(contents, 3))
			return turn.normalized() if turn.length_squared() > 0.0 else Quat.IDENTITY
	return int(round(_number(contents, 0)))


# What its columns are to hold for a value; empty for one that it cannot be.
func write(value) -> Array:
	match type:
		"bool":
			return [1 if value == true else 0] if typeof(value) == TYPE_BOOL else []
		"choice":
			var index := _words.find(value) if typeof(value) == TYPE_STRING else -1
			return [index] if index >= 0 else []
		"string":
			return [value] if typeof(value) == TYPE_STRING else []
		"json":
			return [value]
		"vec2":
			if typeof(value) != TYPE_VECTOR2:
				return []
			var place: Vector2 = value
			return _written([place.x, place.y])
		"vec3":
			if typeof(value) != TYPE_VECTOR3:
				return []
			var place: Vector3 = value
			return _written([place.x, place.y, place.z])
		"quaternion":
			if typeof(value) != TYPE_QUAT:
				return []
			var turn: Quat = value
			return _written([turn.x, turn.y, turn.z, turn.w])
	return _written([value]) if typeof(value) in [TYPE_INT, TYPE_REAL] else []


# What its own columns are to hold for nothing: 0, false, the first word, empty.
func empty() -> Array:
	match type:
		"string":
			return [""]
		"json":
			return [null]
	var parts: Array = []
	for column in _columns:
		parts.append(0.0 if column.raw else column.in_ring(column.quantise(0.0)))
	return parts


# The value that these contents of its own columns stand for.
func read_own(contents: Array):
	var all: Array = []
	all.resize(columns[-1] + 1)
	for index in columns.size():
		all[columns[index]] = contents[index]
	return read(all)


# A value as JSON has it.
static func plain(value):
	match typeof(value):
		TYPE_VECTOR2:
			return {"x": value.x, "y": value.y}
		TYPE_VECTOR3:
			return {"x": value.x, "y": value.y, "z": value.z}
		TYPE_QUAT:
			return {"x": value.x, "y": value.y, "z": value.z, "w": value.w}
	return value


# The same the other way round.
func from_plain(said):
	match type:
		"vec2":
			return Vector2(said["x"], said["y"])
		"vec3":
			return Vector3(said["x"], said["y"], said["z"])
		"quaternion":
			return Quat(said["x"], said["y"], said["z"], said["w"])
	return said


# Whether two contents are not the same; JSON is, if it says the same.
static func differ(one, other) -> bool:
	if typeof(one) != typeof(other):
		return true
	if typeof(one) == TYPE_DICTIONARY or typeof(one) == TYPE_ARRAY:
		return EstragonText.of(one) != EstragonText.of(other)
	return one != other


func _number(contents: Array, part: int) -> float:
	var q: int = contents[columns[part]]
	return _columns[part].dequantise(q)


func _written(parts: Array) -> Array:
	var contents: Array = []
	for part in parts.size():
		var number: float = parts[part]
		if is_nan(number) or is_inf(number):
			return []
		var column = _columns[part]
		contents.append(number if column.raw else column.in_ring(column.quantise(number)))
	return contents
