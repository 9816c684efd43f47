class_name EstragonMessage
extends RefCounted
## A message from the server, its envelope opened and its data checked against the tables.

static var _control := RegEx.create_from_string("[\\x01-\\x1f]")
## After an even number of backslashes, this one begins an escape.
static var _vertical_tab := RegEx.create_from_string("(?<!\\\\)((?:\\\\\\\\)*)\\\\v")

## [EstragonShape] by the type of a message, or of a reply.
static var _shapes: Dictionary = {}
static var _reply_shapes: Dictionary = {}

## Its type; empty for the numeric dialect, which the add-on leaves alone.
var type: String = ""
## The id under which the server awaits an answer; empty where it awaits none.
var id: String = ""
## The id of the request it answers; empty where it answers none.
var re: String = ""
## The code of the room it belongs to; empty where it belongs to none.
var room: String = ""
## Who sent it, stamped by the server; empty where the server did.
var from: Dictionary = {}
## What it says.
var data: Dictionary = {}
## What is wrong with it, as a place and what was expected; empty when all is well.
var problem: String = ""


## Opens what came as [param frame], and checks all of it; where the server [param agrees], having the
## same tables, no more than its types.
static func read(frame: Dictionary, agrees: bool = false) -> EstragonMessage:
	var message := EstragonMessage.new()
	var its_type: Variant = frame.get("type")
	if typeof(its_type) != TYPE_STRING:
		return message
	message.type = its_type
	message._open(frame)
	var its_data: Variant = frame.get("data", {})
	if agrees:
		var shape := _shape(message.type, message.re != "")
		if shape and shape.take(its_data):
			message.data = its_data
			return message
	var line: Dictionary = EstragonProtocol.MESSAGES.get(message.type, {})
	if line.is_empty():
		message.problem = 'the server sent "%s", which these tables do not know' % message.type
		return message
	var schema := _schema(line, message.re != "")
	message.problem = EstragonSchema.problem(schema, its_data, message.type, false)
	if not message.problem:
		message.data = EstragonSchema.revive(schema, its_data)
	return message


## Whether what came as JSON adds to its side's count: socket and latest messages do not; a
## reply follows its request, an error what it answers.
static func is_counted(json: Variant) -> bool:
	if typeof(json) != TYPE_DICTIONARY:
		return true
	var frame: Dictionary = json
	var its_type: Variant = frame.get("type")
	if typeof(its_type) == TYPE_FLOAT or typeof(its_type) == TYPE_INT:
		return false
	if typeof(its_type) != TYPE_STRING:
		return true
	if its_type == "error":
		var about: Variant = frame.get("data")
		var request: Variant = null
		if typeof(about) == TYPE_DICTIONARY:
			var details: Dictionary = about
			request = details.get("request")
		return typeof(request) != TYPE_STRING or _delivery(str(request)) != "socket"
	var delivery := _delivery(str(its_type))
	return delivery == "counted" or (delivery != "socket" and frame.has("re"))


## The JSON text of [param value] as every server can read it: [method JSON.stringify] leaves control
## characters as they are, writes a vertical tab as no JSON does, and rounds numbers to 15 digits.
static func to_text(value: Variant) -> String:
	var text := JSON.stringify(value, "", false, true)
	if text.contains("\\v"):
		text = _vertical_tab.sub(text, "$1\\u000b", true)
	if _control.search(text):
		for code: int in range(1, 32):
			text = text.replace(String.chr(code), "\\u%04x" % code)
	return text


## The text of a message: [param envelope] holds what goes beside its data, such as
## [code]room[/code] and [code]to[/code].
static func compose(
	its_type: String, its_data: Dictionary, envelope: Dictionary, its_id: String = ""
) -> String:
	var message := {"type": its_type}
	if its_id:
		message["id"] = its_id
	message.merge(envelope)
	message["data"] = its_data
	return to_text(message)


## Why no server would take [param its_data] as that of a message of this type; [code]null[/code]
## where it would.
static func invalid(its_type: String, its_data: Dictionary) -> EstragonError:
	var line: Dictionary = EstragonProtocol.MESSAGES.get(its_type, {})
	if line.is_empty():
		return EstragonError.local(
			EstragonProtocol.INVALID_MESSAGE, 'no message is called "%s"' % its_type
		)
	var schema: Dictionary = line["data"]
	var text := EstragonSchema.problem(schema, its_data, its_type)
	return EstragonError.local(EstragonProtocol.INVALID_MESSAGE_DATA, text) if text else null


func _open(frame: Dictionary) -> void:
	var its_id: Variant = frame.get("id")
	var its_re: Variant = frame.get("re")
	var its_room: Variant = frame.get("room")
	var its_sender: Variant = frame.get("from")
	if its_id != null:
		id = _text(its_id)
	if its_re != null:
		re = _text(its_re)
	if its_room != null:
		room = _text(its_room)
	if typeof(its_sender) == TYPE_DICTIONARY:
		from = its_sender


## The shape of the data of a message, or of a reply; [code]null[/code] for a type that is unknown.
static func _shape(its_type: String, is_reply: bool) -> EstragonShape:
	var shapes := _reply_shapes if is_reply else _shapes
	var known: EstragonShape = shapes.get(its_type)
	if not known and EstragonProtocol.MESSAGES.has(its_type):
		var line: Dictionary = EstragonProtocol.MESSAGES[its_type]
		known = EstragonShape.new(_schema(line, is_reply))
		shapes[its_type] = known
	return known


static func _schema(line: Dictionary, is_reply: bool) -> Dictionary:
	return line["reply"] if is_reply and line.has("reply") else line["data"]


static func _delivery(its_type: String) -> String:
	var line: Dictionary = EstragonProtocol.MESSAGES.get(its_type, {})
	return str(line.get("delivery", "counted"))


## Ids are text; a number that came as one is text without a fraction.
static func _text(value: Variant) -> String:
	match typeof(value):
		TYPE_STRING:
			return str(value)
		TYPE_FLOAT:
			var number: float = value
			return str(int(number)) if number == floorf(number) else str(number)
	return ""
