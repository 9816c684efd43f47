# Replays protocol/traces.json, whose path is in the environment variable ESTRAGON_TRACES, as
# PROTOCOL.md says; prints TAP.
extends "res://test/cases.gd"

# warning-ignore-all:return_value_discarded

const EstragonOptions := preload("res://addons/estragon/options.gd")
const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const State := preload("res://addons/estragon/session.gd").State

# How long a client waits before it comes back, where the server does not say.
const _BACKOFF_S := 60.0
const _FOR_EVER := 1000000000000
const _STATES := {
	State.CLOSED: "closed",
	State.CONNECTING: "connecting",
	State.OPEN: "open",
	State.AWAY: "away",
}
# The first frames of a connection, which may say more than the trace does.
const _INTRODUCTIONS := ["session.hello", "session.resume"]

# The client of the trace that is replayed.
var _client: Client


# What is kept is kept by the test.
class Kept:
	extends "res://addons/estragon/keep.gd"

	var held: String = ""

	func _init().("", "", "") -> void:
		pass

	func recall() -> String:
		return held

	func put(value: String) -> String:
		_ours = value
		held = value
		return ""

	func discard() -> void:
		held = ""


# A session, what it told, and what its game wants of it.
class Client:
	extends "res://test/scripted.gd"

	var events: Array = []
	var results: Array = []
	var wishes: Array = []
	# How many links were opened, or failed.
	var taken: int = 0

	# The keep of a token, where the game that was there before has left it.
	func _init(keep: Reference) -> void:
		session.keep = keep
		session.connect("state_changed", self, "_on_state")
		session.connect("was_reset", self, "_on_told", ["reset"])
		session.connect("was_lost", self, "_on_told", ["lost"])
		session.connect("snapshot_received", self, "_on_snapshot")
		session.connect("error_received", self, "_on_error")
		session.connect("message_received", self, "_on_message")
		session.connect("bytes_received", self, "_on_bytes")
		# With a chance of one half.
		var waits := {"first_wait": _BACKOFF_S, "kept_wait": 2.0 * _BACKOFF_S}
		waits["longest_wait"] = 2.0 * _BACKOFF_S
		session.open("ws://trace", EstragonOptions.new(waits))

	# The connection that it asks for now, or once it has waited long enough; null for none.
	func take() -> Link:
		var waited := 0.0
		while links.size() == taken and waited < _BACKOFF_S:
			advance(1000)
			waited += 1.0
		if links.size() == taken:
			return null
		taken += 1
		return link()

	func is_asking() -> bool:
		return links.size() > taken

	func is_connected_to_server() -> bool:
		return not is_asking() and not link().is_over

	func hear(message) -> void:
		if is_connected_to_server():
			var is_text := typeof(message) == TYPE_STRING
			link().emit_signal("received" if is_text else "received_bytes", message)

	func end(code: int) -> void:
		if is_connected_to_server():
			link().is_over = true
			link().emit_signal("closed", code, "")

	# Answers pings, and leaves them out of what was written.
	func pong() -> void:
		for written in links:
			for message in written.sent.duplicate():
				if typeof(message) == TYPE_DICTIONARY and message["type"] == "ping":
					written.sent.erase(message)
					hear(JSON.print({"type": "ping", "re": message["id"], "data": {"time": 0}}))

	# What was written next, on whichever connection; null for nothing.
	func next():
		for written in links:
			if not written.sent.empty():
				return written.sent.pop_front()
		return null

	func request(step: Dictionary) -> void:
		var asking = session.request(step["type"], step["data"], {}, _FOR_EVER)
		asking.connect("completed", self, "_on_result", [int(step["id"])])

	func _on_result(result, id: int) -> void:
		results.append([id, "OK" if result.ok else result.error.code])

	func _on_state(state: int, _code: int, _reason: String) -> void:
		if state != State.CONNECTING:
			_note(_STATES[state])

	func _on_told(reason: String, what: String) -> void:
		_note("%s %s" % [what, reason])

	func _on_snapshot(pages: Array) -> void:
		_note("snapshot %d" % pages.size())

	func _on_error(error) -> void:
		_note("error " + error.code)

	func _on_message(message) -> void:
		_note("message " + message.type)

	func _on_bytes(bytes: PoolByteArray) -> void:
		_note("bytes " + bytes.hex_encode())

	func _note(event: String) -> void:
		events.append(event)
		for wish in wishes.duplicate():
			if wish["event"] == event:
				wishes.erase(wish)
				request(wish)
				return


func _initialize() -> void:
	var file := File.new()
	file.open(OS.get_environment("ESTRAGON_TRACES"), File.READ)
	var read: Dictionary = JSON.parse(file.get_as_text()).result
	_check(read["fingerprint"] == EstragonProtocol.FINGERPRINT, "the tables are those of the traces")
	var cases := []
	for trace in read["traces"]:
		if "client" in trace["sides"]:
			cases.append([trace["name"], "_replay", trace["steps"]])
	_tell_all(cases)


func _replay(steps: Array) -> void:
	_client = Client.new(Kept.new())
	for index in steps.size():
		var step: Dictionary = steps[index]
		var where := "step %d, %s" % [index, step["do"]]
		if not _take(step, where):
			return
		_client.session.poll()
		_client.pong()
	_equal(_client.next(), null, "and nothing else")


# Does what a step says; false where something is not as it should be.
func _take(step: Dictionary, where: String) -> bool:
	match step["do"]:
		"up":
			return _same(_written(step), step.get("hex", step.get("frame")), where)
		"down":
			if not step.has("lost"):
				_client.hear(_message(step))
		"client":
			var expected := step.duplicate()
			expected.erase("do")
			return _same(_state(), expected, where)
		"open", "fail":
			return _connect(step["do"] == "open", where)
		"drop":
			_client.end(int(step["code"]))
		"wait":
			_client.advance(step["ms"])
		_:
			_play(step)
	return true


# What the game does.
func _play(step: Dictionary) -> void:
	var session = _client.session
	match step["do"]:
		"request":
			_client.request(step)
		"when":
			_client.wishes.append(step)
		"send":
			session.send(step["type"], step["data"])
		"post":
			var envelope := {"room": step["room"]} if step.has("room") else {}
			session.post(step["type"], step["data"], envelope)
		"bytes":
			session.send_bytes("packet", _bytes(step["hex"]))
		"answer":
			session.answer(step["type"], step["re"], step["data"])
		"reload":
			var keep := Kept.new()
			keep.held = session.keep.held
			_client = Client.new(keep)
		"cut", "close":
			session.call(step["do"])


func _connect(opens: bool, where: String) -> bool:
	var link = _client.take()
	if not link:
		_check(false, where + ": it asks for no connection")
		return false
	if opens:
		link.emit_signal("opened")
	else:
		_client.end(-1)
	return true


# What was written next, of its introduction only what the trace names.
func _written(step: Dictionary):
	var found = _client.next()
	if typeof(found) == TYPE_RAW_ARRAY:
		return found.hex_encode()
	var expected: Dictionary = step.get("frame", {})
	if typeof(found) != TYPE_DICTIONARY or not found["type"] in _INTRODUCTIONS or not expected:
		return found
	for field in found["data"].keys():
		if not expected["data"].has(field):
			found["data"].erase(field)
	return found


func _state() -> Dictionary:
	_client.results.sort_custom(self, "_is_before")
	var results := []
	for one in _client.results:
		results.append("%d %s" % one)
	var link := "open" if _client.is_connected_to_server() else "none"
	return {
		"state": _STATES[_client.session.state],
		"link": "asked" if _client.is_asking() else link,
		"sent": float(_client.session._outgoing.sent),
		"received": float(_client.session._resume.received),
		"results": results,
		"events": _client.events,
	}


func _is_before(one: Array, other: Array) -> bool:
	return one[0] < other[0]


func _same(found, expected, where: String) -> bool:
	var is_same := JSON.print(found, "", true) == JSON.print(expected, "", true)
	_check(is_same, "%s: %s, expected %s" % [where, JSON.print(found), JSON.print(expected)])
	return is_same


# What arrives: text, or bytes.
func _message(step: Dictionary):
	if step.has("hex"):
		return _bytes(step["hex"])
	return JSON.print(step["frame"])


func _bytes(hex: String) -> PoolByteArray:
	var bytes := PoolByteArray()
	for index in range(0, hex.length(), 2):
		bytes.append(("0x" + hex.substr(index, 2)).hex_to_int())
	return bytes
