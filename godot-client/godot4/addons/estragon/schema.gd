class_name EstragonSchema
extends RefCounted
## Checks values against the descriptions in [constant EstragonProtocol.MESSAGES].
##
## JSON in Godot knows only floating-point numbers: [method revive] turns those back into
## [int] that the tables declare as whole.

const _WHOLE: Dictionary = {
	"int8": true, "uint8": true, "int16": true, "uint16": true,
	"int32": true, "uint32": true, "varuint": true, "varint": true,
}

static var _patterns: Dictionary = {}


## The first thing wrong with [param value], as [code]place: expected …[/code]; empty when it fits.
## With [param exact], fields the description does not know are wrong as well.
static func problem(
	schema: Dictionary, value: Variant, place: String, exact: bool = true
) -> String:
	var kind: String = schema["kind"]
	match kind:
		"nullable":
			var inner: Dictionary = schema["of"]
			var found := "" if value == null else problem(inner, value, place, exact)
			return _wrong(schema, place, value) if found == _wrong(inner, place, value) else found
		"array":
			if not _is_array(value, 0, _limit(schema, "max", INF)):
				return _wrong(schema, place, value)
			var item_schema: Dictionary = schema["of"]
			var items: Array = value
			for index: int in items.size():
				var found := problem(item_schema, items[index], "%s[%d]" % [place, index], exact)
				if found:
					return found
			return ""
		"tuple":
			if not _is_tuple(schema, value):
				return _wrong(schema, place, value)
			var values: Array = value
			for index: int in values.size():
				var one := _item(schema, index)
				var found := problem(one, values[index], "%s[%d]" % [place, index], exact)
				if found:
					return found
			return ""
		"object":
			if typeof(value) != TYPE_DICTIONARY:
				return _wrong(schema, place, value)
			var fields: Dictionary = schema["fields"]
			var dictionary: Dictionary = value
			return _fields_problem(fields, dictionary, place, exact)
	if _fits(schema, kind, value):
		return ""
	if kind == "json" or (kind == "record" and typeof(value) == TYPE_DICTIONARY):
		return EstragonMisfit.problem(value, place, expectation({"kind": "json"}))
	return _wrong(schema, place, value)


## The same value, its numbers as [int] where [param schema] declares whole ones. Containers are
## changed in place.
static func revive(schema: Dictionary, value: Variant) -> Variant:
	var kind: String = schema["kind"]
	match kind:
		"nullable":
			var inner: Dictionary = schema["of"]
			return null if value == null else revive(inner, value)
		"array":
			var item_schema: Dictionary = schema["of"]
			var items: Array = value
			for index: int in items.size():
				items[index] = revive(item_schema, items[index])
		"tuple":
			var values: Array = value
			for index: int in values.size():
				values[index] = revive(_item(schema, index), values[index])
		"object":
			var fields: Dictionary = schema["fields"]
			var dictionary: Dictionary = value
			for name: String in fields:
				if dictionary.has(name):
					var field: Dictionary = fields[name]
					dictionary[name] = revive(field, dictionary[name])
		_:
			if _WHOLE.has(kind):
				var number: float = value
				return int(number)
	return value


## What a description asks for, in words.
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
			var values: Array = schema["values"]
			var quoted := PackedStringArray()
			for value: String in values:
				quoted.append('"%s"' % value)
			return quoted[0] if quoted.size() == 1 else "one of " + ", ".join(quoted)
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
			var inner: Dictionary = schema["of"]
			return expectation(inner) + ", or null"
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
	for name: String in fields:
		var field: Dictionary = fields[name]
		if not value.has(name):
			if field.get("optional", false):
				continue
			return "%s.%s: expected %s, but is missing" % [place, name, expectation(field)]
		var found := problem(field, value[name], "%s.%s" % [place, name], exact)
		if found:
			return found
	if exact:
		for key: Variant in value:
			if not fields.has(key):
				var listed := ", ".join(PackedStringArray(fields.keys()))
				return "%s.%s: not a field; expected %s" % [
					place, EstragonMisfit.shorten(str(key)), listed if listed else "no fields"
				]
	return ""


static func _fits(schema: Dictionary, kind: String, value: Variant) -> bool:
	match kind:
		"bool":
			return typeof(value) == TYPE_BOOL
		"float32", "float64":
			return _is_number(value) and _is_within(schema, value)
		"string":
			return _is_text(schema, value)
		"buffer":
			if typeof(value) != TYPE_STRING:
				return false
			var encoded: String = value
			var padding := encoded.length() - encoded.rstrip("=").length()
			return (
				encoded.length() % 4 == 0
				and encoded.length() * 0.75 - padding <= _limit(schema, "max", INF)
				and _pattern("[A-Za-z0-9+/]*={0,2}").search(encoded) != null
			)
		"choice":
			var values: Array = schema["values"]
			return typeof(value) == TYPE_STRING and values.has(value)
		"json":
			return _is_json(value, 0)
		"record":
			return typeof(value) == TYPE_DICTIONARY and _is_json(value, 0)
	if not _is_number(value) or not _is_within(schema, value):
		return false
	var number: float = value
	return number == floorf(number)


static func _is_text(schema: Dictionary, value: Variant) -> bool:
	if typeof(value) != TYPE_STRING and typeof(value) != TYPE_STRING_NAME:
		return false
	var text := str(value)
	var least := _limit(schema, "min", 0.0)
	var most := _limit(schema, "max", INF)
	# A character counts once or twice, so most texts need no counting.
	if text.length() < least or text.length() * 2 > most:
		var length := _utf16_length(text)
		if length < least or length > most:
			return false
	if not schema.has("pattern"):
		return true
	var pattern: String = schema["pattern"]
	return _pattern(pattern).search(text) != null


static func _is_json(value: Variant, depth: int) -> bool:
	if depth > EstragonProtocol.JSON_DEPTH:
		return false
	match typeof(value):
		TYPE_NIL, TYPE_BOOL, TYPE_STRING, TYPE_STRING_NAME:
			return true
		TYPE_INT, TYPE_FLOAT:
			return _is_number(value)
		TYPE_ARRAY:
			var items: Array = value
			for item: Variant in items:
				if not _is_json(item, depth + 1):
					return false
			return true
		TYPE_DICTIONARY:
			var dictionary: Dictionary = value
			for key: Variant in dictionary:
				var is_name := typeof(key) == TYPE_STRING or typeof(key) == TYPE_STRING_NAME
				if not is_name or not _is_json(dictionary[key], depth + 1):
					return false
			return true
	return false


static func _is_array(value: Variant, at_least: int, at_most: float) -> bool:
	if typeof(value) != TYPE_ARRAY:
		return false
	var items: Array = value
	return items.size() >= at_least and items.size() <= at_most


## A tuple with a [code]rest[/code] goes on, up to [code]max[/code] items in all.
static func _is_tuple(schema: Dictionary, value: Variant) -> bool:
	var schemas: Array = schema["of"]
	var most := _limit(schema, "max", INF) if schema.has("rest") else float(schemas.size())
	return _is_array(value, schemas.size(), most)


static func _item(schema: Dictionary, index: int) -> Dictionary:
	var schemas: Array = schema["of"]
	return schemas[index] if index < schemas.size() else schema["rest"]


static func _is_number(value: Variant) -> bool:
	if typeof(value) == TYPE_INT:
		var whole: int = value
		return EstragonMisfit.is_safe(whole)
	if typeof(value) != TYPE_FLOAT:
		return false
	var number: float = value
	return is_finite(number)


static func _is_within(schema: Dictionary, value: Variant) -> bool:
	var number: float = value
	return number >= _limit(schema, "min", -INF) and number <= _limit(schema, "max", INF)


static func _limit(schema: Dictionary, name: String, otherwise: float) -> float:
	var limit: float = schema.get(name, otherwise)
	return limit


## The length JavaScript sees: characters beyond the basic plane count twice.
static func _utf16_length(text: String) -> int:
	var length := text.length()
	for index: int in text.length():
		if text.unicode_at(index) > 0xFFFF:
			length += 1
	return length


static func _pattern(source: String) -> RegEx:
	if not _patterns.has(source):
		_patterns[source] = RegEx.create_from_string("\\A(?:%s)\\z" % source)
	var found: RegEx = _patterns[source]
	return found


static func _wrong(schema: Dictionary, place: String, value: Variant) -> String:
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
	var least := _limit(schema, "min", 0.0)
	if least == _limit(schema, "max", INF):
		return _number(schema["max"])
	if least == 0.0:
		return "at most %s" % _number(schema["max"])
	return "%s to %s" % [_number(schema["min"]), _number(schema["max"])]


static func _number(value: Variant) -> String:
	var number: float = value
	if absf(number) > 1e38: # The most that four bytes hold, in the words of the others.
		return "%s3.4028234663852886e+38" % ("-" if number < 0.0 else "")
	return str(int(number)) if number == floorf(number) else str(number)

