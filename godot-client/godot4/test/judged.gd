extends "res://test/packets.gd"
## What a Godot 4 game says to its room's own logic, that of test/support/judge.ts.

const _SERVER: Dictionary = {"to": "server"}


func _judged() -> void:
	var ada := await _open_with_packets("main")
	var bob := await _open("main")
	var room := (await ada.rooms.create("judge", {"name": "Ada"})).room
	await bob.rooms.join(room.code, "Bob")
	var heard: Array = []
	bob.events.received.connect(
		func(name: String, args: Array, _from: EstragonMember, _room: String) -> void:
			heard.append([name, args])
	)
	var told := await ada.events.emit("judge.plea", ["guilty"], _SERVER)
	_equal(told.data.get("delivered"), 0, "to server alone: %s" % told)
	var both := await bob.events.emit("judge.plea", ["both"], {"to": ["server", "others", "self"]})
	_equal(both.data.get("delivered"), 2, "to all and the server: %s" % both)
	var hushed := await bob.events.emit("judge.hush", ["x"], {"to": ["server", "all"]})
	_equal([hushed.data.get("delivered"), hushed.data.get("swallowed")], [0, true], "swallowed")
	var refused := await ada.events.emit("judge.plea", [], _SERVER)
	_fails(refused, EstragonProtocol.PERMISSION_DENIED, "refused")
	_equal(refused.error.message if refused.error else "", "Objection!", "why")
	var packet := await ada.packets.ask(["Slap"], _SERVER)
	_equal(packet.value, {"delivered": 0}, "a packet: %s" % packet)
	await _asks_the_judge(bob)
	_equal(heard, [["judge.plea", ["both"]]], "members heard")
	var deaf := await _open("main")
	await deaf.rooms.create("stage")
	var unheard := await deaf.events.emit("game.x", [], _SERVER)
	_fails(unheard, EstragonProtocol.INVALID_TARGET, "a room without logic")


func _asks_the_judge(bob: Network) -> void:
	var sum := await bob.functions.execute_as_server("judge.add", [5, 3])
	_equal(sum.value, 8.0, "the room's sum: %s" % sum)
	var wrong := await bob.functions.execute_as_server("judge.add", ["5", 3])
	_fails(wrong, EstragonProtocol.INVALID_MESSAGE_DATA, "what is no number")
	var unknown := await bob.functions.execute_as_server("judge.unknown")
	_fails(unknown, EstragonProtocol.UNREGISTERED_HANDLER, "not registered")
	var cast := await bob.functions.execute_for_players(["server"], "judge.bless", ["x"])
	_equal(cast.data.get("delivered"), 0, "a cast: %s" % cast)
	var who := await bob.queries.ask("server", "judge.who", "me")
	_equal(who.value, ["me", "Bob"], "who asks: %s" % who)
	var answer := await bob.queries.ask("server", "judge.heard")
	_equal(answer.value, [
		["judge.plea", ["guilty"], 1.0],
		["judge.plea", ["both"], 2.0],
		["Slap", [], 1.0],
		["bless", ["x"], 2.0],
	], "the room heard")
