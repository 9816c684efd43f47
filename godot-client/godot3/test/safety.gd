# What is told of what was refused and nobody waited for, what is refused before it is sent, and how
# soon a session comes back. Prints TAP.
extends "res://test/cases.gd"

# warning-ignore-all:return_value_discarded
# warning-ignore-all:function_may_yield

const EstragonChannels := preload("res://addons/estragon/channels.gd")
const EstragonRooms := preload("res://addons/estragon/rooms.gd")
const Scripted := preload("res://test/scripted.gd")
const State := preload("res://addons/estragon/session.gd").State

const _ANY := "any JSON value with finite numbers, nested at most 24 deep"
const _CASES := [
	["a failure that nobody looks at is told, with its request and place", "_unseen"],
	["a failure that somebody looks at is told to nobody else", "_seen"],
	["what is refused before it is sent is told as well", "_refused_here"],
	["what one gives up by leaving is no news", "_left"],
	["what cannot be sent is returned, and told", "_unsent"],
	["a library that looks at a failure does not hide it", "_looked_through"],
	["what is no JSON is named at its place", "_misfits"],
	["a device that is back is tried at once", "_woken"],
	["a device that says it often is tried once a second, and never before its time", "_often"],
	["a device that says so right after a try is tried a second after it", "_just_tried"],
	["while the seat is kept a try comes every 2 s at most", "_kept"],
	["a connection that died unnoticed is found out at once", "_probed"],
	["a connection that lives is left alone", "_alive"],
]


# Remembers what it was told.
class Told:
	extends Reference

	var errors: Array = []

	func error(its_error) -> void:
		errors.append(its_error)

	func codes() -> Array:
		var all := []
		for one in errors:
			all.append(one.code)
		return all


# Looks at a result in one way.
class Looks:
	extends Reference

	var at: String = ""

	func result(its_result) -> void:
		if at == "text":
			str(its_result)
		elif at:
			its_result.get(at)


func _initialize() -> void:
	_tell_all(_CASES)


func _unseen() -> void:
	var it := _opened()
	var told := _listening(it)
	it.session.request("room.leave", {})
	it.link().emit_signal("received", JSON.print(_refusal("1", "NOT_IN_ROOM")))
	_equal(told.codes(), [], "not while somebody may look")
	it.session.poll()
	_equal(told.codes(), ["NOT_IN_ROOM"], "told")
	_equal(told.errors[0].request, "room.leave", "of which request")
	_check_place(told.errors[0])
	it.session.poll()
	_equal(told.errors.size(), 1, "and once")


func _seen() -> void:
	var it := _opened()
	var told := _listening(it)
	var number := 0
	for at in ["ok", "error", "data", "value", "room", "text", ""]:
		number += 1
		var looks := Looks.new()
		looks.at = at
		it.session.request("room.leave", {}).connect("completed", looks, "result")
		it.say(_refusal(str(number), "NOT_IN_ROOM"))
		it.session.poll()
		_equal(told.errors.size(), 0 if at else 1, "told after a look at '%s'" % at)


func _refused_here() -> void:
	var it := _opened()
	var told := _listening(it)
	it.session.request("room.join", {"code": 3})
	it.session.poll()
	it.session.poll()
	_equal(told.codes(), ["INVALID_MESSAGE_DATA"], "told")
	_check_place(told.errors[0])
	it.session.close()
	it.session.request("room.leave", {})
	it.session.poll()
	it.session.poll()
	_equal(told.codes(), ["INVALID_MESSAGE_DATA", "CLOSED"], "once it is closed")


func _left() -> void:
	var it := _opened()
	var told := _listening(it)
	it.session.request("room.leave", {})
	it.session.close()
	it.session.poll()
	_equal(told.codes(), [], "told")


func _unsent() -> void:
	var it := _opened()
	var told := _listening(it)
	var error = it.session.send("packet", {"name": "Slap", "data": Vector2(1, 1)})
	it.session.poll()
	_equal(error.code, "INVALID_MESSAGE_DATA", "returned")
	_check(told.errors == [error], "told")
	_check_place(error)
	_check("packet.data: expected" in error.in_full(), "all of it")
	var where: String = "(called at %s)" % error.place
	_equal(error.in_full().ends_with(where), error.place != "", "says where")


func _looked_through() -> void:
	var it := _opened()
	var rooms := EstragonRooms.new(it.session)
	var channels := EstragonChannels.new(it.session)
	var told := _listening(it)
	rooms.join("AAAAAA")
	channels.leave(3)
	it.say(_refusal("1", "ROOM_NOT_FOUND"))
	it.say(_refusal("2", "CHANNEL_NOT_FOUND"))
	it.session.poll()
	_equal(told.codes(), ["ROOM_NOT_FOUND", "CHANNEL_NOT_FOUND"], "told")


func _misfits() -> void:
	var it := _opened()
	var beyond := 9007199254740993
	var cases := [
		[{"players": [{"pos": {"y": NAN}}]}, "[0].players[0].pos.y: expected %s" % _ANY],
		[Vector2(1, 2), "[0]: expected %s; got a Vector2: say [x, y]" % _ANY],
		[{"at": [Vector3()]}, "[0].at[0]: expected %s; got a Vector3: say [x, y, z]" % _ANY],
		[{"a": {3: 1}}, '[0].a: expected keys of text; got the key 3: say "3"'],
		[
			[beyond],
			"[0][0]: expected %s; got %d, which is beyond 2^53: say it as text" % [_ANY, beyond],
		],
		[self, "[0]: expected %s; got an object" % _ANY],
		[PoolIntArray([1]), "[0]: expected %s; got a pool array: say Array(it)" % _ANY],
	]
	for case in cases:
		var wrong = it.session.send("event.emit", {"name": "game.wave", "args": [case[0]]})
		_equal(wrong.message, "event.emit.args" + case[1], "says")
	var without = it.session.send("event.emit", {"name": "game.wave"})
	var missing := "event.emit.args: expected an array of at most 64 items, but is missing"
	_equal(without.message, missing, "says")
	for fine in [beyond - 2, -beyond + 2, 1e300, {"key": null}]:
		var error = it.session.send("event.emit", {"name": "game.wave", "args": [fine]})
		_check(error == null, "what JSON can say is sent: %s" % error)


func _woken() -> void:
	var it := _opened()
	it.advance(1500)
	it.close(-1)
	it.session.wake()
	_equal(it.links.size(), 2, "connections")
	_equal(it.session.state, State.AWAY, "state")


func _often() -> void:
	var it := _opened()
	it.advance(1500)
	it.close(-1)
	it.session.wake()
	it.session.wake()
	_equal(it.links.size(), 2, "connections at once")
	it.advance(1000)
	it.session.wake()
	_equal(it.links.size(), 3, "one that got nowhere is given up")
	_check(it.links[1].is_over, "and cut")
	it.greet("second")
	var claim: Dictionary = it.link().first("session.resume")
	var refusal := _refusal(claim["id"], "RATE_LIMITED")
	refusal["data"]["retry_ms"] = 9000
	it.say(refusal)
	it.advance(5000)
	it.session.wake()
	_equal(it.links.size(), 3, "the server said to wait")
	it.advance(4000)
	_equal(it.links.size(), 4, "and then no longer")


func _just_tried() -> void:
	var it := _opened()
	it.close(-1)
	_longest_wait(it, 60000)
	var before: int = it.links.size()
	while it.links.size() == before:
		it.advance(1)
	it.close(-1)
	it.advance(400)
	it.session.wake()
	it.advance(599)
	_equal(it.links.size(), before + 1, "connections within a second")
	it.advance(1)
	_equal(it.links.size(), before + 2, "and then")


func _kept() -> void:
	var it := _opened()
	it.close(-1)
	# Chance is a half here.
	var longest := _longest_wait(it, 30000)
	_check(longest > 900 and longest <= 1050, "longest wait %s" % longest)
	var late := _longest_wait(it, 60000)
	_check(late > 4900 and late <= 5050, "and later %s" % late)


# How long it waited at most, in so much time in which no try succeeds.
func _longest_wait(it: Scripted, ms: float) -> float:
	var longest := 0.0
	var last: float = it.world.time
	var until: float = it.world.time + ms
	while it.world.time < until:
		var before: int = it.links.size()
		it.advance(50)
		if it.links.size() > before:
			longest = max(longest, it.world.time - last)
			last = it.world.time
			it.close(-1)
	return longest


func _probed() -> void:
	var it := _opened()
	it.advance(100)
	it.session.wake()
	it.advance(1999)
	_equal(it.session.state, State.OPEN, "has its time")
	it.advance(1)
	_equal(it.session.state, State.AWAY, "and no more")


func _alive() -> void:
	var it := _opened()
	it.advance(100)
	it.link().sent.clear()
	it.session.wake()
	it.session.wake()
	_equal(it.link().sent.size(), 1, "asks once")
	it.say({"type": "ping", "re": it.link().first("ping")["id"], "data": {"time": 1.0}})
	it.advance(4000)
	_equal(it.session.state, State.OPEN, "stays")


func _opened() -> Scripted:
	var it := Scripted.new()
	it.open()
	it.greet("first")
	it.say({"type": "session.hello", "re": "hello", "data": {"resume": true}})
	return it


func _listening(it: Scripted) -> Told:
	var told := Told.new()
	it.session.connect("error_received", told, "error")
	return told


func _refusal(re: String, code: String) -> Dictionary:
	var data := {"code": code, "status": 404, "message": "no"}
	return {"type": "error", "re": re, "data": data}


# Where the engine tells where a call was made.
func _check_place(error) -> void:
	if not get_stack().empty():
		_check(error.place.begins_with("res://test/safety.gd:"), "place " + error.place)
