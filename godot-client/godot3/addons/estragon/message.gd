# A message from the server, its envelope opened and its data checked against the tables.
class_name EstragonMessage
extends Reference

const EstragonError := preload("error.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonSchema := preload("schema.gd")
const EstragonShape := preload("shape.gd")
const EstragonText := preload("text.gd")
# Of the types of messages, and of replies. Godot 3 has no static variables; a constant dictionary can
# be filled.
const _SHAPES := {}
const _REPLY_SHAPES := {}

# Its type; empty for the numeric dialect, which the add-on leaves alone.
var type: String = ""
# The id under which the server awaits an answer; empty where it awaits none.
var id: String = ""
# The id of the request it answers; empty where it answers none.
var re: String = ""
# The code of the room it belongs to; empty where it belongs to none.
var room: String = ""
# Who sent it, stamped by the server; empty where the server did.
var from: Dictionary = {}
# What it says.
var data: Dictionary = {}
# What is wrong with it, as a place and what was expected; empty when all is well.
var problem: String = ""


# Opens what came as `frame`, and checks all of it; where the server `agrees`, having the same tables,
# no more than its types.
func _init(frame: Dictionary, agrees: bool = false) -> void:
	if typeof(frame.get("type")) != TYPE_STRING:
		return
	type = frame["type"]
	_open(frame)
	var its_data = frame.get("data", {})
	if agrees:
		var shape := _shape(type, re != "")
		if shape and shape.take(its_data):
			data = its_data
			return
	var line: Dictionary = EstragonProtocol.MESSAGES.get(type, {})
	if line.empty():
		problem = 'the server sent "%s", which these tables do not know' % type
		return
	var schema := _schema(line, re != "")
	problem = EstragonSchema.problem(schema, its_data, type, false)
	if not problem:
		data = EstragonSchema.revive(schema, its_data)


# What is wrong with `data` as that of a message of ours; null when nothing is.
static func invalid(its_type: String, its_data: Dictionary) -> EstragonError:
	var line: Dictionary = EstragonProtocol.MESSAGES.get(its_type, {})
	if line.empty():
		return EstragonError.new(
			EstragonProtocol.INVALID_MESSAGE, 'no message is called "%s"' % its_type
		)
	var text := EstragonSchema.problem(line["data"], its_data, its_type)
	return EstragonError.new(EstragonProtocol.INVALID_MESSAGE_DATA, text) if text else null


# The text of a message of ours; without a `request_id` it asks for no answer.
static func compose(
	its_type: String, its_data: Dictionary, envelope: Dictionary, request_id: String
) -> String:
	var message := {"type": its_type}
	if request_id:
		message["id"] = request_id
	for field in envelope:
		if not message.has(field):
			message[field] = envelope[field]
	message["data"] = its_data
	return EstragonText.of(message)


# Whether a frame adds to its side's count: socket and latest messages do not; a reply
# follows its request, an error what it answers.
static func is_counted(frame) -> bool:
	if typeof(frame) != TYPE_DICTIONARY:
		return true
	var its_type = frame.get("type")
	if typeof(its_type) == TYPE_REAL or typeof(its_type) == TYPE_INT:
		return false
	if typeof(its_type) != TYPE_STRING:
		return true
	if its_type == "error":
		var about = frame.get("data")
		var request = about.get("request") if typeof(about) == TYPE_DICTIONARY else null
		return typeof(request) != TYPE_STRING or _delivery(request) != "socket"
	var delivery := _delivery(its_type)
	return delivery == "counted" or (delivery != "socket" and frame.has("re"))


static func _delivery(its_type: String) -> String:
	var line: Dictionary = EstragonProtocol.MESSAGES.get(its_type, {})
	return str(line.get("delivery", "counted"))


# Ids are text; a number that came as one is text without a fraction.
func _open(frame: Dictionary) -> void:
	var its_id = frame.get("id")
	var its_re = frame.get("re")
	var its_room = frame.get("room")
	var its_sender = frame.get("from")
	if typeof(its_id) != TYPE_NIL:
		id = _text(its_id)
	if typeof(its_re) != TYPE_NIL:
		re = _text(its_re)
	if typeof(its_room) != TYPE_NIL:
		room = _text(its_room)
	if typeof(its_sender) == TYPE_DICTIONARY:
		from = its_sender


# The shape of the data of a message, or of a reply; null for a type that is unknown.
static func _shape(its_type: String, is_reply: bool) -> EstragonShape:
	var shapes: Dictionary = _REPLY_SHAPES if is_reply else _SHAPES
	var known: EstragonShape = shapes.get(its_type)
	if not known and EstragonProtocol.MESSAGES.has(its_type):
		known = EstragonShape.new(_schema(EstragonProtocol.MESSAGES[its_type], is_reply))
		shapes[its_type] = known
	return known


static func _schema(line: Dictionary, is_reply: bool) -> Dictionary:
	return line["reply"] if is_reply and line.has("reply") else line["data"]


static func _text(value) -> String:
	match typeof(value):
		TYPE_STRING:
			return value
		TYPE_REAL:
			return str(int(value)) if value == floor(value) else str(value)
	return ""
