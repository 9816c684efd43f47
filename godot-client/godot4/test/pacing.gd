extends "res://test/scripted.gd"
## A session sends no faster than its server admits, by a clock that the test moves; prints TAP.

const _SECONDS := 5
const _SPEEDS: Array[int] = [60, 120, 144, 240]

## What the server would have refused as too fast.
var _refused: int = 0
var _tokens: Dictionary = {}
var _filled_at: Dictionary = {}
var _outcomes: Dictionary = {}
var _arrived: Array[int] = []


func _run() -> void:
	for speed: int in _SPEEDS:
		_tell(
			"%d events a second go in order or fail at their sender" % speed, _events.bind(speed)
		)
		_tell(
			"%d packets a second go in order or fail at their sender" % speed, _packets.bind(speed)
		)
		_tell("%d latest events a second end at the newest" % speed, _latest.bind(speed))
	_tell("after retry_ms there is room for one more", _retry)
	_tell("what is too fast and asks for no answer is told as an error", _unasked)
	_tell("what waits when the counts begin again is sent as new, at its time", _begun_again)
	_tell("what is said later never overtakes what waits, whatever it is", _order)
	_tell("of many keys each has its turn", _turns)
	_tell("after a flood it comes back after a pause, doubled each time", _pauses)
	_tell("it may be told not to come back after that", _no_pause)
	_tell("who finds no place at first is told when to try again", _no_place)


func _events(speed: int) -> void:
	_play(speed, func(n: int) -> void: _emit(n))
	_check_counted(speed)


func _packets(speed: int) -> void:
	_play(
		speed,
		func(n: int) -> void:
			var error := _session.send("packet", {"name": "Step", "data": n})
			_outcomes[n] = error.code if error else "OK"
	)
	_check_counted(speed)


func _check_counted(speed: int) -> void:
	var done: Array[int] = []
	for n: int in _outcomes:
		if _outcomes[n] == "OK":
			done.append(n)
		elif _outcomes[n] != EstragonProtocol.RATE_LIMITED:
			_problems.append("%d: %s" % [n, _outcomes[n]])
	done.sort()
	_equal(_outcomes.size(), speed * _SECONDS, "outcomes")
	_equal(_arrived, done, "arrived")
	_equal(_refused, 0, "refused by the server")
	if speed == 60:
		_equal(_arrived.size(), speed * _SECONDS, "all of them")
	elif _arrived.size() < 74 * _SECONDS:
		_problems.append("only %d arrived" % _arrived.size())


func _latest(speed: int) -> void:
	_play(
		speed,
		func(n: int) -> void:
			var data := {"name": "game.at", "args": [n], "key": ""}
			_session.post("event.emit_latest", data, {}, "game.at")
	)
	_check_latest(speed)


func _check_latest(speed: int) -> void:
	_equal(_arrived.back(), speed * _SECONDS, "the last")
	_equal(_refused, 0, "refused by the server")
	if _arrived.size() < 59 * _SECONDS:
		_problems.append("only %d arrived" % _arrived.size())


func _retry() -> void:
	_paced({"event": {"per_second": 10, "burst": 20}})
	for n: int in 21:
		_emit(n)
	_equal(_outcomes, {20: EstragonProtocol.RATE_LIMITED}, "failed at once")
	_advance(_retry_ms)
	_emit(21)
	for n: int in 30:
		_step(100.0)
	_equal(_outcomes[21], "OK", "after retry_ms")
	_equal(_arrived.size(), 21, "arrived")


func _unasked() -> void:
	var errors: Array[String] = []
	_paced({"packet": {"per_second": 1, "burst": 2}})
	_session.error_received.connect(func(error: EstragonError) -> void: errors.append(error.code))
	for n: int in 5:
		_session.send("packet", {"name": "Step", "data": n})
	_session.poll()
	_equal(errors.size(), 3, "errors")
	_equal(errors.back(), EstragonProtocol.RATE_LIMITED, "code")


func _begun_again() -> void:
	_paced({"event": {"per_second": 10, "burst": 10}})
	for n: int in 8:
		_session.send("event.emit", {"name": "game.step", "args": [n]})
	var before := _arrived.size()
	_hear()
	var written := _arrived.size()
	_link().say({
		"type": "session.reset",
		"id": "s1",
		"data": {
			"session": "first", "kept": true, "reason": "DESYNC", "message": "", "sent": 0,
			"received": 0,
		},
	})
	_hear()
	_equal([before, _arrived.size()], [0, written], "not before its time")
	for n: int in 20:
		_step(100.0)
	_equal(_arrived, [0, 1, 2, 3, 4, 5, 6, 7], "arrived")


func _order() -> void:
	_paced(EstragonProtocol.RATES)
	for n: int in 100:
		_emit(n)
	_session.request("room.leave", {})
	var types: Array[String] = []
	for n: int in 200:
		_advance(10.0)
		for message: Dictionary in _link().take():
			var type: String = message["type"]
			if type == "event.emit" or type == "room.leave":
				types.append(type)
	_equal(types.size(), 101, "written")
	_equal(types.back(), "room.leave", "the last")


func _turns() -> void:
	var counts := {"ROOM22": 0, "ROOM33": 0}
	_paced({"event": {"per_second": 10, "burst": 1}})
	for n: int in 120:
		for room: String in counts:
			var data := {"name": "game.at", "args": [n], "key": ""}
			_session.post("event.emit_latest", data, {"room": room}, room)
		_advance(1000.0 / 60.0)
		for message: Dictionary in _link().take():
			if message["type"] == "event.emit_latest":
				counts[message["room"]] += 1
	for room: String in counts:
		if counts[room] < 9:
			_problems.append("%s: %d" % [room, counts[room]])


func _pauses() -> void:
	var told: Array = []
	_session.returning.connect(func(seconds: float) -> void: told.append(seconds))
	_session.was_lost.connect(func(reason: String) -> void: told.append(reason))
	_opened()
	for pause: float in [30.0, 60.0]:
		_link().closed.emit(EstragonProtocol.CLOSE_FLOOD, "flood")
		var connections := _links.size()
		_advance(pause * 1000.0 - 1.0)
		_equal(_links.size(), connections, "connections before")
		_advance(1.0)
		_equal(_links.size(), connections + 1, "connections after")
		_link().opened.emit()
		_equal(_types(_link().take()), ["session.hello"], "introduced itself by")
		_link().say(_welcome("another"))
	_world.time += 61_000.0
	_link().closed.emit(EstragonProtocol.CLOSE_FLOOD, "flood")
	_equal(told, [30.0, "UNKNOWN", 60.0, "UNKNOWN", 30.0], "told")


func _no_pause() -> void:
	var options := EstragonOptions.from({"pause": 0.0})
	_session.open("ws://there", options)
	_link().opened.emit()
	_link().say(_welcome("first"))
	_link().closed.emit(EstragonProtocol.CLOSE_FLOOD, "flood")
	_equal(_session.state, State.CLOSED, "state")
	_equal(_session.last_error.retry_ms, 30_000, "retry_ms")


func _no_place() -> void:
	var closes := [
		[EstragonProtocol.CLOSE_TOO_MANY_CONNECTIONS, 5_000],
		[EstragonProtocol.CLOSE_FLOOD, 5_000],
		[EstragonProtocol.CLOSE_KICKED, 0],
		[EstragonProtocol.CLOSE_GOING_AWAY, 0],
	]
	for close: Array in closes:
		var code: int = close[0]
		_session.open("ws://there", EstragonOptions.from({"pause": 5.0}))
		_link().opened.emit()
		_link().closed.emit(code, "no")
		_equal(_session.state, State.CLOSED, "state after %d" % code)
		_equal(_session.last_error.retry_ms, close[1], "retry_ms after %d" % code)


var _retry_ms: float = 0.0


func _emit(n: int) -> void:
	var result := await _session.request("event.emit", {"name": "game.step", "args": [n]})
	_outcomes[n] = "OK" if result.ok else result.error.code
	if not result.ok:
		_retry_ms = result.error.retry_ms


## Sends so many a second to a server that admits what it says, and hears its answers.
func _play(speed: int, send: Callable) -> void:
	_paced(EstragonProtocol.RATES)
	var sent := 0
	for frame: int in _SECONDS * 240:
		while sent < floori((frame + 1) * speed / 240.0):
			sent += 1
			send.call(sent)
		_step(1000.0 / 240.0)
	for n: int in 100:
		_step(20.0)


## A session that is open, with a server that admits so much.
func _paced(rates: Dictionary) -> void:
	_refused = 0
	_tokens = {}
	_filled_at = {}
	_outcomes = {}
	_arrived = []
	_session.open("ws://there", EstragonOptions.new())
	_link().opened.emit()
	var welcome := _welcome("first")
	welcome["data"]["rates"] = rates
	_link().say(welcome)
	_link().take()


func _step(ms: float) -> void:
	_advance(ms)
	_hear()


## The server hears what was written, and answers.
func _hear() -> void:
	for message: Dictionary in _link().take():
		var type: String = message["type"]
		if type == "ping":
			_link().say({"type": "ping", "re": message["id"], "data": {"time": _world.time}})
		if not type in ["event.emit", "event.emit_latest", "packet"]:
			continue
		if not _admits(EstragonPacer.rate_of(type)):
			_refused += 1
		var data: Dictionary = message["data"]
		var n: float = data["data"] if type == "packet" else data["args"][0]
		_arrived.append(int(n))
		if type == "event.emit" and message.has("id"):
			data["delivered"] = 0
			_link().say({"type": type, "re": message["id"], "data": data})


## A bucket of the server's, as in server/core/wire/limits.ts.
func _admits(rate: String) -> bool:
	var its: Dictionary = EstragonProtocol.RATES[rate]
	var burst: float = its["burst"]
	var per_second: float = its["per_second"]
	var level: float = _tokens.get(rate, burst)
	var since: float = _world.time - _filled_at.get(rate, _world.time)
	level = minf(burst, level + since * per_second / 1000.0)
	_filled_at[rate] = _world.time
	_tokens[rate] = level - 1.0 if level >= 1.0 else level
	return level >= 1.0
