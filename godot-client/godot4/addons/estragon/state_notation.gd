@tool
class_name EstragonStateNotation
extends RefCounted
## Fields of a table as people write them, [code]"vec2(0, 1000, 0.1)"[/code], and as the server is told.

## What stands in the parentheses after a type, in its order; what is left out is as here.
const _PARTS: Dictionary = {
	"fixed": {"min": null, "max": null, "step": null},
	"vec2": {"min": null, "max": null, "step": null},
	"vec3": {"min": null, "max": null, "step": null},
	"angle": {"bits": 10},
	"quaternion": {"bits": 10},
	"ref": {"table": null},
	"string": {"max": 0},
	"json": {"max": 0},
}
const _NUMBERS: Array[String] = [
	"bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "varuint", "varint",
	"float32", "float64",
]

static var _form := RegEx.create_from_string("^\\s*(\\w+)\\s*(?:\\(([^()]*)\\))?\\s*$")


## What the server is told of fields, by their names; a [Dictionary] is told as it is.
static func fields(written: Dictionary) -> Array[Dictionary]:
	var all: Array[Dictionary] = []
	for name: String in written:
		var said := _field(written[name])
		said["name"] = name
		all.append(said)
	return all


## What is wrong with fields, for who wrote them; empty where nothing is.
static func problem(written: Dictionary) -> String:
	for name: Variant in written:
		if typeof(name) != TYPE_STRING and typeof(name) != TYPE_STRING_NAME:
			return "fields: expected names, got %s." % name
		if _field(written[name]).is_empty():
			return "fields.%s: expected a type such as vec2(0, 1000, 0.1), got %s." % [
				name, written[name]
			]
	return ""


## Empty for what is no type.
static func _field(written: Variant) -> Dictionary:
	if typeof(written) == TYPE_DICTIONARY:
		var given: Dictionary = written
		return given.duplicate()
	var form := _form.search(str(written))
	if not form:
		return {}
	var type := form.get_string(1)
	var inside := form.get_string(2).strip_edges()
	var parts := inside.split(",") if inside else PackedStringArray()
	if type == "choice":
		return {"type": type, "values": _words(parts)} if parts else {}
	if type in _NUMBERS:
		return {} if parts else {"type": type}
	return _parts(type, parts)


static func _parts(type: String, parts: PackedStringArray) -> Dictionary:
	var wanted: Dictionary = _PARTS.get(type, {})
	if wanted.is_empty() or parts.size() > wanted.size():
		return {}
	var said := {"type": type}
	for index: int in wanted.size():
		var part: String = wanted.keys()[index]
		var usual: Variant = wanted[part]
		if index < parts.size():
			var word := parts[index].strip_edges()
			if part != "table" and not word.is_valid_float():
				return {}
			said[part] = word if part == "table" else _number(word)
		elif usual == null:
			return {}
		elif usual != 0:
			said[part] = usual
	return said


static func _words(parts: PackedStringArray) -> Array[String]:
	var words: Array[String] = []
	for part: String in parts:
		words.append(part.strip_edges())
	return words


static func _number(word: String) -> Variant:
	return word.to_int() if word.is_valid_int() else word.to_float()
