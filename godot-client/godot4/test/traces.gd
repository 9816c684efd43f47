extends "res://test/scripted.gd"
## Replays protocol/traces.json, whose path is in the environment variable ESTRAGON_TRACES; PROTOCOL.md
## says how.

const _STATES: Dictionary = {
	State.CLOSED: "closed", State.CONNECTING: "connecting", State.OPEN: "open", State.AWAY: "away",
}
const _STEP_MS := 100.0
const _PATIENCE_MS := 60_000.0

## How many of its connections the trace opened, or let fail.
var _taken: int = 0
var _results: Array = []
var _events: Array = []
var _wishes: Array[Dictionary] = []
## The token that the game's next start finds, alone in an array.
var _kept: Array[String] = [""]


## What is kept is kept by the test.
class Kept:
	extends EstragonKeep

	var _held: Array[String]

	func _init(held: Array[String]) -> void:
		super("", "", "")
		_held = held

	func recall() -> String:
		return _held[0]

	func put(value: String) -> String:
		_ours = value
		_held[0] = value
		return ""

	func discard() -> void:
		_held[0] = ""


func _run() -> void:
	var path := OS.get_environment("ESTRAGON_TRACES")
	var file: Dictionary = JSON.parse_string(FileAccess.get_file_as_string(path))
	_tell("the tables are those of the traces", func() -> void:
		_equal(file["fingerprint"], EstragonProtocol.FINGERPRINT, "fingerprint"))
	for trace: Dictionary in file["traces"]:
		var sides: Array = trace["sides"]
		var name: String = trace["name"]
		var steps: Array = trace["steps"]
		if sides.has("client"):
			_tell(name, _replay.bind(steps))


func _replay(steps: Array) -> void:
	_kept = [""]
	_begin()
	for index: int in steps.size():
		var step: Dictionary = steps[index]
		_do(step, "step %d, %s" % [index, step["do"]])
		_session.poll()
		_answer_pings()
		if not _problems.is_empty():
			return
	_equal(_link().written, [], "and nothing else")


## The game begins anew; of the one before nothing is left but the token that it kept.
func _reload() -> void:
	_world = FakeWorld.new()
	_session = EstragonSession.new(_world, _make_link)
	_links.clear()
	_begin()


func _begin() -> void:
	_session.keep = Kept.new(_kept)
	_taken = 0
	_results = []
	_events = []
	_wishes.clear()
	_world.next_chance = 1.0
	_session.state_changed.connect(
		func(state: State, _code: int, _reason: String) -> void:
			if state != State.CONNECTING:
				_hear(str(_STATES[state]))
	)
	_session.was_reset.connect(func(reason: String) -> void: _hear("reset " + reason))
	_session.was_lost.connect(func(reason: String) -> void: _hear("lost " + reason))
	_session.snapshot_received.connect(
		func(pages: Array[Dictionary]) -> void: _hear("snapshot %d" % pages.size())
	)
	_session.error_received.connect(
		func(error: EstragonError) -> void: _hear("error " + error.code)
	)
	_session.message_received.connect(
		func(message: EstragonMessage) -> void: _hear("message " + message.type)
	)
	_session.bytes_received.connect(
		func(bytes: PackedByteArray) -> void: _hear("bytes " + bytes.hex_encode())
	)
	var patience := _PATIENCE_MS / 1_000.0
	var options := {"first_wait": patience, "kept_wait": patience, "longest_wait": patience}
	_session.open("ws://trace", EstragonOptions.from(options))


func _do(step: Dictionary, where: String) -> void:
	match step["do"]:
		"open":
			if _take(where):
				_link().opened.emit()
		"fail":
			if _take(where):
				_close(1006)
		"drop":
			var code: float = step["code"]
			_close(int(code))
		"wait":
			var milliseconds: float = step["ms"]
			_wait(milliseconds)
		"up":
			_expect_written(step, where)
		"down":
			if not step.has("lost"):
				_arrive(step)
		"client":
			_equal(_state(), _expected(step), where)
		_:
			_play(step)


## What the game does.
func _play(step: Dictionary) -> void:
	var type: String = step.get("type", "")
	var data: Dictionary = step.get("data", {})
	match step["do"]:
		"request":
			_request(step)
		"send":
			_session.send(type, data)
		"post":
			_session.post(type, data, {"room": step["room"]} if step.has("room") else {})
		"bytes":
			_session.send_bytes("packet", str(step["hex"]).hex_decode())
		"answer":
			_session.answer(type, step["re"], data)
		"when":
			_wishes.append(step)
		"reload":
			_reload()
		"cut":
			_session.cut()
		"close":
			_session.close()


func _request(step: Dictionary) -> void:
	var type: String = step["type"]
	var data: Dictionary = step["data"]
	var result := await _session.request(type, data, {}, 1_000_000_000)
	_results.append("%s %s" % [step["id"], "OK" if result.ok else result.error.code])


func _hear(event: String) -> void:
	_events.append(event)
	for wish: Dictionary in _wishes:
		if wish["event"] == event:
			_wishes.erase(wish)
			_request(wish)
			return


## The connection it asks for, now or once it has waited long enough.
func _take(where: String) -> bool:
	var waited := 0.0
	while _links.size() == _taken and waited <= _PATIENCE_MS:
		_wait(_STEP_MS)
		waited += _STEP_MS
	_equal(_links.size(), _taken + 1, where + ": connections asked for")
	_taken += 1
	return _links.size() == _taken


func _wait(milliseconds: float) -> void:
	var left := milliseconds
	while left > 0.0:
		_advance(minf(left, _STEP_MS))
		_answer_pings()
		left -= _STEP_MS


## What left is not heard any more.
func _close(code: int) -> void:
	if _link().left_with != 0:
		return
	_link().left_with = code
	_link().closed.emit(code, "")


func _arrive(step: Dictionary) -> void:
	if step.has("hex"):
		_link().received_bytes.emit(str(step["hex"]).hex_decode())
	else:
		var frame: Dictionary = step["frame"]
		_link().say(frame)


func _expect_written(step: Dictionary, where: String) -> void:
	var frame: Variant = _link().written.pop_front()
	if step.has("hex"):
		var bytes: PackedByteArray = frame if typeof(frame) == TYPE_PACKED_BYTE_ARRAY else []
		_equal(bytes.hex_encode(), step["hex"], where)
		return
	var expected: Dictionary = step["frame"]
	_equal(_named(JSON.parse_string(str(frame)), expected), expected, where)


## Pings are no part of a trace.
func _answer_pings() -> void:
	for frame: Variant in _link().written.duplicate():
		if not str(frame).begins_with('{"type":"ping"'):
			continue
		_link().written.erase(frame)
		var ping: Dictionary = JSON.parse_string(str(frame))
		_link().say({"type": "ping", "re": ping["id"], "data": {"time": 0}})


## A hello and a claim may say more than the trace does.
func _named(found: Variant, expected: Dictionary) -> Variant:
	if not expected["type"] in ["session.hello", "session.resume"]:
		return found
	var message: Dictionary = found if typeof(found) == TYPE_DICTIONARY else {}
	var said: Dictionary = message.get("data", {})
	var its_data: Dictionary = expected["data"]
	for name: String in said.keys():
		if not its_data.has(name):
			said.erase(name)
	return message


func _state() -> Dictionary:
	var link := "none"
	if _links.size() > _taken:
		link = "asked"
	elif _link().left_with == 0:
		link = "open"
	var results := _results.duplicate()
	results.sort_custom(
		func(one: String, other: String) -> bool: return one.to_int() < other.to_int()
	)
	return {
		"state": _STATES[_session.state],
		"link": link,
		"sent": _session._outgoing.sent,
		"received": _session._resume.received,
		"results": results,
		"events": _events,
	}


func _expected(step: Dictionary) -> Dictionary:
	var expected := step.duplicate()
	expected.erase("do")
	for name: String in ["sent", "received"]:
		var number: float = expected[name]
		expected[name] = int(number)
	return expected
