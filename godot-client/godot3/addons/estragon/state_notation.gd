# Fields of a table as people write them, "vec2(0, 1000, 0.1)", and as the server is told.
tool
class_name EstragonStateNotation
extends Reference

# warning-ignore-all:return_value_discarded

# What stands in the parentheses after a type, in its order; what is left out is as here, null: must not.
const _PARTS := {
	"fixed": {"min": null, "max": null, "step": null},
	"vec2": {"min": null, "max": null, "step": null},
	"vec3": {"min": null, "max": null, "step": null},
	"angle": {"bits": 10},
	"quaternion": {"bits": 10},
	"ref": {"table": null},
	"string": {"max": 0},
	"json": {"max": 0},
}
const _NUMBERS := [
	"bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "varuint", "varint",
	"float32", "float64"
]


# What the server is told of fields, by their names; a Dictionary is told as it is.
static func fields(written: Dictionary) -> Array:
	var all := []
	for name in written:
		var said := _field(written[name])
		said["name"] = name
		all.append(said)
	return all


# What is wrong with fields, for who wrote them; empty where nothing is.
static func problem(written: Dictionary) -> String:
	for name in written:
		if typeof(name) != TYPE_STRING:
			return "fields: expected names, got %s." % name
		if _field(written[name]).empty():
			return "fields.%s: expected a type such as vec2(0, 1000, 0.1), got %s." % [
				name, written[name]
			]
	return ""


# Empty for what is no type.
static func _field(written) -> Dictionary:
	if typeof(written) == TYPE_DICTIONARY:
		return written.duplicate()
	var form := RegEx.new()
	form.compile("^\\s*(\\w+)\\s*(?:\\(([^()]*)\\))?\\s*$")
	var found := form.search(str(written))
	if not found:
		return {}
	var type := found.get_string(1)
	var inside := found.get_string(2).strip_edges()
	var parts := inside.split(",") if inside else PoolStringArray()
	if type == "choice":
		return {"type": type, "values": _words(parts)} if parts.size() > 0 else {}
	if type in _NUMBERS:
		return {"type": type} if parts.size() == 0 else {}
	return _parts(type, parts)


static func _parts(type: String, parts: PoolStringArray) -> Dictionary:
	var wanted: Dictionary = _PARTS.get(type, {})
	if wanted.empty() or parts.size() > wanted.size():
		return {}
	var said := {"type": type}
	for index in wanted.size():
		var part: String = wanted.keys()[index]
		var usual = wanted[part]
		if index < parts.size():
			var word := parts[index].strip_edges()
			if part != "table" and not word.is_valid_float():
				return {}
			said[part] = _number(word)
			if part == "table":
				said[part] = word
		elif usual == null:
			return {}
		elif usual != 0:
			said[part] = usual
	return said


static func _words(parts: PoolStringArray) -> Array:
	var words := []
	for part in parts:
		words.append(part.strip_edges())
	return words


static func _number(word: String):
	if word.is_valid_integer():
		return int(word)
	return float(word)
