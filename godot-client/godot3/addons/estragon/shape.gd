# What is looked at of a value whose maker has the same description of it: that each part has its
# type, so that a game may rely on it, and that whole numbers become int. EstragonSchema checks all
# that a description says, and tells what is wrong.
class_name EstragonShape
extends Reference

# In place of the type of a part: any JSON value, a whole number, a part with parts of its own.
const _ANY := -1
const _WHOLE := -2
const _INNER := -3
const _TYPES := {
	"bool": TYPE_BOOL, "float32": TYPE_REAL, "float64": TYPE_REAL, "string": TYPE_STRING,
	"choice": TYPE_STRING, "json": _ANY, "record": TYPE_DICTIONARY,
	"array": _INNER, "tuple": _INNER, "object": _INNER,
	"int8": _WHOLE, "uint8": _WHOLE, "int16": _WHOLE, "uint16": _WHOLE,
	"int32": _WHOLE, "uint32": _WHOLE, "varuint": _WHOLE, "varint": _WHOLE,
}
# No value has it: what holds one, such as bytes in base64, is left to EstragonSchema.
const _NONE := -4

# How many parts a list must have and may have; an object has as many as there are names.
var _least: int = 0
var _most: float = -1.0
# Of an object the names of its parts; a list repeats its last part.
var _names: Array = []
var _is_object: bool = false
# Of each part.
var _types: Array = []
var _inner: Array = []
var _is_nullable: Array = []
var _is_optional: Array = []


# `schema` describes an object or a list; anything else is left to EstragonSchema.
func _init(schema: Dictionary) -> void:
	match schema["kind"]:
		"object":
			_is_object = true
			for name in schema["fields"]:
				_names.append(name)
				_add(schema["fields"][name])
		"array":
			_most = schema.get("max", INF)
			_add(schema["of"])
		"tuple":
			_least = schema["of"].size()
			_most = schema.get("max", INF) if schema.has("rest") else float(_least)
			for item in schema["of"]:
				_add(item)
			if schema.has("rest"):
				_add(schema["rest"])


# Makes `value` what the game gets, in place; false where it is not of this shape.
func take(value) -> bool:
	if not _is_object:
		return _take_list(value)
	if typeof(value) != TYPE_DICTIONARY or value.size() > _names.size():
		return false
	var index := -1
	for name in _names:
		index += 1
		var part = value.get(name)
		var type: int = _types[index]
		if typeof(part) == type:
			continue
		if typeof(part) == TYPE_NIL:
			if not (_is_nullable[index] if value.has(name) else _is_optional[index]):
				return false
		elif type == _WHOLE:
			if typeof(part) != TYPE_REAL or int(part) != part:
				return false
			value[name] = int(part)
		elif type == _INNER:
			if not _inner[index].take(part):
				return false
		elif type != _ANY:
			return false
	return true


func _take_list(value) -> bool:
	if typeof(value) != TYPE_ARRAY or value.size() < _least or value.size() > _most:
		return false
	var last := _types.size() - 1
	if last == 0 and _types[0] == _ANY:
		return true
	for index in value.size():
		var of: int = index if index < last else last
		var part = value[index]
		var type: int = _types[of]
		if typeof(part) == type:
			continue
		if typeof(part) == TYPE_NIL:
			if not _is_nullable[of]:
				return false
		elif type == _WHOLE:
			if typeof(part) != TYPE_REAL or int(part) != part:
				return false
			value[index] = int(part)
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
	_inner.append(get_script().new(described) if type == _INNER else null)
	_is_nullable.append(is_nullable or type == _ANY)
	_is_optional.append(schema.get("optional", false))
