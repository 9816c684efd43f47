extends "res://test/scripted.gd"
## What a session does when its game or its server does something at an awkward moment.


func _run() -> void:
	_tell("who lost the session by a close is told UNKNOWN, also after a retry that failed", _lost)
	_tell("who cannot resume is told FINGERPRINT, also after a retry that failed", _other_tables)
	_tell("to connect anew inside session_lost waits for the new welcome", _anew_when_lost)
	_tell("to connect anew inside session_reset waits for the new welcome", _anew_when_reset)
	_tell("to connect anew where a request fails waits for the new welcome", _anew_when_failed)
	_tell("what is asked after connecting anew on closed is not given up", _anew_when_closed)
	_tell("who cuts or leaves inside session_lost is away, or gone", _leaves_when_lost)
	_tell("who connects elsewhere when told that it left is connected there alone", _elsewhere)
	_tell("what is sent again when a reset made it fail is written once", _sent_again)
	_tell("what was asked after an answer that a reset dropped fails with the next reset", _dropped)
	_tell("who leaves before the welcome is left alone", _leaves_early)
	_tell("requests and pings are numbered each on their own", _numbers)
	_tell("of what is latest nothing newer is overtaken by what still waits for room", _latest)
	_tell("in a room entered anew the first latest event is heard, whatever its number", _latest_anew)
	_tell("a session that nobody holds any more is gone", _freed)
	_tell("a claim refused for a while is repeated after that while", _refused)
	_tell("who may wait for ever waits as long as a question can, and not no time", _patience)


func _patience() -> void:
	var longest := EstragonProtocol.MOST_TOLD_MS
	for pair: Array in [
		[0.0, 1], [0.0004, 1], [30.0, 30_000], [2_592_000.0, 2_592_000_000], [1e12, longest],
		[INF, longest], [NAN, longest]
	]:
		var seconds: float = pair[0]
		_equal(EstragonAsking.milliseconds(seconds), pair[1], "%s s" % seconds)


func _lost() -> void:
	var reasons := _losses()
	_opened()
	_link().closed.emit(1009, "too large")
	_advance(10_000.0)
	_link().closed.emit(EstragonLink.LOST, "")
	_advance(10_000.0)
	_link().opened.emit()
	_equal(_types(_link().take()), ["session.hello"], "introduced itself by")
	_link().say(_welcome("second"))
	_equal(reasons, ["UNKNOWN"], "lost")
	_equal(_session.state, State.OPEN, "state")


func _other_tables() -> void:
	var reasons := _losses()
	_opened()
	_link().say({"type": "session.hello", "re": "hello", "data": {"resume": false}})
	_link().closed.emit(1009, "too large")
	_advance(10_000.0)
	_link().closed.emit(EstragonLink.LOST, "")
	_advance(10_000.0)
	_link().opened.emit()
	_link().say(_welcome("second"))
	_equal(reasons, ["FINGERPRINT"], "lost")
	_claim_answered({"resumed": false, "kept": false, "reason": "FINGERPRINT"})
	_link().closed.emit(4000, "going away")
	_advance(10_000.0)
	_link().opened.emit()
	_link().say(_welcome("third"))
	_equal(reasons, ["FINGERPRINT", "FINGERPRINT", "FINGERPRINT"], "lost thrice")


func _anew_when_lost() -> void:
	_session.was_lost.connect(_open_anew.unbind(1), CONNECT_ONE_SHOT)
	_opened()
	_claim_answered({"resumed": false, "kept": false, "reason": "EXPIRED"})
	_is_opening("when lost")


func _anew_when_reset() -> void:
	_session.was_reset.connect(_open_anew.unbind(1), CONNECT_ONE_SHOT)
	_opened()
	_claim_answered({"resumed": false, "kept": true, "reason": "BUDGET"})
	_is_opening("when reset by a claim")
	_link().opened.emit()
	_link().say(_welcome("third"))
	_session.was_reset.connect(_open_anew.unbind(1), CONNECT_ONE_SHOT)
	_reset()
	_is_opening("when reset")
	_opened()
	var resets: Array[String] = []
	_session.was_reset.connect(func(reason: String) -> void: resets.append(reason))
	_session.state_changed.connect(
		func(state: State, _code: int, _reason: String) -> void:
			if state == State.OPEN:
				_open_anew()
	)
	_claim_answered({"resumed": false, "kept": true, "reason": "BUDGET"})
	_equal(resets, [], "resets of a session that is gone")


func _anew_when_failed() -> void:
	for answer: Dictionary in [
		{"resumed": false, "kept": false, "reason": "EXPIRED"},
		{"resumed": false, "kept": true, "reason": "BUDGET"},
	]:
		var told: Array[String] = []
		var tell := func(reason: String) -> void: told.append(reason)
		_opened()
		_ask(_open_anew.unbind(1))
		_session.was_lost.connect(tell)
		_session.was_reset.connect(tell)
		_claim_answered(answer)
		_is_opening("when a request failed")
		_equal(told, [], "told of a session that is gone")
		_session.was_lost.disconnect(tell)
		_session.was_reset.disconnect(tell)
	_link().opened.emit()
	_link().say(_welcome("third"))
	_ask(_open_anew.unbind(1))
	_reset()
	_is_opening("when a reset made a request fail")


func _anew_when_closed() -> void:
	var ends: Array = []
	_opened()
	_ask(func(result: EstragonResult) -> void: ends.append(result.error.code))
	_session.state_changed.connect(
		func(state: State, _code: int, _reason: String) -> void:
			if state == State.CLOSED and ends.is_empty():
				_session.open("ws://there", EstragonOptions.new())
				_ask(func(result: EstragonResult) -> void: ends.append(result.ok))
	)
	_link().closed.emit(EstragonProtocol.CLOSE_KICKED, "kicked")
	_equal(ends, ["CLOSED"], "ended")
	_link().opened.emit()
	_link().say(_welcome("second"))
	_link().say({"type": "room.leave", "re": "2", "data": {}})
	_equal(ends, ["CLOSED", true], "ended after the welcome")


func _leaves_when_lost() -> void:
	for leave: Callable in [_session.cut, _session.close]:
		_session.was_lost.connect(leave.unbind(1), CONNECT_ONE_SHOT)
		_opened()
		_claim_answered({"resumed": false, "kept": false, "reason": "EXPIRED"})
		var expected := State.AWAY if leave == _session.cut else State.CLOSED
		_equal(_session.state, expected, "state after %s" % leave.get_method())
		_equal(_link().written, [], "written afterwards")


func _elsewhere() -> void:
	_session.state_changed.connect(
		func(state: State, _code: int, _reason: String) -> void:
			if state == State.CLOSED and _links.size() == 1:
				_session.open("ws://elsewhere", EstragonOptions.new())
	)
	_opened()
	_session.open("ws://there", EstragonOptions.new())
	_equal(_links.size(), 2, "connections that were opened")
	_link().opened.emit()
	_link().say(_welcome("second"))
	_equal([_session.state, _session.id], [State.OPEN, "second"], "connected")


func _sent_again() -> void:
	_opened()
	_ask(func(_result: EstragonResult) -> void: _ask(func(_again: EstragonResult) -> void: pass))
	_link().take()
	_reset()
	_session.poll()
	_session.poll()
	var written := _types(_link().take())
	_equal(written.count("room.leave"), 1, "asked again, in %s" % [written])


func _dropped() -> void:
	var ends: Array = []
	_opened()
	_link().closed.emit(4000, "going away")
	_session.answer("query", "s1", {"value": 1})
	_ask(func(result: EstragonResult) -> void: ends.append(result.error.code))
	_advance(10_000.0)
	_answer_claim({"resumed": false, "kept": true, "reason": "BUDGET"})
	_equal(ends, [], "ended when it was not written yet")
	_reset()
	_equal(ends, ["OUTCOME_UNKNOWN"], "ended when it was")


func _leaves_early() -> void:
	_session.open("ws://there", EstragonOptions.new())
	_link().opened.emit()
	_session.close()
	_advance(60_000.0)
	_equal(_session.state, State.CLOSED, "state")
	_session.open("ws://there", EstragonOptions.new())
	_session.poll()
	_equal(_session.state, State.CONNECTING, "state of the next")


func _numbers() -> void:
	_opened()
	_ask(func(_result: EstragonResult) -> void: pass)
	_session.poll()
	_advance(5_000.0)
	_ask(func(_result: EstragonResult) -> void: pass)
	var ids := _link().take().filter(
		func(message: Dictionary) -> bool: return message.has("id")
	).map(func(message: Dictionary) -> String: return message["id"])
	_equal(ids, ["1", "ping-1", "ping-2", "2"], "ids")


func _latest() -> void:
	_opened()
	_link().take()
	_link().room = 0
	_move("ROOM22", 1)
	_move("ROOM33", 2)
	_link().room = 1_000_000
	_move("ROOM22", 3)
	_session.poll()
	var moves := _link().take().filter(
		func(message: Dictionary) -> bool: return message["type"] == "event.emit_latest"
	).map(func(message: Dictionary) -> float: return message["data"]["args"][0])
	_equal(moves, [2.0, 3.0], "in the order in which they were posted")


func _latest_anew() -> void:
	_opened()
	var rooms := EstragonRooms.new(_session)
	var events := EstragonEvents.new(_session, rooms)
	var heard: Array = []
	events.latest_received.connect(
		func(_name: String, args: Array, _from: EstragonMember, _key: String, _room: String) -> void:
			heard.append_array(args)
	)
	for turn: int in 2:
		rooms.join("AAAAAA")
		_link().say({"type": "room.join", "re": str(turn + 1), "data": _seat("AAAAAA")})
		for number: int in [2 - turn, 2 - turn]:
			var data := {"name": "game.at", "args": [number], "key": "", "number": number}
			_link().say({"type": "event.latest", "room": "AAAAAA", "data": data})
		_link().say({"type": "room.seat_taken", "room": "AAAAAA", "data": {"session": "other"}})
	_equal(heard, [2.0, 1.0], "heard")
	_equal(rooms.all, {}, "rooms")


func _seat(code: String) -> Dictionary:
	var room := {"code": code, "kind": "open", "capacity": 8, "host": null, "epoch": 0}
	room.merge({"listed": true, "locked": false, "properties": {}})
	return {"room": room, "you": 1, "members": [], "more": false}


func _move(room: String, x: int) -> void:
	var data := {"name": "game.at", "args": [x], "key": ""}
	_session.post("event.emit_latest", data, {"room": room}, room)


func _freed() -> void:
	_opened()
	_ask(func(_result: EstragonResult) -> void: pass)
	_claim_answered({"resumed": true})
	var held: WeakRef = weakref(_session)
	_session.close()
	_session = null
	_equal(held.get_ref(), null, "held")


func _refused() -> void:
	_opened()
	_link().closed.emit(4000, "going away")
	_advance(10_000.0)
	_link().opened.emit()
	_link().say(_welcome("second"))
	_link().take()
	_link().say({
		"type": "error",
		"re": "claim-1",
		"data": {
			"code": "STALE_ATTEMPT",
			"status": 409,
			"message": "late",
			"request": "session.resume",
			"cause": {"attempt": 6},
			"retry_ms": 700,
		},
	})
	_equal(_link().left_with, EstragonLink.LOST, "the refused one is cut")
	_advance(699.0)
	_equal(_links.size(), 2, "connections before")
	_advance(1.0)
	_equal(_links.size(), 3, "connections after")
	_link().opened.emit()
	var claim: Dictionary = _link().take()[0]
	var data: Dictionary = claim["data"]
	_equal(data["attempt"], 7.0, "attempt")


func _losses() -> Array[String]:
	var reasons: Array[String] = []
	_session.was_lost.connect(func(reason: String) -> void: reasons.append(reason))
	return reasons


func _open_anew() -> void:
	_session.open("ws://elsewhere", EstragonOptions.new())


## Asks for something; [param told] what became of it.
func _ask(told: Callable) -> void:
	told.call(await _session.request("room.leave", {}))


func _reset() -> void:
	_link().say({
		"type": "session.reset",
		"id": "s1",
		"data": {
			"session": "first",
			"kept": true,
			"reason": "DESYNC",
			"message": "",
			"sent": 0,
			"received": 0,
		},
	})


## It is on the way to a welcome, of a connection on which nothing was written yet.
func _is_opening(when: String) -> void:
	_equal(_session.state, State.CONNECTING, "state " + when)
	_equal(_link().written, [], "written too early " + when)
	_equal(_session.id, "", "id " + when)
