# A session whose connections and whose time are a test's: what it writes is kept, what it hears is
# what the test says.
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonOptions := preload("res://addons/estragon/options.gd")
const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const EstragonSession := preload("res://addons/estragon/session.gd")

var world := TestWorld.new()
var session: EstragonSession
# Every link that was opened, the last one in use.
var links: Array = []


# Time that passes when a test says so, and no chance.
class TestWorld:
	extends "res://addons/estragon/world.gd"

	var time: float = 1000.0

	func now() -> float:
		return time

	func date() -> int:
		return 1700000000000 + int(time)

	func chance() -> float:
		return 0.5


# In place of an EstragonLink.
class Link:
	extends Reference

	# warning-ignore-all:unused_signal
	# warning-ignore-all:unused_argument

	signal opened
	signal received(text)
	signal received_bytes(bytes)
	signal closed(code, reason)

	# Whole messages, each a dictionary, or bytes.
	var sent: Array = []
	var is_over: bool = false
	# How many bytes it takes, and has taken, until it is polled.
	var room: int = 1048576
	var taken: int = 0

	func poll() -> void:
		taken = 0

	func has_room(bytes: int, _in_flight: int) -> bool:
		return taken + bytes <= room

	func send(frame) -> int:
		taken += frame.to_utf8().size() if typeof(frame) == TYPE_STRING else frame.size()
		sent.append(JSON.parse(frame).result if typeof(frame) == TYPE_STRING else frame)
		return OK

	func close(_code: int, _reason: String) -> void:
		is_over = true

	func cut() -> void:
		is_over = true

	func is_finished() -> bool:
		return true

	# The first message of a type that was sent; empty where there is none.
	func first(type: String) -> Dictionary:
		for message in sent:
			if message["type"] == type:
				return message
		return {}


func _init() -> void:
	session = EstragonSession.new(world, funcref(self, "make_link"))


# A link, as the session asks for one.
func make_link(_url: String, _options: Reference, _world: Reference) -> Link:
	var link := Link.new()
	links.append(link)
	return link


# The link in use.
func link() -> Link:
	return links.back()


func open() -> void:
	session.open("ws://scripted", EstragonOptions.new({"first_wait": 0.25, "heartbeat": 5.0}))


# The server says so on the link in use.
func say(message: Dictionary) -> void:
	link().emit_signal("received", JSON.print(message))
	session.poll()


# The link opens, and the server greets with a session of this name.
func greet(name: String) -> void:
	link().emit_signal("opened")
	say({"type": "welcome", "data": welcome(name)})


# The link closes with this code.
func close(code: int) -> void:
	link().emit_signal("closed", code, "")


# So much time passes.
func advance(ms: float) -> void:
	world.time += ms
	session.poll()


# A welcome to the session of this name.
static func welcome(name: String) -> Dictionary:
	var limits := {
		"message_bytes": EstragonProtocol.LIMIT_MESSAGE_BYTES,
		"resume_bytes": EstragonProtocol.LIMIT_RESUME_BYTES,
		"resume_frames": EstragonProtocol.LIMIT_RESUME_FRAMES,
		"ack_frames": EstragonProtocol.LIMIT_ACK_FRAMES,
		"ack_ms": EstragonProtocol.LIMIT_ACK_MS,
	}
	return {
		"session": name, "token": "token of " + name, "protocol": 1,
		"fingerprint": EstragonProtocol.FINGERPRINT, "packets": null, "time": 0,
		"heartbeat_ms": 5000, "resume_ms": 30000, "limits": limits,
	}
