# A session sends no faster than its server admits, by a clock that the test moves. Prints TAP.
extends "res://test/cases.gd"

# warning-ignore-all:return_value_discarded

const EstragonOptions := preload("res://addons/estragon/options.gd")
const EstragonPacer := preload("res://addons/estragon/pacer.gd")
const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const Scripted := preload("res://test/scripted.gd")
const State := preload("res://addons/estragon/session.gd").State

const _SECONDS := 5
const _CASES := [
	["60 events a second go in order or fail at their sender", "_events", 60],
	["120 events a second go in order or fail at their sender", "_events", 120],
	["144 events a second go in order or fail at their sender", "_events", 144],
	["240 events a second go in order or fail at their sender", "_events", 240],
	["60 packets a second go in order or fail at their sender", "_packets", 60],
	["120 packets a second go in order or fail at their sender", "_packets", 120],
	["144 packets a second go in order or fail at their sender", "_packets", 144],
	["240 packets a second go in order or fail at their sender", "_packets", 240],
	["60 latest events a second end at the newest", "_latest", 60],
	["120 latest events a second end at the newest", "_latest", 120],
	["144 latest events a second end at the newest", "_latest", 144],
	["240 latest events a second end at the newest", "_latest", 240],
	["after retry_ms there is room for one more", "_retry"],
	["what is too fast and asks for no answer is told as an error", "_unasked"],
	["what waits when the counts begin again is sent as new, at its time", "_begun_again"],
	["what is said later never overtakes what waits, whatever it is", "_order"],
	["of many keys each has its turn", "_turns"],
	["after a flood it comes back after a pause, doubled each time", "_pauses"],
	["it may be told not to come back after that", "_no_pause"],
	["who finds no place at first is told when to try again", "_no_place"],
]


# A server that admits what it says, and answers.
class Server:
	extends Reference

	var it # Scripted
	var refused: int = 0
	var arrived: Array = []
	# What became of requests, by their numbers.
	var outcomes: Dictionary = {}
	var retry_ms: int = 0
	var told: Array = []
	var _tokens: Dictionary = {}
	var _filled_at: Dictionary = {}

	func _init(its_it, rates: Dictionary) -> void:
		it = its_it
		it.open()
		it.link().emit_signal("opened")
		var welcome: Dictionary = it.welcome("first")
		welcome["rates"] = rates
		it.say({"type": "welcome", "data": welcome})
		it.link().sent.clear()

	func emit(n: int) -> void:
		var asked = it.session.request("event.emit", {"name": "game.step", "args": [n]})
		asked.connect("completed", self, "_note", [n])

	func step(ms: float) -> void:
		it.advance(ms)
		hear()

	# Hears what was written, and answers.
	func hear() -> void:
		var messages: Array = it.link().sent.duplicate()
		it.link().sent.clear()
		for message in messages:
			var type: String = message["type"]
			if type == "ping":
				it.say({"type": "ping", "re": message["id"], "data": {"time": it.world.time}})
			if not type in ["event.emit", "event.emit_latest", "packet"]:
				continue
			if not _admits(EstragonPacer.rate_of(type)):
				refused += 1
			var data: Dictionary = message["data"]
			if type in ["event.emit", "event.emit_latest"]:
				arrived.append(int(data["args"][0]))
				if type == "event.emit" and message.has("id"):
					data["delivered"] = 0
					it.say({"type": type, "re": message["id"], "data": data})
			else:
				arrived.append(int(data["data"]))

	func tell_error(error) -> void:
		told.append(error.code)

	func tell(what) -> void:
		told.append(what)

	func _note(result, n: int) -> void:
		outcomes[n] = "OK" if result.ok else result.error.code
		if not result.ok:
			retry_ms = result.error.retry_ms

	# A bucket of the server's, as in server/core/wire/limits.ts.
	func _admits(rate: String) -> bool:
		var its: Dictionary = EstragonProtocol.RATES[rate]
		var since: float = it.world.time - _filled_at.get(rate, it.world.time)
		var level: float = _tokens.get(rate, its["burst"])
		level = min(its["burst"], level + since * its["per_second"] / 1000.0)
		_filled_at[rate] = it.world.time
		_tokens[rate] = level - 1.0 if level >= 1.0 else level
		return level >= 1.0


func _initialize() -> void:
	_tell_all(_CASES)


func _events(speed: int) -> void:
	_check_counted(_play(speed, "event.emit"), speed)


func _packets(speed: int) -> void:
	_check_counted(_play(speed, "packet"), speed)


func _latest(speed: int) -> void:
	_check_latest(_play(speed, "event.emit_latest"), speed)


func _check_latest(server: Server, speed: int) -> void:
	_equal(server.arrived.back(), speed * _SECONDS, "the last")
	_equal(server.refused, 0, "refused by the server")
	_check(server.arrived.size() >= 59 * _SECONDS, "only %d arrived" % server.arrived.size())


func _check_counted(server: Server, speed: int) -> void:
	var done := []
	for n in server.outcomes:
		if server.outcomes[n] == "OK":
			done.append(n)
		else:
			_equal(server.outcomes[n], EstragonProtocol.RATE_LIMITED, "outcome of %d" % n)
	done.sort()
	_equal(server.outcomes.size(), speed * _SECONDS, "outcomes")
	_equal(server.arrived, done, "arrived")
	_equal(server.refused, 0, "refused by the server")
	if speed == 60:
		_equal(server.arrived.size(), speed * _SECONDS, "all of them")
	_check(server.arrived.size() >= 59 * _SECONDS, "only %d arrived" % server.arrived.size())


# Sends so many a second to a server that admits what it says.
func _play(speed: int, type: String) -> Server:
	var server := Server.new(Scripted.new(), EstragonProtocol.RATES)
	var session = server.it.session
	var sent := 0
	for frame in _SECONDS * 240:
		while sent < int(floor((frame + 1) * speed / 240.0)):
			sent += 1
			if type == "event.emit":
				server.emit(sent)
			elif type == "event.emit_latest":
				session.post(type, {"name": "game.at", "args": [sent], "key": ""}, {}, "game.at")
			else:
				var error = session.send(type, {"name": "Step", "data": sent})
				server.outcomes[sent] = error.code if error else "OK"
		server.step(1000.0 / 240.0)
	for _n in 100:
		server.step(20.0)
	return server


func _retry() -> void:
	var server := Server.new(Scripted.new(), {"event": {"per_second": 10, "burst": 20}})
	for n in 21:
		server.emit(n)
	server.it.session.poll()
	_equal(server.outcomes, {20: EstragonProtocol.RATE_LIMITED}, "failed at once")
	server.it.advance(server.retry_ms)
	server.emit(21)
	for _n in 30:
		server.step(100.0)
	_equal(server.outcomes.get(21), "OK", "after retry_ms")
	_equal(server.arrived.size(), 21, "arrived")


func _unasked() -> void:
	var server := Server.new(Scripted.new(), {"packet": {"per_second": 1, "burst": 2}})
	server.it.session.connect("error_received", server, "tell_error")
	for n in 5:
		server.it.session.send("packet", {"name": "Step", "data": n})
	server.it.session.poll()
	var code := EstragonProtocol.RATE_LIMITED
	_equal(server.told, [code, code, code], "errors")


func _begun_again() -> void:
	var server := Server.new(Scripted.new(), {"event": {"per_second": 10, "burst": 10}})
	for n in 8:
		server.it.session.send("event.emit", {"name": "game.step", "args": [n]})
	server.hear()
	var written := server.arrived.size()
	var data := {
		"session": "first", "kept": true, "reason": "DESYNC", "message": "", "sent": 0, "received": 0
	}
	server.it.say({"type": "session.reset", "id": "s1", "data": data})
	server.hear()
	_equal(server.arrived.size(), written, "not before its time")
	for _n in 20:
		server.step(100.0)
	_equal(server.arrived, [0, 1, 2, 3, 4, 5, 6, 7], "arrived")


func _order() -> void:
	var server := Server.new(Scripted.new(), EstragonProtocol.RATES)
	var it: Scripted = server.it
	for n in 100:
		server.emit(n)
	it.session.request("room.leave", {})
	var types := []
	for _n in 200:
		it.advance(10.0)
	for message in it.link().sent:
		if message["type"] in ["event.emit", "room.leave"]:
			types.append(message["type"])
	_equal(types.size(), 101, "written")
	_equal(types.back(), "room.leave", "the last")


func _turns() -> void:
	var counts := {"ROOM22": 0, "ROOM33": 0}
	var it: Scripted = Server.new(Scripted.new(), {"event": {"per_second": 10, "burst": 1}}).it
	for n in 120:
		for room in counts:
			var data := {"name": "game.at", "args": [n], "key": ""}
			it.session.post("event.emit_latest", data, {"room": room}, room)
		it.advance(1000.0 / 60.0)
	for message in it.link().sent:
		if message["type"] == "event.emit_latest":
			counts[message["room"]] += 1
	for room in counts:
		_check(counts[room] >= 9, "%s: %d" % [room, counts[room]])


func _pauses() -> void:
	var server := Server.new(Scripted.new(), EstragonProtocol.RATES)
	var it: Scripted = server.it
	it.session.connect("returning", server, "tell")
	it.session.connect("was_lost", server, "tell")
	for pause in [30.0, 60.0]:
		it.close(EstragonProtocol.CLOSE_FLOOD)
		var connections := it.links.size()
		it.advance(pause * 1000.0 - 1.0)
		_equal(it.links.size(), connections, "connections before")
		it.advance(1.0)
		_equal(it.links.size(), connections + 1, "connections after")
		it.greet("another")
		_equal(it.link().first("session.resume"), {}, "claim")
	it.world.time += 61000.0
	it.close(EstragonProtocol.CLOSE_FLOOD)
	_equal(server.told, [30.0, "UNKNOWN", 60.0, "UNKNOWN", 30.0], "told")


func _no_pause() -> void:
	var it := Scripted.new()
	it.session.open("ws://there", EstragonOptions.new({"pause": 0.0}))
	it.greet("first")
	it.close(EstragonProtocol.CLOSE_FLOOD)
	_equal(it.session.state, State.CLOSED, "state")
	_equal(it.session.last_error.retry_ms, 30000, "retry_ms")


func _no_place() -> void:
	var closes := [
		[EstragonProtocol.CLOSE_TOO_MANY_CONNECTIONS, 5000],
		[EstragonProtocol.CLOSE_FLOOD, 5000],
		[EstragonProtocol.CLOSE_KICKED, 0],
		[EstragonProtocol.CLOSE_GOING_AWAY, 0],
	]
	for close in closes:
		var it := Scripted.new()
		it.session.open("ws://there", EstragonOptions.new({"pause": 5.0}))
		it.link().emit_signal("opened")
		it.close(close[0])
		_equal(it.session.state, State.CLOSED, "state after %d" % close[0])
		_equal(it.session.last_error.retry_ms, close[1], "retry_ms after %d" % close[0])
