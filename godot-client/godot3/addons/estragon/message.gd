# A message from the server, its envelope opened and its data checked against the tables.
class_name EstragonMessage
extends Reference

const EstragonError := preload("error.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonSchema := preload("schema.gd")
const EstragonText := preload("text.gd")

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


# Opens and checks what came as `frame`.
func _init(frame: Dictionary) -> void:
	if typeof(frame.get("type")) != TYPE_STRING:
		return
	type = frame["type"]
	id = _text(frame.get("id"))
	re = _text(frame.get("re"))
	room = _text(frame.get("room"))
	if typeof(frame.get("from")) == TYPE_DICTIONARY:
		from = frame["from"]
	var line: Dictionary = EstragonProtocol.MESSAGES.get(type, {})
	if line.empty():
		problem = 'the server sent "%s", which these tables do not know' % type
		return
	var is_reply: bool = re != "" and line.has("reply")
	var schema: Dictionary = line["reply"] if is_reply else line["data"]
	var its_data = frame.get("data", {})
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
static func _text(value) -> String:
	match typeof(value):
		TYPE_STRING:
			return value
		TYPE_REAL:
			return str(int(value)) if value == floor(value) else str(value)
	return ""
