extends "res://test/together.gd"
## What a Godot 4 game does with a server that nothing was said to: rooms of the kind open.


func _opens() -> void:
	var ada := await _open("bare")
	var bob := await _open("bare")
	var map := "map %d" % Time.get_ticks_usec()
	var properties := {"map": map, "level": 3.5}
	var made := await ada.rooms.create("open", {"capacity": 4, "properties": properties})
	_check(made.ok, "made: %s" % made)
	var found := await bob.rooms.list({"kind": "open", "properties": {"map": map}})
	var rooms: Array = found.data.get("rooms", [])
	_equal(rooms.size(), 1, "found: %s" % found)
	var one: Dictionary = rooms[0]
	_equal([one["code"], one["capacity"], one["members"]], [made.room.code, 4, 1], "listed")
	_equal(one["properties"], properties, "says")
	var known_as := {"name": "Bob", "data": {"team": "blue"}}
	var joined := await bob.rooms.join(made.room.code, known_as)
	_check(joined.ok, "joined: %s" % joined)
	await _until(func() -> bool: return made.room.members.size() == 2, "Bob came")
	var its_bob: EstragonMember = made.room.members[joined.room.you]
	_equal([its_bob.name, its_bob.data], ["Bob", {"team": "blue"}], "known as")
	var cleo := await _open("bare")
	var asked := {"name": "Cleo", "properties": properties}
	var entered := await cleo.rooms.join_or_create("open", asked)
	_check(entered.ok and entered.room.code == made.room.code, "entered: %s" % entered)
	_equal(entered.room.me().name, "Cleo", "known as")
	await entered.room.leave()
	var heard: Array = []
	bob.events.on(
		"any.thing", func(args: Array, _from: EstragonMember) -> void: heard.append(args)
	)
	var emitted := await ada.events.emit("any.thing", ["hello"])
	_equal(emitted.data.get("delivered"), 1, "delivered: %s" % emitted)
	await _until(func() -> bool: return heard == [["hello"]], "heard: %s" % [heard])


func _describes() -> void:
	var pair := await _couple()
	var ada := pair[0]
	var seen := pair[1].rooms.room()
	var before: EstragonMember = seen.members[1]
	var changed: Array = []
	seen.member_changed.connect(
		func(member: EstragonMember) -> void:
			changed.append([member.number, member.name, member.data])
	)
	var described := await ada.rooms.room().describe({"name": "Adelaide", "data": {"hat": "red"}})
	_check(described.ok, "described: %s" % described)
	_equal([ada.rooms.room().me().name, ada.rooms.room().me().data], ["Adelaide", {"hat": "red"}], "")
	await _until(func() -> bool: return changed.size() == 1, "Bob heard")
	await ada.rooms.room().describe({"data": null})
	await _until(func() -> bool: return changed.size() == 2, "Bob heard again")
	_equal(changed, [[1, "Adelaide", {"hat": "red"}], [1, "Adelaide", null]], "changed")
	_equal(seen.members[1], before, "the member")
	_equal([before.role, before.away], ["host", false], "the rest of it")
	var closed := await _open("main")
	await closed.rooms.create("stage")
	var refused := await closed.rooms.room().describe({"name": "Nobody"})
	_fails(refused, EstragonProtocol.UNSUPPORTED, "where its kind lets nobody")


func _replaces() -> void:
	var pair := await _couple()
	var ada := pair[0]
	var bob := pair[1]
	var heard: Array = []
	bob.events.on_latest(
		"game.at",
		func(args: Array, from: EstragonMember, key: String) -> void:
			heard.append([args[0], key, from.name])
	)
	_equal(ada.events.emit_latest("game.at", ["known"], {"key": "old"}), null, "emitted")
	await _until(func() -> bool: return heard.size() == 1, "heard")
	_keep_away(bob)
	for at: int in 20:
		for key: String in ["a", "b"]:
			ada.events.emit_latest("game.at", ["%d" % at], {"key": key})
	await ada.rooms.list()
	bob.set_process(true)
	await _until(func() -> bool: return heard.size() == 3, "heard what it missed: %s" % [heard])
	_keep_away(ada)
	for at: int in 5:
		ada.events.emit_latest("game.at", ["back %d" % at], {"key": "a"})
	ada.set_process(true)
	await _until(func() -> bool: return heard.size() == 4, "heard who was away: %s" % [heard])
	await bob.rooms.list()
	_equal(heard, [
		["known", "old", "Ada"], ["19", "a", "Ada"], ["19", "b", "Ada"], ["back 4", "a", "Ada"]
	], "heard")
	_emits_wrongly(ada)


## What no server would take is told where it is said.
func _emits_wrongly(ada: Network) -> void:
	var wrong := {
		EstragonProtocol.INVALID_MESSAGE_DATA: ada.events.emit_latest("wave"),
		EstragonProtocol.TOO_LARGE: ada.events.emit_latest("game.at", ["x".repeat(60_000)]),
	}
	ada.disconnect_from_server()
	wrong[EstragonProtocol.CLOSED] = ada.events.emit_latest("game.at")
	for code: String in wrong:
		var error: EstragonError = wrong[code]
		_equal(error.code if error else "", code, "emitted wrongly")


## Its connection is cut, and it comes back once it is processed again.
func _keep_away(network: Network) -> void:
	network.session.cut()
	network.set_process(false)


## Ada and Bob, in one room.
func _couple() -> Array[Network]:
	var waits := {"first_wait": 0.001, "longest_wait": 0.01}
	var ada := await _open("bare", waits)
	var bob := await _open("bare", waits)
	var made := await ada.rooms.create("open", {"name": "Ada"})
	_check(made.ok, "made: %s" % made)
	var joined := await bob.rooms.join(made.room.code, "Bob")
	_check(joined.ok, "joined: %s" % joined)
	return [ada, bob]
