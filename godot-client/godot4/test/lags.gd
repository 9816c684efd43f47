extends "res://test/scripted.gd"
## What a network that was made worse does to a connection, and to a session.

const _JUMPY := {"delay": 80, "jitter": 60, "seed": 1}


func _run() -> void:
	_tell("what is wrong with a lag is said, and nothing becomes late", _wrong)
	_tell("a lag is warned of once, with its seed", _warned)
	_tell("messages come late and in order, both ways", _late)
	_tell("a stall holds everything for half a second", _stalls)
	_tell("a cut is a lost connection, from which the session comes back", _cuts)
	_tell("a connection there is already becomes worse, and good again at once", _there_already)
	_tell("what is on its way takes its part of the buffer", _room)
	_tell("who leaves has said before what was on its way", _leaves)
	_tell("a connection opens late, and closes after what was on its way", _closes)
	_tell("to make the network worse while a session is lost keeps its connection", _inside)


func _wrong() -> void:
	for values: Dictionary in [{"delay": -1}, {"cut": 2.0}, {"seed": 0.5}, {"speed": 1}]:
		var error := _session.connections.lag(values)
		_equal(error.message.left(4), "lag.", str(error))
	_opened()
	_session.send("room.leave", {})
	_equal(_types(_link().take()), ["room.leave"], "written at once")


func _warned() -> void:
	var texts: Array[String] = []
	_session.warned.connect(func(text: String) -> void: texts.append(text))
	_session.connections.lag({"delay": 80, "cut": 0.01, "seed": 7})
	_world.next_chance = 1.0
	_session.connections.lag({"stall": 1.0})
	_session.connections.lag({})
	_opened()
	_equal(texts, [
		"lag is on: delay=80,jitter=0,cut=0.01,stall=0.0,seed=7",
		"lag is on: delay=0,jitter=0,cut=0.0,stall=1.0,seed=4294967295",
	], "warned")


func _late() -> void:
	var lagging := _lagging(_JUMPY)
	var heard: Array = []
	var began := _world.time
	lagging.received.connect(func(text: String) -> void: heard.append([text, _world.time - began]))
	lagging.received_bytes.connect(
		func(bytes: PackedByteArray) -> void: heard.append([bytes, _world.time - began])
	)
	var written: Array = []
	var frames: Array = ["a", "b", PackedByteArray([1]), "d", "e", "f"]
	for frame: Variant in frames:
		lagging.send(frame)
		if typeof(frame) == TYPE_STRING:
			_link().received.emit(str(frame))
		else:
			_link().received_bytes.emit(frame)
	for _millisecond: int in 150:
		_step(lagging, 1.0)
		for frame: Variant in _link().written:
			written.append([frame, _world.time - began])
		_link().written.clear()
	var luck := EstragonLuck.new(EstragonLag.from(_JUMPY, _world), 1)
	_equal(written, _arrivals(frames, luck.up), "written")
	_equal(heard, _arrivals(frames, luck.down), "heard")


## What comes when, after what came before it.
func _arrivals(frames: Array, wait: Callable) -> Array:
	var last := 0.0
	var arrivals: Array = []
	var waits: Array = []
	for frame: Variant in frames:
		var its_wait: float = wait.call()
		waits.append(its_wait)
		last = maxf(last, its_wait)
		arrivals.append([frame, last])
	var sorted := waits.duplicate()
	sorted.sort()
	_equal(waits == sorted, false, "without order some would overtake others, %s" % [waits])
	return arrivals


func _stalls() -> void:
	var lagging := _lagging({"stall": 1.0})
	_step(lagging, 1_000.0)
	lagging.send("a")
	_step(lagging, 499.0)
	_equal(_link().written, [], "written during a stall")
	_step(lagging, 1.0)
	_equal(_link().written, ["a"], "written after it")
	lagging.send("b")
	_step(lagging, 700.0) # From 2,000 to 2,500 ms all waits again; this frame of the game is late.
	_equal(_link().written, ["a"], "written during the next")
	_step(lagging, 300.0)
	_equal(_link().written, ["a", "b"], "written after that")


func _cuts() -> void:
	_session.connections.lag({"cut": 1.0})
	_opened()
	_session.poll()
	_equal(_session.state, State.OPEN, "state before")
	_advance(1_000.0)
	_equal(_session.state, State.AWAY, "state after")
	_equal(_link().left_with, EstragonLink.LOST, "the socket is cut")
	_advance(10_000.0)
	_equal(_links.size(), 2, "connections")


func _there_already() -> void:
	_opened()
	_session.connections.lag({"delay": 80})
	_session.send("room.leave", {})
	_link().say(_welcome_back())
	_advance(79.0)
	_equal(_types(_link().take()), [], "written before")
	_advance(1.0)
	_equal(_types(_link().take()).count("room.leave"), 1, "written then")
	_session.send("room.leave", {})
	_session.connections.lag({})
	_session.send("room.leave", {})
	_session.poll()
	_equal(_types(_link().take()).count("room.leave"), 2, "written when it is good again")
	_session.send("room.leave", {})
	_equal(_types(_link().take()), ["room.leave"], "written from then on")


## Something that harms nobody.
func _welcome_back() -> Dictionary:
	return {"type": "session.ack", "data": {"sent": 0, "received": 0}}


func _room() -> void:
	var lagging := _lagging({"delay": 80})
	_link().room = 100
	_equal(lagging.has_room(100), true, "room before")
	lagging.send("x".repeat(50))
	lagging.send("ü".repeat(5))
	_equal(lagging.has_room(40), false, "room for as much as is left without the frames' heads")
	_equal(lagging.has_room(12), true, "room for what is left")
	_step(lagging, 80.0)
	_equal(lagging.has_room(100), true, "room after")


func _leaves() -> void:
	var lagging := _lagging({"delay": 80})
	lagging.send("a")
	lagging.close(1000, "leaving")
	_equal([_link().written, _link().left_with], [["a"], 1000], "said")


func _closes() -> void:
	var lagging := _lagging({"delay": 80})
	var heard: Array = []
	lagging.opened.connect(func() -> void: heard.append("opened"))
	lagging.received.connect(func(text: String) -> void: heard.append(text))
	lagging.closed.connect(func(code: int, _reason: String) -> void: heard.append(code))
	_link().opened.emit()
	_link().received.emit("a")
	_link().closed.emit(4000, "going away")
	_equal(heard, [], "heard at once")
	_step(lagging, 80.0)
	_equal(heard, ["opened", "a", 4000], "heard")


func _inside() -> void:
	_session.was_lost.connect(
		func(_reason: String) -> void: _session.connections.lag({"delay": 80})
	)
	_opened()
	_claim_answered({"resumed": false, "kept": false, "reason": "EXPIRED"})
	_equal(_session.state, State.OPEN, "state")


func _lagging(values: Dictionary) -> EstragonLaggingLink:
	var inner := ScriptedLink.new()
	_links.append(inner)
	var lagging := EstragonLaggingLink.new(inner, _world)
	lagging.suffer(EstragonLag.from(values, _world), 1)
	return lagging


func _step(lagging: EstragonLaggingLink, milliseconds: float) -> void:
	_world.time += milliseconds
	lagging.poll()
