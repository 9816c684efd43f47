class_name EstragonShape
extends RefCounted
## What is looked at of a value whose maker has the same description of it: that each part has its
## type, so that a game may rely on it, and that whole numbers become [int]. [EstragonSchema] checks
## all that a description says, and tells what is wrong.

## In place of the type of a part: any JSON value, a whole number, a part with parts of its own.
const _ANY := -1
const _WHOLE := -2
const _INNER := -3
const _TYPES: Dictionary = {
	"bool": TYPE_BOOL, "float32": TYPE_FLOAT, "float64": TYPE_FLOAT, "string": TYPE_STRING,
	"choice": TYPE_STRING, "json": _ANY, "record": TYPE_DICTIONARY,
	"array": _INNER, "tuple": _INNER, "object": _INNER,
	"int8": _WHOLE, "uint8": _WHOLE, "int16": _WHOLE, "uint16": _WHOLE,
	"int32": _WHOLE, "uint32": _WHOLE, "varuint": _WHOLE, "varint": _WHOLE,
}
## No value has it: what holds one, such as bytes in base64, is left to [EstragonSchema].
const _NONE := -4

## How many parts a list must have and may have; an object has as many as there are names.
var _least: int = 0
var _most: float = -1.0
## Of an object the names of its parts; a list repeats its last part.
var _names: Array[String] = []
var _is_object: bool = false
## Of each part.
var _types: Array[int] = []
var _inner: Array[EstragonShape] = []
var _is_nullable: Array[bool] = []
var _is_optional: Array[bool] = []


## [param schema] describes an object or a list; anything else is left to [EstragonSchema].
func _init(schema: Dictionary) -> void:
	match schema["kind"]:
		"object":
			_is_object = true
			var fields: Dictionary = schema["fields"]
			for name: String in fields:
				_names.append(name)
				var field: Dictionary = fields[name]
				_add(field)
		"array":
			_most = schema.get("max", INF)
			var item: Dictionary = schema["of"]
			_add(item)
		"tuple":
			var items: Array = schema["of"]
			_least = items.size()
			_most = schema.get("max", INF) if schema.has("rest") else _least
			for item: Dictionary in items:
				_add(item)
			if schema.has("rest"):
				var rest: Dictionary = schema["rest"]
				_add(rest)


## Makes [param value] what the game gets, in place; [code]false[/code] where it is not of this shape.
func take(value: Variant) -> bool:
	if not _is_object:
		return _take_list(value)
	if typeof(value) != TYPE_DICTIONARY:
		return false
	var object: Dictionary = value
	if object.size() > _names.size():
		return false
	for index: int in _names.size():
		var name := _names[index]
		var part: Variant = object.get(name)
		var type := _types[index]
		if typeof(part) == type:
			continue
		if part == null:
			if not (_is_nullable[index] if object.has(name) else _is_optional[index]):
				return false
		elif type == _WHOLE:
			if typeof(part) != TYPE_FLOAT:
				return false
			var number: float = part
			var whole := int(number)
			if whole != number:
				return false
			object[name] = whole
		elif type == _INNER:
			if not _inner[index].take(part):
				return false
		elif type != _ANY:
			return false
	return true


func _take_list(value: Variant) -> bool:
	if typeof(value) != TYPE_ARRAY:
		return false
	var list: Array = value
	if list.size() < _least or list.size() > _most:
		return false
	var last := _types.size() - 1
	if last == 0 and _types[0] == _ANY:
		return true
	for index: int in list.size():
		var of := mini(index, last)
		var part: Variant = list[index]
		var type := _types[of]
		if typeof(part) == type:
			continue
		if part == null:
			if not _is_nullable[of]:
				return false
		elif type == _WHOLE:
			if typeof(part) != TYPE_FLOAT:
				return false
			var number: float = part
			var whole := int(number)
			if whole != number:
				return false
			list[index] = whole
		elif type == _INNER:
			if not _inner[of].take(part):
				return false
		elif type != _ANY:
			return false
	return true


func _add(schema: Dictionary) -> void:
	var is_nullable: bool = schema["kind"] == "nullable"
	var described: Dictionary = schema["of"] if is_nullable else schema
	var type: int = _TYPES.get(described["kind"], _NONE)
	_types.append(type)
	_inner.append(EstragonShape.new(described) if type == _INNER else null)
	_is_nullable.append(is_nullable or type == _ANY)
	_is_optional.append(schema.get("optional", false))
