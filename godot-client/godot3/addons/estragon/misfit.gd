# Says what JSON has no word for, at the place where it is.
class_name EstragonMisfit
extends Reference

const EstragonProtocol := preload("protocol.gd")

# The largest whole number that JSON brings over as it is.
const MOST := 9007199254740991

const _NAMES := {
	TYPE_VECTOR2: "a Vector2: say [x, y]", TYPE_VECTOR3: "a Vector3: say [x, y, z]",
	TYPE_RECT2: "a Rect2: say [x, y, width, height]", TYPE_QUAT: "a Quat: say [x, y, z, w]",
	TYPE_COLOR: "a Color: say its to_html()", TYPE_TRANSFORM2D: "a Transform2D",
	TYPE_TRANSFORM: "a Transform", TYPE_BASIS: "a Basis",
	TYPE_NODE_PATH: "a NodePath: say str(path)", TYPE_RID: "an RID", TYPE_OBJECT: "an object",
}


# What is said after what was expected, of a value that JSON has no word for; empty for others.
static func gotten(value) -> String:
	var type := typeof(value)
	match type:
		TYPE_NIL, TYPE_BOOL, TYPE_REAL, TYPE_STRING, TYPE_ARRAY, TYPE_DICTIONARY:
			return ""
		TYPE_INT:
			return "" if is_safe(value) else "; got %d, which is beyond 2^53: say it as text" % value
	if type >= TYPE_RAW_ARRAY:
		return "; got a pool array: say Array(it)"
	return "; got %s" % _NAMES.get(type, "what JSON has not")


# Whether JSON brings a whole number over as it is.
static func is_safe(number: int) -> bool:
	return number >= -MOST and number <= MOST


# The first thing inside `value` that is no JSON value, or nested too deep, as `place: expected …`;
# empty where there is none. `expected` says what was.
static func problem(value, place: String, expected: String, depth: int = 0) -> String:
	var found := ""
	match typeof(value) if depth <= EstragonProtocol.JSON_DEPTH else TYPE_MAX:
		TYPE_NIL, TYPE_BOOL, TYPE_STRING:
			return ""
		TYPE_INT:
			if is_safe(value):
				return ""
		TYPE_REAL:
			if not is_nan(value) and not is_inf(value):
				return ""
		TYPE_ARRAY:
			for index in value.size():
				found = problem(value[index], "%s[%d]" % [place, index], expected, depth + 1)
				if found:
					break
			return found
		TYPE_DICTIONARY:
			for key in value:
				if typeof(key) != TYPE_STRING:
					return '%s: expected keys of text; got the key %s: say "%s"' % [place, key, key]
				var step := "%s.%s" % [place, shorten(key)]
				found = problem(value[key], step, expected, depth + 1)
				if found:
					break
			return found
	return "%s: expected %s%s" % [place, expected, gotten(value)]


# A name as it is shown, not in full where it is long.
static func shorten(name: String) -> String:
	return name.left(32) + "…" if name.length() > 32 else name
