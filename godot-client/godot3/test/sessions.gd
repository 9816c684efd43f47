# What a session tells, and when, on connections and in a time that are the test's. Prints TAP.
extends "res://test/cases.gd"

# warning-ignore-all:return_value_discarded

const EstragonAsking := preload("res://addons/estragon/asking.gd")
const EstragonEvents := preload("res://addons/estragon/events.gd")
const EstragonOptions := preload("res://addons/estragon/options.gd")
const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const EstragonRooms := preload("res://addons/estragon/rooms.gd")
const Scripted := preload("res://test/scripted.gd")
const State := preload("res://addons/estragon/session.gd").State

const _CASES := [
	["a session that was lost says why, however many tries failed meanwhile", "_reasons"],
	["who connects anew when a session is lost is not connected before the server says so", "_anew"],
	["who cuts or leaves when a session is lost is away or gone", "_leaving"],
	["who connects anew when a request fails hears no more of the old session", "_anew_in_answer"],
	["what is asked as soon as a connection closed is not given up with the rest", "_asked_anew"],
	["who connects elsewhere when told that it left is connected there alone", "_elsewhere"],
	["requests are numbered from 1 without a gap, and pings on their own", "_numbers"],
	["an answer that was never written is not sent to who began the counts again", "_answers"],
	["what is only good for now is not said in another session", "_latest"],
	["of what is latest nothing newer is overtaken by what still waits for room", "_overtaken"],
	["in a room entered anew the first latest event is heard, whatever its number", "_latest_anew"],
	["what was sent anew after a reset is known to have been written", "_written_anew"],
	["who may wait for ever waits as long as a question can, and not no time", "_patience"],
]


# Remembers what it was told, and does something the first time.
class Told:
	extends Reference

	var items: Array = []
	var session
	var does: String = ""
	var on_state: int = -1

	func reason(text: String) -> void:
		items.append(text)
		_do()

	func latest(_name: String, args: Array, _from, _key: String, _room: String) -> void:
		items += args

	func state(its_state: int, _code: int, _reason: String) -> void:
		if its_state == on_state:
			_do()

	func result(its_result) -> void:
		items.append(its_result.error.code if its_result.error else "ok")
		_do()

	func _do() -> void:
		var what := does
		does = ""
		match what:
			"open", "ask":
				session.open("ws://elsewhere", EstragonOptions.new())
				if what == "ask":
					session.request("room.list", {}).connect("completed", self, "result")
			"cut", "close":
				session.call(what)


func _initialize() -> void:
	_tell_all(_CASES)


func _reasons() -> void:
	var ended := _opened()
	var told := _listening(ended)
	_fail(ended, 1009, 1)
	ended.greet("second")
	_equal(told.items, ["UNKNOWN"], "after a close that ends a session")
	_fail(ended, 1009, 3)
	ended.greet("third")
	_equal(told.items, ["UNKNOWN", "UNKNOWN"], "and after two tries that failed")

	var other := _opened()
	told = _listening(other)
	other.say({"type": "session.hello", "re": "hello", "data": {"resume": false}})
	_fail(other, -1, 3)
	other.greet("second")
	_equal(told.items, ["FINGERPRINT"], "where the server has other tables")

	var expired := _opened()
	told = _listening(expired)
	_fail(expired, -1, 2)
	_claimed(expired, "second", "EXPIRED")
	_fail(expired, 1002, 2)
	expired.greet("third")
	_equal(told.items, ["EXPIRED", "UNKNOWN"], "of each its own")
	_fail(expired, -1, 1)
	_claimed(expired, "fourth", "FINGERPRINT")
	_fail(expired, -1, 2)
	expired.greet("fifth")
	_equal(told.items.slice(2, 3), ["FINGERPRINT", "FINGERPRINT"], "and again")


func _anew() -> void:
	for ended in [true, false]:
		var it := _opened()
		var told := _listening(it, "open")
		_lose(it, ended)
		_equal(told.items.size(), 1, "told once")
		_equal(it.session.state, State.CONNECTING, "not connected yet")
		_equal(it.link().sent, [], "nothing written before it is open")
		it.greet("third")
		_equal([it.session.state, it.session.id], [State.OPEN, "third"], "connected")
		_equal(told.items.size(), 1, "and nothing more is lost")


func _leaving() -> void:
	for ended in [true, false]:
		for what in ["cut", "close"]:
			var it := _opened()
			var told := _listening(it, what)
			_lose(it, ended)
			_equal(told.items.size(), 1, "told once")
			var expected: int = State.AWAY if what == "cut" else State.CLOSED
			_equal(it.session.state, expected, "after " + what)
			_check(it.links[1].is_over, "its link is given up")
			_equal(it.links[1].first("session.ack"), {}, "nothing more is written")


func _anew_in_answer() -> void:
	for how in ["lost", "reset", "claim"]:
		var it := _opened()
		var losses := _listening(it)
		var told := Told.new()
		told.session = it.session
		told.does = "open"
		it.session.request("room.list", {}).connect("completed", told, "result")
		if how == "lost":
			_lose(it, true)
		elif how == "reset":
			it.say({"type": "session.reset", "id": "r", "data": _counts("DESYNC", true)})
		else:
			_fail(it, -1, 1)
			it.link().emit_signal("opened")
			it.say({"type": "session.resume", "re": "claim-1", "data": _counts("DESYNC", true)})
		_equal(told.items, [EstragonProtocol.OUTCOME_UNKNOWN], "the request, when " + how)
		_equal(it.session.state, State.CONNECTING, "state when " + how)
		_equal(losses.items, [], "told when " + how)


func _asked_anew() -> void:
	var it := _opened()
	var told := Told.new()
	told.session = it.session
	told.does = "ask"
	told.on_state = State.CLOSED
	it.session.connect("state_changed", told, "state")
	var before := Told.new()
	it.session.request("room.list", {}).connect("completed", before, "result")
	it.close(4102)
	_equal(before.items, [EstragonProtocol.CLOSED], "what was asked before")
	_equal(told.items, [], "what was asked anew")
	it.greet("second")
	it.say({"type": "room.list", "re": "2", "data": {"rooms": [], "next": null}})
	_equal(told.items, ["ok"], "its answer")


func _elsewhere() -> void:
	var it := _opened()
	var told := Told.new()
	told.session = it.session
	told.does = "open"
	told.on_state = State.CLOSED
	it.session.connect("state_changed", told, "state")
	it.open()
	_equal(it.links.size(), 2, "links that were ever opened")
	it.greet("second")
	_equal([it.session.state, it.session.id], [State.OPEN, "second"], "connected")


func _numbers() -> void:
	var it := _opened()
	it.session.request("room.list", {})
	for _many in 3:
		it.advance(5001)
		it.say({"type": "ping", "re": it.link().sent.back()["id"], "data": {"time": 1.0}})
	it.session.request("room.list", {})
	var ids := {"room.list": [], "ping": []}
	for message in it.link().sent:
		if ids.has(message["type"]):
			ids[message["type"]].append(message["id"])
	_equal(ids["room.list"], ["1", "2"], "requests")
	_equal(ids["ping"], ["ping-1", "ping-2", "ping-3", "ping-4"], "pings")


func _answers() -> void:
	var it := _opened()
	it.close(-1)
	it.session.answer("query", "s1", {"value": 1})
	it.session.send("packet", {"name": "Slap", "data": null})
	it.session.request("room.list", {})
	it.advance(1000)
	it.link().emit_signal("opened")
	it.say({"type": "session.resume", "re": "claim-1", "data": _counts("DESYNC", true)})
	var written := []
	for message in it.link().sent:
		if not message["type"].begins_with("session.") and message["type"] != "ping":
			written.append(message["type"])
	_equal(written, ["packet", "room.list"], "written")


func _latest() -> void:
	var it := _opened()
	it.close(-1)
	_move(it, "ROOM22", 1)
	it.advance(20000)
	_claimed(it, "second", "EXPIRED")
	_equal(it.link().first("event.emit_latest"), {}, "of the session before")
	_move(it, "ROOM22", 3)
	_equal(it.link().first("event.emit_latest")["data"]["args"], [3.0], "of this one")


func _overtaken() -> void:
	var it := _opened()
	it.link().room = 0
	_move(it, "ROOM22", 1)
	_move(it, "ROOM33", 2)
	it.link().room = 1048576
	_move(it, "ROOM22", 3)
	it.advance(16)
	var moves := []
	for message in it.link().sent:
		if message["type"] == "event.emit_latest":
			moves.append(int(message["data"]["args"][0]))
	_equal(moves, [2, 3], "in the order in which they were posted")


func _move(it: Scripted, room: String, x: int) -> void:
	var data := {"name": "game.at", "args": [x], "key": ""}
	it.session.post("event.emit_latest", data, {"room": room}, room)


func _latest_anew() -> void:
	var it := _opened()
	var rooms := EstragonRooms.new(it.session)
	var events := EstragonEvents.new(it.session, rooms)
	var told := Told.new()
	events.connect("latest_received", told, "latest")
	for turn in 2:
		rooms.join("AAAAAA")
		it.say({"type": "room.join", "re": str(turn + 1), "data": _seat("AAAAAA")})
		for number in [2 - turn, 2 - turn]:
			var data := {"name": "game.at", "args": [number], "key": "", "number": number}
			it.say({"type": "event.latest", "room": "AAAAAA", "data": data})
		it.say({"type": "room.seat_taken", "room": "AAAAAA", "data": {"session": "other"}})
	_equal(told.items, [2.0, 1.0], "heard")
	_equal(rooms.all, {}, "rooms")


func _seat(code: String) -> Dictionary:
	var room := {"code": code, "kind": "open", "capacity": 8, "host": null, "epoch": 0}
	for name in ["listed", "locked"]:
		room[name] = false
	room["properties"] = {}
	return {"room": room, "you": 1, "members": [], "more": false}


func _written_anew() -> void:
	var it := _opened()
	var told := Told.new()
	for _many in 3:
		it.session.send("packet", {"name": "Slap", "data": null})
	it.close(-1)
	it.session.request("room.list", {}).connect("completed", told, "result")
	it.advance(1000)
	it.link().emit_signal("opened")
	it.say({"type": "session.resume", "re": "claim-1", "data": _counts("DESYNC", true)})
	_equal(it.link().first("room.list").get("id"), "1", "written")
	_fail(it, 1009, 1)
	it.greet("second")
	_equal(told.items, [EstragonProtocol.OUTCOME_UNKNOWN], "its outcome, once the session is lost")


# A session called "first" that is open.
func _opened() -> Scripted:
	var it := Scripted.new()
	it.open()
	it.greet("first")
	return it


# What its session is lost for; `does` that the first time.
func _listening(it: Scripted, does: String = "") -> Told:
	var told := Told.new()
	told.session = it.session
	told.does = does
	it.session.connect("was_lost", told, "reason")
	it.session.connect("was_reset", told, "reason")
	return told


# So many connections fail one after the other, the first with this code; the next is on its way.
func _fail(it: Scripted, code: int, count: int) -> void:
	for index in count:
		it.close(code if index == 0 else -1)
		it.advance(20000)


# A second session takes the place of the first, with its welcome or with the answer to a claim.
func _lose(it: Scripted, ended: bool) -> void:
	_fail(it, 1009 if ended else -1, 1)
	if ended:
		it.greet("second")
	else:
		_claimed(it, "second", "EXPIRED")


# The claim on the link in use is answered: the session is another.
func _claimed(it: Scripted, name: String, reason: String) -> void:
	it.greet(name)
	var claim: Dictionary = it.link().first("session.resume")
	it.say({"type": "session.resume", "re": claim["id"], "data": _counts(reason, false)})


func _counts(reason: String, kept: bool) -> Dictionary:
	return {
		"resumed": false, "session": "first", "kept": kept, "reason": reason,
		"message": "it says why", "sent": 0, "received": 0,
	}


func _patience() -> void:
	var longest := EstragonProtocol.MOST_TOLD_MS
	for pair in [
		[0.0, 1], [0.0004, 1], [30.0, 30000], [2592000.0, 2592000000], [1e12, longest],
		[INF, longest], [NAN, longest]
	]:
		_equal(EstragonAsking.milliseconds(pair[0]), pair[1], "%s s" % pair[0])
