# Checks values against the descriptions in EstragonProtocol.MESSAGES.
#
# JSON in Godot knows only floating-point numbers: `revive` turns those back into int that the
# tables declare as whole.
class_name EstragonSchema
extends Reference

const EstragonMisfit := preload("misfit.gd")
const EstragonPattern := preload("pattern.gd")
const EstragonProtocol := preload("protocol.gd")

const _WHOLE := {
	"int8": true, "uint8": true, "int16": true, "uint16": true,
	"int32": true, "uint32": true, "varuint": true, "varint": true,
}


# The first thing wrong with `value`, as `place: expected …`; empty when it fits. With `exact`,
# fields the description does not know are wrong as well.
static func problem(schema: Dictionary, value, place: String, exact: bool = true) -> String:
	var kind: String = schema["kind"]
	match kind:
		"nullable":
			var found := "" if value == null else problem(schema["of"], value, place, exact)
			var is_outward := found == _wrong(schema["of"], place, value)
			return _wrong(schema, place, value) if is_outward else found
		"array":
			if not _is_array(value, 0, schema["max"]):
				return _wrong(schema, place, value)
			var items: Array = value
			for index in items.size():
				var found := problem(schema["of"], items[index], "%s[%d]" % [place, index], exact)
				if found:
					return found
			return ""
		"tuple":
			if not _is_tuple(schema, value):
				return _wrong(schema, place, value)
			for index in value.size():
				var one := _item(schema, index)
				var found := problem(one, value[index], "%s[%d]" % [place, index], exact)
				if found:
					return found
			return ""
		"object":
			if typeof(value) != TYPE_DICTIONARY:
				return _wrong(schema, place, value)
			return _fields_problem(schema["fields"], value, place, exact)
	if _fits(schema, kind, value):
		return ""
	if kind == "json" or (kind == "record" and typeof(value) == TYPE_DICTIONARY):
		return EstragonMisfit.problem(value, place, expectation({"kind": "json"}))
	return _wrong(schema, place, value)


# The same value, its numbers as int where `schema` declares whole ones. Containers are changed in
# place.
static func revive(schema: Dictionary, value):
	var kind: String = schema["kind"]
	match kind:
		"nullable":
			return null if value == null else revive(schema["of"], value)
		"array":
			var items: Array = value
			for index in items.size():
				items[index] = revive(schema["of"], items[index])
		"tuple":
			for index in value.size():
				value[index] = revive(_item(schema, index), value[index])
		"object":
			var fields: Dictionary = schema["fields"]
			var dictionary: Dictionary = value
			for name in fields:
				if dictionary.has(name):
					dictionary[name] = revive(fields[name], dictionary[name])
		_:
			if _WHOLE.has(kind):
				return int(value)
	return value


# What a description asks for, in words.
static func expectation(schema: Dictionary) -> String:
	var kind: String = schema["kind"]
	match kind:
		"bool":
			return "true or false"
		"float32", "float64":
			return "a finite number" + _between(schema)
		"string":
			if schema.has("expected"):
				return str(schema["expected"])
			return "text of %s characters" % _count(schema)
		"buffer":
			return "base64 of at most %s bytes" % _number(schema["max"])
		"choice":
			var quoted := PoolStringArray()
			for value in schema["values"]:
				quoted.append('"%s"' % value)
			return quoted[0] if quoted.size() == 1 else "one of " + quoted.join(", ")
		"json":
			return (
				"any JSON value with finite numbers, nested at most %d deep"
				% EstragonProtocol.JSON_DEPTH
			)
		"record":
			return (
				"an object of JSON values with finite numbers, nested at most %d deep"
				% EstragonProtocol.JSON_DEPTH
			)
		"nullable":
			return expectation(schema["of"]) + ", or null"
		"array":
			return "an array of at most %s items" % _number(schema["max"])
		"tuple":
			var schemas: Array = schema["of"]
			if schema.has("rest"):
				return "an array of %d to %s items" % [schemas.size(), _number(schema["max"])]
			return "an array of exactly %d items" % schemas.size()
		"object":
			return "an object"
	return "a whole number" + _between(schema)


static func _fields_problem(
	fields: Dictionary, value: Dictionary, place: String, exact: bool
) -> String:
	for name in fields:
		var field: Dictionary = fields[name]
		if not value.has(name):
			if field.get("optional", false):
				continue
			return "%s.%s: expected %s, but is missing" % [place, name, expectation(field)]
		var found := problem(field, value[name], "%s.%s" % [place, name], exact)
		if found:
			return found
	if exact:
		for key in value:
			if not fields.has(key):
				var listed := PoolStringArray(fields.keys()).join(", ")
				return "%s.%s: not a field; expected %s" % [
					place, EstragonMisfit.shorten(str(key)), listed if listed else "no fields"
				]
	return ""


static func _fits(schema: Dictionary, kind: String, value) -> bool:
	match kind:
		"bool":
			return typeof(value) == TYPE_BOOL
		"float32", "float64":
			return _is_number(value) and _is_within(schema, value)
		"string":
			return _is_text(schema, value)
		"buffer":
			return typeof(value) == TYPE_STRING and _is_base64(value, schema["max"])
		"choice":
			var values: Array = schema["values"]
			return typeof(value) == TYPE_STRING and values.has(value)
		"json":
			return _is_json(value, 0)
		"record":
			return typeof(value) == TYPE_DICTIONARY and _is_json(value, 0)
	return _is_number(value) and _is_within(schema, value) and _is_whole(value)


static func _is_text(schema: Dictionary, value) -> bool:
	if typeof(value) != TYPE_STRING:
		return false
	# A character counts once or twice, so most texts need no counting.
	var length: int = value.length()
	var is_surely_within := _is_within(schema, length) and _is_within(schema, length * 2)
	if not is_surely_within and not _is_within(schema, _utf16_length(value)):
		return false
	return not schema.has("pattern") or EstragonPattern.fits(schema["pattern"], value)


# Whether it is base64 of so many bytes at most.
static func _is_base64(text: String, most: int) -> bool:
	var digits := text.rstrip("=")
	var padding := text.length() - digits.length()
	return (
		text.length() % 4 == 0
		and padding <= 2
		and text.length() * 0.75 - padding <= most
		and EstragonPattern.fits("[A-Za-z0-9+/]*", digits)
	)


static func _is_json(value, depth: int) -> bool:
	if depth > EstragonProtocol.JSON_DEPTH:
		return false
	match typeof(value):
		TYPE_NIL, TYPE_BOOL, TYPE_STRING:
			return true
		TYPE_INT, TYPE_REAL:
			return _is_number(value)
		TYPE_ARRAY:
			for item in value:
				if not _is_json(item, depth + 1):
					return false
			return true
		TYPE_DICTIONARY:
			for key in value:
				if typeof(key) != TYPE_STRING or not _is_json(value[key], depth + 1):
					return false
			return true
	return false


static func _is_array(value, at_least: int, at_most: int) -> bool:
	if typeof(value) != TYPE_ARRAY:
		return false
	var items: Array = value
	return items.size() >= at_least and items.size() <= at_most


# A tuple with a `rest` goes on, up to `max` items in all.
static func _is_tuple(schema: Dictionary, value) -> bool:
	var schemas: Array = schema["of"]
	var most: int = schema["max"] if schema.has("rest") else schemas.size()
	return _is_array(value, schemas.size(), most)


static func _item(schema: Dictionary, index: int) -> Dictionary:
	var schemas: Array = schema["of"]
	return schemas[index] if index < schemas.size() else schema["rest"]


static func _is_number(value) -> bool:
	if typeof(value) == TYPE_INT:
		return EstragonMisfit.is_safe(value)
	return typeof(value) == TYPE_REAL and not is_nan(value) and not is_inf(value)


static func _is_whole(number) -> bool:
	return typeof(number) == TYPE_INT or number == floor(number)


# Numbers stay what they are: Godot 3.2 turns an int into a float of 32 bits.
static func _is_within(schema: Dictionary, number) -> bool:
	return number >= schema.get("min", -INF) and number <= schema.get("max", INF)


# The length JavaScript sees: characters beyond the basic plane count twice.
static func _utf16_length(text: String) -> int:
	var length := text.length()
	for index in text.length():
		if text.ord_at(index) > 0xFFFF:
			length += 1
	return length


static func _wrong(schema: Dictionary, place: String, value) -> String:
	return "%s: expected %s%s" % [place, expectation(schema), EstragonMisfit.gotten(value)]


static func _between(schema: Dictionary) -> String:
	if schema.has("min") and schema.has("max"):
		return " from %s to %s" % [_number(schema["min"]), _number(schema["max"])]
	if schema.has("min"):
		return " of at least %s" % _number(schema["min"])
	if schema.has("max"):
		return " of at most %s" % _number(schema["max"])
	return ""


static func _count(schema: Dictionary) -> String:
	if schema["min"] == schema["max"]:
		return _number(schema["max"])
	if schema["min"] == 0:
		return "at most %s" % _number(schema["max"])
	return "%s to %s" % [_number(schema["min"]), _number(schema["max"])]


static func _number(value) -> String:
	if abs(value) > 1e38: # The most that four bytes hold, in the words of the others.
		return "%s3.4028234663852886e+38" % ("-" if value < 0 else "")
	return str(int(value)) if _is_whole(value) else str(value)
