class_name EstragonMisfit
extends RefCounted
## Says what JSON has no word for, at the place where it is.

## The largest whole number that JSON brings over as it is.
const MOST := 9_007_199_254_740_991

const _NAMES: Dictionary = {
	TYPE_VECTOR2: "a Vector2: say [x, y]", TYPE_VECTOR2I: "a Vector2i: say [x, y]",
	TYPE_VECTOR3: "a Vector3: say [x, y, z]", TYPE_VECTOR3I: "a Vector3i: say [x, y, z]",
	TYPE_VECTOR4: "a Vector4: say [x, y, z, w]", TYPE_RECT2: "a Rect2: say [x, y, width, height]",
	TYPE_QUATERNION: "a Quaternion: say [x, y, z, w]", TYPE_COLOR: "a Color: say its to_html()",
	TYPE_TRANSFORM2D: "a Transform2D", TYPE_TRANSFORM3D: "a Transform3D", TYPE_BASIS: "a Basis",
	TYPE_NODE_PATH: "a NodePath: say str(path)", TYPE_RID: "an RID", TYPE_OBJECT: "an object",
	TYPE_CALLABLE: "a Callable", TYPE_SIGNAL: "a Signal",
}


## What is said after what was expected, of a [param value] that JSON has no word for; empty for others.
static func gotten(value: Variant) -> String:
	var type := typeof(value)
	match type:
		TYPE_NIL, TYPE_BOOL, TYPE_FLOAT, TYPE_STRING, TYPE_STRING_NAME, TYPE_ARRAY, TYPE_DICTIONARY:
			return ""
		TYPE_INT:
			var number: int = value
			return "" if is_safe(number) else "; got %d, which is beyond 2^53: say it as text" % number
	if type >= TYPE_PACKED_BYTE_ARRAY:
		return "; got a packed array: say Array(it)"
	return "; got %s" % _NAMES.get(type, "what JSON has not")


## Whether JSON brings a whole number over as it is.
static func is_safe(number: int) -> bool:
	return number >= -MOST and number <= MOST


## The first thing inside [param value] that is no JSON value, or nested too deep, as
## [code]place: expected …[/code]; empty where there is none. [param expected] says what was.
static func problem(value: Variant, place: String, expected: String, depth: int = 0) -> String:
	var found := ""
	match typeof(value) if depth <= EstragonProtocol.JSON_DEPTH else TYPE_MAX:
		TYPE_NIL, TYPE_BOOL, TYPE_STRING, TYPE_STRING_NAME:
			return ""
		TYPE_INT:
			var number: int = value
			if is_safe(number):
				return ""
		TYPE_FLOAT:
			var number: float = value
			if is_finite(number):
				return ""
		TYPE_ARRAY:
			var items: Array = value
			for index: int in items.size():
				found = problem(items[index], "%s[%d]" % [place, index], expected, depth + 1)
				if found:
					break
			return found
		TYPE_DICTIONARY:
			var dictionary: Dictionary = value
			for key: Variant in dictionary:
				if typeof(key) != TYPE_STRING and typeof(key) != TYPE_STRING_NAME:
					return '%s: expected keys of text; got the key %s: say "%s"' % [place, key, key]
				var step := "%s.%s" % [place, shorten(str(key))]
				found = problem(dictionary[key], step, expected, depth + 1)
				if found:
					break
			return found
	return "%s: expected %s%s" % [place, expected, gotten(value)]


## A name as it is shown, not in full where it is long.
static func shorten(name: String) -> String:
	return name.left(32) + "…" if name.length() > 32 else name
