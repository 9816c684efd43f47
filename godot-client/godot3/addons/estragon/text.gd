# Writes values as JSON text that every server can read.
#
# Not JSON.print: in Godot 3 that writes bare `nan` and `inf`, control characters as they are, half
# surrogate pairs (which close the connection), and numbers to six digits after the point. U+0000 and
# half a surrogate pair become U+FFFD.
class_name EstragonText
extends Reference

const _ESCAPES := {
	8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: "\\\"", 92: "\\\\",
}
const _SMALLEST_PLAIN := 0.1
const _LARGEST_PLAIN := 9.0e18
const _LEAST_EXPONENT := -300.0
const _BROKEN := "\uFFFD"


# The JSON text of `value`; what is no JSON value becomes null.
static func of(value) -> String:
	match typeof(value):
		TYPE_BOOL:
			return "true" if value else "false"
		TYPE_INT:
			return str(value)
		TYPE_REAL:
			return _number(value)
		TYPE_STRING:
			return _quoted(value)
		TYPE_ARRAY, TYPE_STRING_ARRAY, TYPE_INT_ARRAY, TYPE_REAL_ARRAY:
			var items := PoolStringArray()
			for item in value:
				items.append(of(item))
			return "[%s]" % items.join(",")
		TYPE_DICTIONARY:
			var fields := PoolStringArray()
			for key in value:
				fields.append("%s:%s" % [_quoted(str(key)), of(value[key])])
			return "{%s}" % fields.join(",")
	return "null"


# To sixteen digits; Godot 3 has no format that gives all seventeen.
static func _number(value: float) -> String:
	if is_nan(value) or is_inf(value):
		return "null"
	var size := abs(value)
	if value == floor(value) and size < _LARGEST_PLAIN:
		return "%d" % value
	if size >= _SMALLEST_PLAIN and size < _LARGEST_PLAIN:
		return _digits(value)
	var exponent := max(_LEAST_EXPONENT, floor(log(size) / log(10.0)))
	return "%se%d" % [_digits(value / pow(10.0, exponent)), exponent]


static func _digits(value: float) -> String:
	return ("%.16f" % value).rstrip("0").rstrip(".")


static func _quoted(text: String) -> String:
	if text.is_valid_identifier() or _is_plain(text):
		return '"%s"' % text
	var written := PoolStringArray()
	var index := 0
	while index < text.length():
		var code := text.ord_at(index)
		var next := text.ord_at(index + 1) if index + 1 < text.length() else 0
		if code >= 0xD800 and code < 0xDC00 and next >= 0xDC00 and next < 0xE000:
			written.append(_pair(code, next))
			index += 1
		elif _ESCAPES.has(code):
			written.append(_ESCAPES[code])
		elif code == 0 or code >= 0xD800 and code < 0xE000 or code > 0x10FFFF:
			written.append(_BROKEN)
		elif code < 32:
			written.append("\\u%04x" % code)
		else:
			written.append(text[index])
		index += 1
	return '"%s"' % written.join("")


static func _is_plain(text: String) -> bool:
	for index in text.length():
		var code := text.ord_at(index)
		if code < 32 or code == 34 or code == 92 or code >= 0xD800:
			return false
	return true


# The character a surrogate pair means; an escape where the platform's characters have 16 bits.
static func _pair(high: int, low: int) -> String:
	var code := 0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00
	var character := char(code)
	return character if character.ord_at(0) == code else "\\u%04x\\u%04x" % [high, low]
