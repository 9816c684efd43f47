extends "res://test/scripted.gd"
## What is told of what was refused and nobody waited for, what is refused before it is sent, and how
## soon a session comes back.

const _ARGS := "event.emit.args"
const _JSON := "any JSON value with finite numbers, nested at most 24 deep"

var _told: Array[EstragonError] = []


func _run() -> void:
	_tell("a failure that nobody looks at is told, with its request and place", _unseen)
	_tell("a failure that somebody looks at is told to nobody else", _seen)
	_tell("what is refused before it is sent is told as well", _refused_here)
	_tell("what one gives up by leaving is no news", _left)
	_tell("what cannot be sent is returned, and told", _unsent)
	_tell("a library that looks at a failure does not hide it", _looked_through)
	_tell("what is no JSON is named at its place", _misfits)
	_tell("a device that is back is tried at once", _woken)
	_tell("a device that says it often is tried once a second, and never before its time", _often)
	_tell("a device that says so right after a try is tried a second after it", _just_tried)
	_tell("while the seat is kept a try comes every 2 s at most", _kept)
	_tell("a connection that died unnoticed is found out at once", _probed)
	_tell("a connection that lives is left alone", _alive)


func _unseen() -> void:
	_listen()
	_session.request("room.leave", {})
	_answer("1", "NOT_IN_ROOM")
	_equal(_codes(), [], "not while somebody may look")
	_session.poll()
	_equal(_codes(), ["NOT_IN_ROOM"], "told")
	_equal(_told[0].request, "room.leave", "of which request")
	_check_place(_told[0])
	_session.poll()
	_equal(_told.size(), 1, "and once")


func _seen() -> void:
	_listen()
	var looks: Array[Callable] = [
		func(result: EstragonResult) -> void: _equal(result.ok, false, "ok"),
		func(result: EstragonResult) -> void: _equal(result.error.code, "NOT_IN_ROOM", "error"),
		func(result: EstragonResult) -> void: _equal(result.data, {}, "data"),
		func(result: EstragonResult) -> void: _equal(result.value, null, "value"),
		func(result: EstragonResult) -> void: _equal(result.room, null, "room"),
		func(result: EstragonResult) -> void: _equal(str(result).left(11), "NOT_IN_ROOM", "text"),
	]
	for index: int in looks.size():
		_ask(looks[index])
		_answer(str(index + 1), "NOT_IN_ROOM")
	_session.poll()
	_equal(_codes(), [], "told")
	_ask(func(_result: EstragonResult) -> void: pass)
	_answer(str(looks.size() + 1), "NOT_IN_ROOM")
	_session.poll()
	_equal(_codes(), ["NOT_IN_ROOM"], "to wait without a look is no look")


func _refused_here() -> void:
	_listen()
	_session.request("room.join", {"code": 3})
	_session.poll()
	_equal(_codes(), ["INVALID_MESSAGE_DATA"], "told")
	_check_place(_told[0])
	_session.close()
	_session.request("room.leave", {})
	_session.poll()
	_equal(_codes(), ["INVALID_MESSAGE_DATA", "CLOSED"], "once it is closed")


func _left() -> void:
	_listen()
	_session.request("room.leave", {})
	_session.close()
	_session.poll()
	_equal(_codes(), [], "told")


func _unsent() -> void:
	_listen()
	var error := _session.send("packet", {"name": "Slap", "data": Vector2.ONE})
	_session.poll()
	_equal(error.code, "INVALID_MESSAGE_DATA", "returned")
	_equal(_told, [error], "told")
	_check_place(error)
	_equal(error.in_full().contains("packet.data: expected"), true, "all of it")
	_equal(error.in_full().ends_with("(called at %s)" % error.place), error.place != "", "says where")


func _looked_through() -> void:
	var rooms := EstragonRooms.new(_session)
	var channels := EstragonChannels.new(_session)
	_listen()
	rooms.join("AAAAAA")
	channels.leave(3)
	_answer("1", "ROOM_NOT_FOUND")
	_answer("2", "CHANNEL_NOT_FOUND")
	_session.poll()
	_equal(_codes(), ["ROOM_NOT_FOUND", "CHANNEL_NOT_FOUND"], "told")


func _misfits() -> void:
	_listen()
	var beyond := 9_007_199_254_740_993
	var cases: Array = [
		[{"players": [{"pos": {"y": NAN}}]}, "[0].players[0].pos.y: expected %s" % _JSON],
		[Vector2(1, 2), "[0]: expected %s; got a Vector2: say [x, y]" % _JSON],
		[{"at": [Vector3.ONE]}, "[0].at[0]: expected %s; got a Vector3: say [x, y, z]" % _JSON],
		[{"a": {3: 1}}, '[0].a: expected keys of text; got the key 3: say "3"'],
		[
			[beyond],
			"[0][0]: expected %s; got %d, which is beyond 2^53: say it as text" % [_JSON, beyond],
		],
		[self, "[0]: expected %s; got an object" % _JSON],
		[PackedInt32Array([1]), "[0]: expected %s; got a packed array: say Array(it)" % _JSON],
	]
	for case: Array in cases:
		_problem_is({"name": "game.wave", "args": [case[0]]}, _ARGS + str(case[1]))
	_problem_is({"name": "game.wave"}, _ARGS + ": expected an array of at most 64 items, but is missing")
	_link().take()
	for fine: Variant in [beyond - 2, -beyond + 2, 1e300, &"name", {&"key": null}]:
		_session.request("event.emit", {"name": "game.wave", "args": [fine]})
	_equal(_link().take().size(), 5, "what JSON can say is sent")
	_session.close()


func _woken() -> void:
	_opened()
	_world.next_chance = 1.0
	_advance(1_500.0)
	_link().closed.emit(EstragonLink.LOST, "")
	_session.wake()
	_equal(_links.size(), 2, "connections")
	_answer_claim({"resumed": true})
	_equal(_session.state, State.OPEN, "state")


func _often() -> void:
	_opened()
	_world.next_chance = 1.0
	_advance(1_500.0)
	_link().closed.emit(EstragonLink.LOST, "")
	_session.wake()
	_session.wake()
	_equal(_links.size(), 2, "connections at once")
	_advance(1_000.0)
	_session.wake()
	_equal(_links.size(), 3, "one that got nowhere is given up")
	_equal(_links[1].left_with, EstragonLink.LOST, "and cut")
	_link().opened.emit()
	var claim: Dictionary = _link().take()[0]
	_link().say(_welcome("second"))
	var data := {"code": "RATE_LIMITED", "status": 429, "message": "", "retry_ms": 9_000}
	_link().say({"type": "error", "re": claim["id"], "data": data})
	_advance(5_000.0)
	_session.wake()
	_equal(_links.size(), 3, "the server said to wait")
	_advance(4_000.0)
	_equal(_links.size(), 4, "and then no longer")


func _just_tried() -> void:
	_opened()
	_world.next_chance = 1.0
	_link().closed.emit(EstragonLink.LOST, "")
	_longest_wait(60_000.0)
	var before := _links.size()
	while _links.size() == before:
		_advance(1.0)
	_link().closed.emit(EstragonLink.LOST, "")
	_advance(400.0)
	_session.wake()
	_advance(599.0)
	_equal(_links.size(), before + 1, "connections within a second")
	_advance(1.0)
	_equal(_links.size(), before + 2, "and then")


func _kept() -> void:
	_opened()
	_world.next_chance = 1.0
	_link().closed.emit(EstragonLink.LOST, "")
	var longest := _longest_wait(30_000.0)
	_equal(longest <= 2_050.0 and longest > 1_900.0, true, "longest wait %s" % longest)
	var late := _longest_wait(60_000.0)
	_equal(late <= 10_050.0 and late > 9_900.0, true, "and later %s" % late)


## How long it waited at most, in so much time in which no try succeeds.
func _longest_wait(milliseconds: float) -> float:
	var longest := 0.0
	var last := _world.time
	var until := _world.time + milliseconds
	while _world.time < until:
		var before := _links.size()
		_advance(50.0)
		if _links.size() > before:
			longest = maxf(longest, _world.time - last)
			last = _world.time
			_link().closed.emit(EstragonLink.LOST, "")
	return longest


func _probed() -> void:
	_opened()
	_advance(100.0)
	_session.wake()
	_equal(_types(_link().take()).has("ping"), true, "asks")
	_advance(1_999.0)
	_equal(_session.state, State.OPEN, "has its time")
	_advance(1.0)
	_equal(_session.state, State.AWAY, "and no more")


func _alive() -> void:
	_opened()
	_advance(100.0)
	_link().take()
	_session.wake()
	_session.wake()
	var pings := _link().take()
	_equal(pings.size(), 1, "asks once")
	_link().say({"type": "ping", "re": pings[0]["id"], "data": {"time": 1.0}})
	_advance(4_000.0)
	_equal(_session.state, State.OPEN, "stays")


func _listen() -> void:
	_opened()
	_told = []
	_session.error_received.connect(func(error: EstragonError) -> void: _told.append(error))


func _codes() -> Array:
	return _told.map(func(error: EstragonError) -> String: return error.code)


func _answer(re: String, code: String) -> void:
	var data := {"code": code, "status": 404, "message": "no"}
	_link().say({"type": "error", "re": re, "data": data})


## Asks for something; [param look] is handed the result.
func _ask(look: Callable) -> void:
	look.call(await _session.request("room.leave", {}))


func _problem_is(data: Dictionary, expected: String) -> void:
	var before := _told.size()
	_session.request("event.emit", data)
	_session.poll()
	_equal(_told.size(), before + 1, "refused")
	_equal(_told[-1].message, expected, "says")


## Where the engine tells where a call was made.
func _check_place(error: EstragonError) -> void:
	if not get_stack().is_empty():
		_equal(error.place.begins_with("res://test/safety.gd:"), true, "place " + error.place)
