# What a session goes through on a network that was made worse, in a time that is the test's. Prints
# TAP.
extends "res://test/cases.gd"

# warning-ignore-all:return_value_discarded

const EstragonLag := preload("res://addons/estragon/lag.gd")
const EstragonLuck := preload("res://addons/estragon/luck.gd")
const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const Scripted := preload("res://test/scripted.gd")
const State := preload("res://addons/estragon/session.gd").State

const _CASES := [
	["over a lag everything comes late and in order, both ways", "_late"],
	["the same seed does the same on each connection, another seed another", "_seeds"],
	["a stall holds everything for half a second, and then it comes together", "_stall"],
	["a cut takes what was on its way, and the session sends it again", "_cut"],
	["a lag that ends leaves nothing on its way, and slows nothing", "_end"],
	["a lag may begin while the game plays, and even where the session was lost", "_begin"],
	["what is on its way fills the buffer, and what the socket does not take waits", "_buffers"],
	["who says goodbye has sent what was on its way", "_goodbye"],
	["a lag that makes no sense is refused, one that does is told with its seed", "_told_of"],
]


# Remembers when what came.
class Heard:
	extends Reference

	var items: Array = []
	var world
	var scripted

	func message(its_message) -> void:
		items.append([int(its_message.data["args"][0]), world.time])

	func text(its_text: String) -> void:
		items.append(its_text)

	func begin(_reason: String) -> void:
		scripted.session.lag({"delay": 50})


func _initialize() -> void:
	_tell_all(_CASES)


func _late() -> void:
	var it := _opened({"delay": 80, "jitter": 20, "seed": 7})
	var heard := _listening(it)
	var began: float = it.world.time
	for number in range(1, 101):
		it.session.send("packet", {"name": "Number", "data": number})
		_push(it, number)
		it.advance(7)
	_equal(_numbers(it).size() < 100, true, "some are on their way")
	for _more in 20:
		it.advance(7)
	_equal(_numbers(it), range(1, 101), "what went out")
	var came := []
	var delays := {}
	for one in heard.items:
		came.append(one[0])
		var delay: float = one[1] - began - (one[0] - 1) * 7
		delays[delay] = true
		_check(delay >= 60 and delay < 100 + 7 + 40, "number %d took %s ms" % [one[0], delay])
	_equal(came, range(1, 101), "what came in")
	_check(delays.size() > 3, "and not all as late: %s" % [delays.keys()])


func _seeds() -> void:
	_equal(_course(7, 1), _course(7, 1), "the same seed")
	_check(_course(7, 1) != _course(8, 1), "another seed")
	_check(_course(7, 1) != _course(7, 2), "another connection")


func _stall() -> void:
	var it := _opened({"stall": 1.0, "seed": 3})
	var heard := _listening(it)
	var began: float = it.world.time
	for number in range(1, 160):
		it.session.send("packet", {"name": "Number", "data": number})
		_push(it, number)
		it.advance(10)
		var after: float = it.world.time - began
		if after == 990.0 or after == 1490.0:
			_equal(_numbers(it).back(), 99, "the last that went out after %d ms" % after)
			_equal(heard.items.back()[0], 99, "the last that came after %d ms" % after)
	_equal(_numbers(it), range(1, 160), "nothing is lost")
	_equal(heard.items.size(), 159, "nor of what came in")


func _cut() -> void:
	var it := _opened({"delay": 100, "cut": 1.0, "seed": 3})
	it.advance(950)
	it.session.send("packet", {"name": "Number", "data": 1})
	_push(it, 1)
	it.advance(49)
	_equal(it.session.state, State.OPEN, "before a second has gone")
	it.advance(1)
	_equal(it.session.state, State.AWAY, "after it")
	_check(it.links[0].is_over, "the link is cut")
	_equal(_numbers(it), [], "what went out")
	it.session.lag({})
	it.advance(1000)
	it.link().emit_signal("opened")
	var claim: Dictionary = it.link().first("session.resume")["data"]
	_equal([claim["sent"], claim["received"]], [1, 0], "the claim")
	var counts := {"resumed": true, "session": "first", "sent": 0, "received": 0}
	it.say({"type": "session.resume", "re": "claim-1", "data": counts})
	_equal(_numbers(it), [1], "what goes out again")


func _end() -> void:
	var it := _opened({"delay": 5000, "seed": 1})
	var heard := _listening(it)
	for number in [1, 2]:
		it.session.send("packet", {"name": "Number", "data": number})
		_push(it, number)
	it.advance(100)
	_equal([_numbers(it), heard.items], [[], []], "on its way")
	it.session.lag({})
	it.session.send("packet", {"name": "Number", "data": 3})
	_push(it, 3)
	it.advance(1)
	it.session.send("packet", {"name": "Number", "data": 4})
	it.link().emit_signal("received", JSON.print(_message(4)))
	_equal(_numbers(it), [1, 2, 3, 4], "what went out")
	_equal([heard.items.size(), heard.items.back()[0]], [4, 4], "what came in")


func _begin() -> void:
	var it := Scripted.new()
	it.open()
	it.greet("first")
	var heard := _listening(it)
	_equal(it.session.lag({"delay": 50}), null, "nothing is wrong")
	_push(it, 1)
	it.session.send("packet", {"name": "Number", "data": 1})
	_equal([_numbers(it), heard.items], [[], []], "late from now on")
	it.advance(50)
	_equal([_numbers(it), heard.items], [[1], [[1, it.world.time]]], "and then there")
	it.session.lag({})
	var told := Heard.new()
	told.scripted = it
	it.session.connect("was_lost", told, "begin")
	it.close(1009)
	it.advance(1)
	it.advance(1000)
	it.greet("second")
	_equal([it.session.state, it.session.id], [State.OPEN, "second"], "where it was lost")


func _buffers() -> void:
	var it := _opened({"delay": 50})
	it.link().room = 300
	var before: int = it.session._outgoing.written
	for number in range(1, 21):
		it.session.send("packet", {"name": "Number", "data": number})
	var on_its_way: int = it.session._outgoing.written - before
	_check(on_its_way >= 1 and on_its_way <= 6, "what 300 bytes hold: %d" % on_its_way)
	it.link().room = 0
	it.advance(1000)
	_equal(_numbers(it), [], "while the socket takes nothing")
	it.link().room = 300
	for _frame in 100:
		it.advance(10)
		_check(it.link().taken <= 300, "at most what the buffer holds: %d" % it.link().taken)
	_equal(_numbers(it), range(1, 21), "everything, in order")


func _goodbye() -> void:
	var it := _opened({"delay": 500})
	it.session.send("packet", {"name": "Number", "data": 1})
	it.session.close()
	_equal([_numbers(it), it.links[0].is_over], [[1], true], "written, then closed")


func _told_of() -> void:
	var it := Scripted.new()
	var told := Heard.new()
	it.session.connect("warned", told, "text")
	for wrong in [{"cut": 2}, {"delay": -1}, {"latency": 80}, {"delay": "80"}]:
		var problem = it.session.lag(wrong)
		_equal(problem.code, EstragonProtocol.INVALID_MESSAGE_DATA, JSON.print(wrong))
		_check(problem.message.begins_with("lag." + wrong.keys()[0]), problem.message)
	_equal(told.items, [], "told of what was refused")
	it.session.lag({"delay": 80, "jitter": 20, "cut": 0.01, "stall": 0.02, "seed": 1})
	it.session.lag({"delay": 80})
	it.session.lag({})
	_equal(told.items, [
		"lag is on: delay=80,jitter=20,cut=0.01,stall=0.02,seed=1",
		"lag is on: delay=80,jitter=0,cut=0,stall=0,seed=2147483647",
	], "told")


# A session that is open over such a network.
func _opened(options: Dictionary) -> Scripted:
	var it := Scripted.new()
	it.session.lag(options)
	it.open()
	it.greet("first")
	for _frame in 12:
		if it.session.state != State.OPEN:
			it.advance(options.get("delay", 0) + options.get("jitter", 0))
	var now: float = it.world.time
	it.session.lag({})
	it.advance(0)
	it.session.lag(options)
	_equal([it.session.state, it.world.time], [State.OPEN, now], "open")
	return it


func _listening(it: Scripted) -> Heard:
	var heard := Heard.new()
	heard.world = it.world
	it.session.connect("message_received", heard, "message")
	return heard


# The server says this number.
func _push(it: Scripted, number: int) -> void:
	it.link().emit_signal("received", JSON.print(_message(number)))


func _message(number: int) -> Dictionary:
	var from := {"member": 1, "player": null, "session": "s", "role": "player", "name": "Ada"}
	return {"type": "event", "room": "ABCDEF", "from": from, "data": {"name": "a.b", "args": [number]}}


# The numbers that were written to the link in use.
func _numbers(it: Scripted) -> Array:
	var found := []
	for message in it.link().sent:
		if message["type"] == "packet":
			found.append(int(message["data"]["data"]))
	return found


func _course(from_seed: int, connection: int) -> String:
	var options := {"delay": 100, "jitter": 90, "cut": 0.3, "stall": 0.3, "seed": from_seed}
	var luck := EstragonLuck.new(EstragonLag.new(options, 0.0), connection)
	var course := []
	for _one in 20:
		course.append([luck.up(), luck.down(), luck.second()])
	return JSON.print(course)
