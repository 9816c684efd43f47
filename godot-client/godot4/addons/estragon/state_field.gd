class_name EstragonStateField
extends RefCounted
## A field of a table's rows, over the columns that it has on the wire.

## Its name.
var name: String
## As its schema says it: [code]fixed[/code], [code]vec2[/code] and so on.
var type: String
## Which of its table's columns it has.
var columns: PackedInt32Array = PackedInt32Array()
## What is shown between two of its values.
var way: EstragonSmoothing.Way = EstragonSmoothing.Way.NONE
## Whether it is a thing that is shown late and smooth, which text and json are not.
var moves: bool = true

var _words: Array = []
var _columns: Array[EstragonStateColumn] = []


func _init(schema: Dictionary, number: int, all: Array[EstragonStateColumn]) -> void:
	name = schema["name"]
	type = schema["type"]
	_words = schema.get("values", [])
	for index: int in all.size():
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


## The value that these contents of all its table's columns stand for.
func read(contents: Array) -> Variant:
	var first: Variant = contents[columns[0]]
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
			var turn := Quaternion(
				x, _number(contents, 1), _number(contents, 2), _number(contents, 3)
			)
			return turn.normalized() if turn.length_squared() > 0.0 else Quaternion.IDENTITY
	return roundi(_number(contents, 0))


## What its columns are to hold for a value; empty for one that it cannot be.
func write(value: Variant) -> Array:
	match type:
		"bool":
			return [1 if value == true else 0] if typeof(value) == TYPE_BOOL else []
		"choice":
			return [_words.find(value)] if value in _words else []
		"string":
			return [str(value)] if typeof(value) in [TYPE_STRING, TYPE_STRING_NAME] else []
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
			if typeof(value) != TYPE_QUATERNION:
				return []
			var turn: Quaternion = value
			return _written([turn.x, turn.y, turn.z, turn.w])
	return _written([value]) if typeof(value) in [TYPE_INT, TYPE_FLOAT] else []


## What its own columns are to hold for nothing: 0, false, the first word, empty.
func empty() -> Array:
	match type:
		"string":
			return [""]
		"json":
			return [null]
	var parts: Array = []
	for column: EstragonStateColumn in _columns:
		parts.append(0.0 if column.raw else column.in_ring(column.quantise(0.0)))
	return parts


## The value that these contents of its own columns stand for.
func read_own(contents: Array) -> Variant:
	var all: Array = []
	all.resize(columns[-1] + 1)
	for index: int in columns.size():
		all[columns[index]] = contents[index]
	return read(all)


## A value as JSON has it.
static func plain(value: Variant) -> Variant:
	match typeof(value):
		TYPE_VECTOR2:
			var place: Vector2 = value
			return {"x": place.x, "y": place.y}
		TYPE_VECTOR3:
			var place: Vector3 = value
			return {"x": place.x, "y": place.y, "z": place.z}
		TYPE_QUATERNION:
			var turn: Quaternion = value
			return {"x": turn.x, "y": turn.y, "z": turn.z, "w": turn.w}
	return value


## The same the other way round.
func from_plain(said: Variant) -> Variant:
	var parts: Dictionary = said if typeof(said) == TYPE_DICTIONARY else {}
	var numbers: Array[float] = []
	for part: String in ["x", "y", "z", "w"]:
		numbers.append(parts.get(part, 0.0))
	match type:
		"vec2":
			return Vector2(numbers[0], numbers[1])
		"vec3":
			return Vector3(numbers[0], numbers[1], numbers[2])
		"quaternion":
			return Quaternion(numbers[0], numbers[1], numbers[2], numbers[3])
	return said


func _number(contents: Array, part: int) -> float:
	var q: int = contents[columns[part]]
	return _columns[part].dequantise(q)


func _written(parts: Array) -> Array:
	var contents: Array = []
	for part: int in parts.size():
		var number: float = parts[part]
		if not is_finite(number):
			return []
		var column := _columns[part]
		contents.append(number if column.raw else column.in_ring(column.quantise(number)))
	return contents
