extends SceneTree
## A session whose time, chance and connections are played by a test; prints TAP.

const ScriptedLink := preload("res://test/scripted_link.gd")
const FakeWorld := preload("res://test/fake_world.gd")
const State := EstragonSession.State

var _world: FakeWorld
var _session: EstragonSession
## The connections it opened, the last one last.
var _links: Array[ScriptedLink] = []
var _count: int = 0
var _problems: PackedStringArray = PackedStringArray()
var _failed: int = 0


func _initialize() -> void:
	print("TAP version 14")
	_run()
	print("1..%d" % _count)
	quit(1 if _failed > 0 or _count == 0 else 0)


## Tells what a test has to tell.
func _run() -> void:
	pass


## One thing it tells, of a session of its own.
func _tell(title: String, story: Callable) -> void:
	_problems.clear()
	_links.clear()
	_world = FakeWorld.new()
	_session = EstragonSession.new(_world, _make_link)
	story.call()
	_session = null
	_links.clear()
	_count += 1
	if _problems.is_empty():
		print("ok %d - %s" % [_count, title])
		return
	_failed += 1
	print("not ok %d - %s" % [_count, title])
	for problem: String in _problems:
		print("# ", problem)


func _make_link(_url: String, _options: EstragonOptions, _its_world: EstragonWorld) -> EstragonLink:
	var link := ScriptedLink.new()
	_links.append(link)
	return link


func _equal(got: Variant, expected: Variant, what: String) -> void:
	if got != expected:
		_problems.append("%s: %s, expected %s" % [what, got, expected])


## The connection there is.
func _link() -> ScriptedLink:
	return _links[-1]


func _advance(milliseconds: float) -> void:
	_world.time += milliseconds
	_session.poll()


## A session that is open, what it wrote until then forgotten.
func _opened() -> void:
	_session.open("ws://there", EstragonOptions.new())
	_link().opened.emit()
	_link().say(_welcome("first"))
	_link().say({"type": "session.hello", "re": "hello", "data": {"resume": true}})
	_link().take()


func _welcome(name: String) -> Dictionary:
	return {
		"type": "welcome",
		"data": {
			"session": name,
			"token": "token of %s" % name,
			"protocol": 1,
			"fingerprint": EstragonProtocol.FINGERPRINT,
			"packets": null,
			"time": 0,
			"heartbeat_ms": 5_000,
			"resume_ms": 30_000,
			"limits": {
				"message_bytes": EstragonProtocol.LIMIT_MESSAGE_BYTES,
				"resume_bytes": EstragonProtocol.LIMIT_RESUME_BYTES,
				"resume_frames": EstragonProtocol.LIMIT_RESUME_FRAMES,
				"ack_frames": EstragonProtocol.LIMIT_ACK_FRAMES,
				"ack_ms": EstragonProtocol.LIMIT_ACK_MS,
			},
		},
	}


## The connection drops, and the server answers the claim.
func _claim_answered(answer: Dictionary) -> void:
	_link().closed.emit(4000, "going away")
	_advance(10_000.0)
	_answer_claim(answer)


## The server answers the claim of the connection that opens now.
func _answer_claim(answer: Dictionary) -> void:
	_link().opened.emit()
	var claim: Dictionary = _link().take()[0]
	_link().say(_welcome("second"))
	var data := {"session": "second", "sent": 0, "received": 0}
	data.merge(answer)
	_link().say({"type": "session.resume", "re": claim["id"], "data": data})


func _types(messages: Array[Dictionary]) -> Array:
	return messages.map(func(message: Dictionary) -> String: return message["type"])
