# What a Godot 3 game says to its room's own logic, that of test/support/judge.ts.
extends "res://test/packets.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const _SERVER := {"to": "server"}


func _judged() -> void:
	var ada = yield(_open_with_packets("main"), "completed")
	var bob = yield(_open("main"), "completed")
	var made = yield(ada.rooms.create("judge", {"name": "Ada"}), "completed")
	yield(bob.rooms.join(made.room.code, "Bob"), "completed")
	var heard := Heard.new()
	bob.events.on("judge.plea", heard, "on_event")
	var told = yield(ada.events.emit("judge.plea", ["guilty"], _SERVER), "completed")
	_equal(int(told.data.get("delivered", -1)), 0, "to server alone: %s" % told)
	var to := {"to": ["server", "others", "self"]}
	var both = yield(bob.events.emit("judge.plea", ["both"], to), "completed")
	_equal(int(both.data.get("delivered", -1)), 2, "to all and the server: %s" % both)
	to = {"to": ["server", "all"]}
	var hushed = yield(bob.events.emit("judge.hush", ["x"], to), "completed")
	_equal(hushed.data.get("swallowed"), true, "swallowed: %s" % hushed)
	var refused = yield(ada.events.emit("judge.plea", [], _SERVER), "completed")
	_equal(_code(refused), EstragonProtocol.PERMISSION_DENIED, "refused")
	_check(not refused.ok and refused.error.message == "Objection!", "why: %s" % refused)
	var packet = yield(ada.packets.ask(["Slap"], _SERVER), "completed")
	_alike(packet.value, {"delivered": 0}, "a packet")
	yield(_asks_the_judge(bob), "completed")
	_equal(heard.items, [[["both"], "Bob"]], "members heard")
	var deaf = yield(_open("main"), "completed")
	yield(deaf.rooms.create("stage"), "completed")
	var unheard = yield(deaf.events.emit("game.x", [], _SERVER), "completed")
	_equal(_code(unheard), EstragonProtocol.INVALID_TARGET, "a room without logic")


func _asks_the_judge(bob: Network) -> void:
	var sum = yield(bob.functions.execute_as_server("judge.add", [5, 3]), "completed")
	_check(sum.ok and int(sum.value) == 8, "the room's sum: %s" % sum)
	var wrong = yield(bob.functions.execute_as_server("judge.add", ["5", 3]), "completed")
	_equal(_code(wrong), EstragonProtocol.INVALID_MESSAGE_DATA, "what is no number")
	var unknown = yield(bob.functions.execute_as_server("judge.unknown"), "completed")
	_equal(_code(unknown), EstragonProtocol.UNREGISTERED_HANDLER, "not registered")
	var cast = yield(
		bob.functions.execute_for_players(["server"], "judge.bless", ["x"]), "completed"
	)
	_equal(int(cast.data.get("delivered", -1)), 0, "a cast: %s" % cast)
	var who = yield(bob.queries.ask("server", "judge.who", "me"), "completed")
	_alike(who.value, ["me", "Bob"], "who asks")
	var answer = yield(bob.queries.ask("server", "judge.heard"), "completed")
	var heard := [
		["judge.plea", ["guilty"], 1],
		["judge.plea", ["both"], 2],
		["Slap", [], 1],
		["bless", ["x"], 2],
	]
	_alike(answer.value, heard, "the room heard")
