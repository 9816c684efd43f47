extends "res://test/telling.gd"
## What a Godot 4 game goes through with Bob and Cleo, two players whom the director of
## test/support/director.ts sends into a room of the kind stage.

## Whom Bob and Cleo are told by what to do.
var _director: Network
var _bob: Dictionary
var _cleo: Dictionary


func _emits() -> void:
	var network := await _gather()
	var heard: Array = []
	network.events.on(
		"module.m", func(args: Array, from: EstragonMember) -> void: heard.append([args, from.name])
	)
	var emitted := await network.events.emit("module.m", ["foo", "bar", "bat"])
	_equal(emitted.data.get("delivered"), 2, "delivered to")
	var all := await _heard(1)
	_equal(all["bob"], [["foo", "bar", "bat"]], "Bob heard")
	_equal(all["cleo"], [["foo", "bar", "bat"]], "Cleo heard")
	await network.events.emit("module.m", ["Bob alone"], {"to": "player:%s" % _bob["player"]})
	all = await _heard(2)
	_equal([all["bob"], all["cleo"]], [
		[["foo", "bar", "bat"], ["Bob alone"]], [["foo", "bar", "bat"]]
	], "then they heard")
	_check(heard.is_empty(), "we heard ourselves: %s" % [heard])
	await _do("emit", [["to all"]])
	await _until(func() -> bool: return heard == [[["to all"], "Bob"]], "Bob is heard: %s" % [heard])
	var partly := await network.events.emit("module.m", [], {"to": ["self", "player:nobody"]})
	_equal(partly.data.get("unreached"), ["player:nobody"], "unreached")
	await _act(network)


## One event that stands for many.
func _act(network: Network) -> void:
	var waves: Array = []
	var errors: Array[String] = []
	network.error_received.connect(func(error: EstragonError) -> void: errors.append(error.code))
	var actions := network.events.actions("module.m", {
		"WAVE": func(payload: Variant, from: EstragonMember) -> void:
			waves.append([payload, from.name]),
	})
	await _do("emit", [[{"type": "WAVE", "payload": 3}]])
	await _do("emit", [[{"type": "BOW", "payload": 3}]])
	await _do("emit", [[]])
	await actions.emit("WAVE", "to myself", {"to": "self"})
	var name := network.rooms.room().me().name
	await _until(func() -> bool: return waves.size() == 2 and errors.size() == 2, "acted")
	_equal(waves, [[3.0, "Bob"], ["to myself", name]], "waves")
	_equal(errors, [EstragonProtocol.UNREGISTERED_HANDLER, EstragonProtocol.UNREGISTERED_HANDLER], "")
	actions.off()
	await actions.emit("WAVE", "unheard", {"to": "self"})
	_equal(waves.size(), 2, "after off, waves")


func _acknowledges() -> void:
	var network := await _gather()
	var said: Array = ["foo", {"bar": [1.5, null]}, true]
	var emitted := await network.events.emit("module.m", said)
	_check(emitted.ok, "emitted: %s" % emitted)
	var all := await _heard(1)
	var heard: Array = all["bob"]
	_equal(emitted.data.get("args"), heard[0], "acknowledged")
	_equal(emitted.data.get("args"), said, "acknowledged")
	var alone := await _open("main")
	await alone.rooms.create("stage")
	emitted = await alone.events.emit("module.m", said)
	_equal(emitted.data.get("args"), said, "acknowledged alone")
	_equal(emitted.data.get("delivered"), 0, "delivered alone")


func _asks() -> void:
	var network := await _gather()
	var bob: String = _bob["player"]
	var before := await _heard(0)
	var eight := await network.queries.ask(bob, "game.eight")
	_equal(eight.value, 8.0, "Bob's answer: %s" % eight)
	var patient := await network.queries.ask(bob, "game.eight", null, INF)
	_equal(patient.value, 8.0, "Bob's answer to who waits for ever: %s" % patient)
	var boom := await network.queries.ask(bob, "game.boom")
	_fails(boom, EstragonProtocol.REMOTE_ERROR, "boom")
	_equal(boom.error.message, "boom", "why")
	_equal(boom.error.cause, {"member": _bob["number"], "player": bob}, "whose it was")
	var unheard := await network.queries.ask(bob, "game.unheard_of")
	_fails(unheard, EstragonProtocol.UNREGISTERED_HANDLER, "unheard of")
	var nobody := await network.queries.ask("nobody", "game.eight")
	_fails(nobody, EstragonProtocol.INVALID_TARGET, "nobody")
	var began := Time.get_ticks_msec()
	var slow := await network.queries.ask("session:%s" % _bob["session"], "game.slow", null, 0.2)
	_fails(slow, EstragonProtocol.TIMEOUT, "slow")
	var waited := Time.get_ticks_msec() - began
	_check(waited >= 200 and waited < 1_500, "waited %d ms" % waited)
	var after := await _heard(0)
	_equal(after["cleo_frames"], before["cleo_frames"], "frames that Cleo saw")
	await _answers(network)


## Bob asks us.
func _answers(network: Network) -> void:
	var asked: Array = []
	var warnings: Array[String] = []
	network.warned.connect(func(text: String) -> void: warnings.append(text))
	var add := func(data: Variant, options: Dictionary) -> Variant:
		var from: EstragonMember = options["from"]
		asked.append([options.keys(), options["timeout"], from.name])
		await create_timer(0.05).timeout
		var numbers: Array = data
		return numbers[0] + numbers[1]
	_check(network.queries.register("game.add", add), "registered")
	_check(not network.queries.register("game.add", add), "not twice")
	_check(not network.queries.register("add", add), "not without a prefix")
	_equal(warnings.size(), 2, "warnings: %s" % [warnings])
	var returned := {
		"game.error": EstragonError.local("MINE", "no more of this"),
		"game.nothing": null,
		"game.object": network,
		"game.large": "x".repeat(EstragonProtocol.LIMIT_MESSAGE_BYTES),
	}
	for name: String in returned:
		var value: Variant = returned[name]
		var say := func(_data: Variant, _options: Dictionary) -> Variant: return value
		network.queries.register(name, say)
	_equal(await _asked(network, "game.add", [3, 4]), {"value": 7.0}, "Bob is told")
	_equal(asked, [[["timeout", "from"], 5.0, "Bob"]], "was asked with")
	_equal(await _asked(network, "game.nothing"), {"value": null}, "Bob is told")
	var remote := EstragonProtocol.REMOTE_ERROR
	var expected := {
		"game.error": [remote, "no more of this"],
		"game.object": [remote, "expected any JSON value"],
		"game.large": [remote, "expected at most"],
		"game.unheard_of": [EstragonProtocol.UNREGISTERED_HANDLER, "game.unheard_of"],
	}
	for name: String in expected:
		var told: Dictionary = await _asked(network, name)
		var wanted: Array = expected[name]
		var text := str(told.get("message"))
		_equal(told.get("code"), wanted[0], "Bob asked %s" % name)
		_check(text.contains(str(wanted[1])), "told of %s: %s" % [name, text])
	_equal(warnings.size(), 5, "failures told here too: %s" % [warnings])
	var unknown: Array = []
	network.error_received.connect(func(error: EstragonError) -> void: unknown.append(error.code))
	network.session._receive('{"type":"query","id":"s99","data":{"name":"unreadable"}}')
	network.session._resume.received -= 1
	await _until(func() -> bool: return unknown == ["UNKNOWN_REQUEST"], "the unreadable is declined")
	network.queries.unregister("game.add")
	var gone: Dictionary = await _asked(network, "game.add", [3, 4])
	_equal(gone.get("code"), EstragonProtocol.UNREGISTERED_HANDLER, "after unregister")


func _prompts() -> void:
	var network := await _gather()
	var prompts: Array[EstragonPrompt] = []
	var answer := func(prompt: EstragonPrompt) -> void:
		prompts.append(prompt)
		prompt.handled = true
		prompt.answer.call_deferred(true if prompt.is_confirm else prompt.choices[1])
	network.queries.prompted.connect(answer)
	var trade := {"title": "Trade", "text": "Sword for map?", "choices": ["Yes", "Never"]}
	_equal(await _asked(network, "dialog", trade), {"value": "Never"}, "the dialog")
	_equal(await _asked(network, "confirm", {"text": "Sure?"}), {"value": true}, "the confirm")
	var first := prompts[0]
	_equal([first.title, first.text, first.from.name], ["Trade", "Sword for map?", "Bob"], "asked")
	_equal(first.choices, PackedStringArray(["Yes", "Never"]), "choices")
	_check(prompts[1].is_confirm and not first.is_confirm, "which is which")
	network.queries.prompted.disconnect(answer)
	await _prompts_by_popup(network, trade)
	network.queries.prompted.connect(func(prompt: EstragonPrompt) -> void: prompt.handled = true)
	network.queries.prompted.connect(prompts.append)
	var late: Dictionary = await _asked(network, "confirm", {"text": "Quick?"}, 100)
	_equal(late.get("code"), EstragonProtocol.TIMEOUT, "nobody answered")
	await _until(func() -> bool: return not prompts[-1].is_open, "the prompt is closed")
	var mine := func(_data: Variant, _options: Dictionary) -> String: return "mine"
	network.queries.register("dialog", mine)
	_equal(await _asked(network, "dialog", trade), {"value": "mine"}, "a dialog of our own")


func _prompts_by_popup(network: Network, trade: Dictionary) -> void:
	var told: Array = []
	var ask := func(name: String, data: Dictionary) -> void:
		told.append(await _asked(network, name, data))
	paused = true
	ask.call("dialog", trade)
	await _until(func() -> bool: return _buttons(network) == ["Yes", "Never"], "the popup shows")
	_press(KEY_SPACE)
	_press(KEY_TAB)
	_press(KEY_TAB)
	_press(KEY_SPACE)
	await _until(func() -> bool: return told.size() == 1, "chose by keyboard")
	_equal(told, [{"value": "Never"}], "the choice")
	ask.call("confirm", {"text": "Sure?"})
	await _until(func() -> bool: return _buttons(network).size() == 2, "the popup shows again")
	_press(KEY_ESCAPE)
	await _until(func() -> bool: return told.size() == 2, "escaped")
	_equal(told[1], {"value": false}, "escape says")
	ask.call("dialog", {"text": "Alone?"})
	await _until(func() -> bool: return _buttons(network) == ["OK"], "the popup offers to agree")
	_press(KEY_ESCAPE)
	await _until(func() -> bool: return told.size() == 3, "escaped again")
	_equal(told[2], {"value": null}, "escape says")
	paused = false
	_equal(_buttons(network), [], "the popup is gone")


func _executes() -> void:
	var made: Dictionary = await _call_company("make")
	var network := await _open("main")
	await network.players.identify("Ada", "executes")
	var us: String = network.players.me["id"]
	var joined := await network.rooms.join("%s-%s" % [
		str(made["code"]).left(3).to_lower(), str(made["code"]).right(3)
	])
	_check(joined.ok, "joined: %s" % joined)
	var room := joined.room
	_equal(room.host.name if room.host else "", "Bob", "the host")
	var functions := network.functions
	var sum := await functions.execute_as_host("game.add", [5, 3])
	_equal(sum.value, 8.0, "the host's sum: %s" % sum)
	for cast: EstragonResult in [
		await functions.execute_for_players([], "game.add", [5, 3]),
		await network.events.emit("module.m", [], {"to": []}),
		await network.packets.ask(["Slap"], {"to": []}),
	]:
		_check(cast.ok, "nobody was meant: %s" % cast)
	_equal((await functions.execute_as_host("game.whose")).value, us, "who it was for")
	var by_bob := await functions.execute_as_player(str(_bob["player"]), "game.add", [1, 2])
	_equal(by_bob.value, 3.0, "Bob's sum")
	var runs: Array = []
	var mine := func(args: Array, from: EstragonMember) -> Variant:
		runs.append([args, from.name])
		return EstragonError.local("MINE", "boom") if args else "done"
	functions.register("game.mine", mine)
	var boom := await functions.execute_as_player(us, mine, ["please"])
	_fails(boom, EstragonProtocol.REMOTE_ERROR, "fails here as elsewhere")
	var release: Array = []
	var idle := func(_args: Array, _from: EstragonMember) -> void:
		while release.is_empty():
			await process_frame
	functions.register("game.idle", idle)
	var late := await functions.execute_as_player("self", idle, [], {"timeout": 0.05})
	_fails(late, EstragonProtocol.TIMEOUT, "late here as elsewhere")
	release.append(true)
	_check((await functions.execute_as_player("self", idle)).ok, "in time")
	var everyone := await functions.execute_for_everyone("game.mine")
	_equal(everyone.data.get("delivered"), 3, "delivered to everyone")
	await functions.execute_for_others(mine)
	await functions.execute_for_other_hosts(mine)
	await functions.execute_for_hosts(mine)
	var ids: Array = [us]
	await functions.execute_for_players(ids, mine, ["by id"])
	_equal(runs, [[["please"], "Ada"], [[], "Ada"], [["by id"], "Ada"]], "ran here")
	_equal(ids, [us], "the caller's array")
	var wrong := await functions.execute_for_players(us, mine)
	_fails(wrong, EstragonProtocol.INVALID_MESSAGE_DATA, "no array")
	await _hosts(network, room, mine)


## We become the host, and nobody is.
func _hosts(network: Network, room: EstragonRoom, mine: Callable) -> void:
	var hosts: Array = []
	var roles: Array = []
	room.role_changed.connect(
		func(member: EstragonMember) -> void: roles.append([member.number, member.role])
	)
	room.host_changed.connect(
		func(host: EstragonMember) -> void: hosts.append(host.number if host else 0)
	)
	await _call_company("assign", [room.you, "assistant"])
	await _until(func() -> bool: return roles == [[room.you, "assistant"]], "assistant: %s" % [roles])
	_check(not room.is_host, "not yet the host")
	await _call_company("part", ["bob"])
	await _until(func() -> bool: return room.is_host, "the host now: %s" % [hosts])
	_equal(room.host, room.me(), "the host")
	var before := network.session._outgoing._ledger.sent
	var done := await network.functions.execute_as_host(mine)
	_equal(done.value, "done", "done here: %s" % done)
	var unknown := await network.functions.execute_as_host("game.unheard_of")
	_fails(unknown, EstragonProtocol.UNREGISTERED_HANDLER, "not registered here")
	_equal(network.session._outgoing._ledger.sent, before, "frames sent")
	var higher := await room.assign(room.you, "host")
	_fails(higher, EstragonProtocol.PERMISSION_DENIED, "an assistant may not assign")
	var cleo: int = _cleo["number"]
	_check((await room.kick(cleo, {"reason": "too loud"})).ok, "kicked Cleo")
	await _until(func() -> bool: return room.members.size() == 1, "Cleo is gone")
	_equal(hosts, [room.you], "hosts")
	var lonely := await _open("main")
	var made := await lonely.rooms.create("stage")
	await made.room.assign(made.room.you, "player")
	_equal(made.room.host, null, "who gave it up")
	var nobody := await lonely.functions.execute_as_host("game.add", [5, 3])
	_fails(nobody, EstragonProtocol.NO_HOST, "nobody is host")


func _makes_a_room() -> void:
	var network := await _open("main")
	var map := "map %d" % Time.get_ticks_usec()
	var made := await network.rooms.create(
		"stage", {"capacity": 4, "properties": {"map": map}, "name": "Ada"}
	)
	_check(made.ok, "made: %s" % made)
	var room := made.room
	_equal([room.kind, room.capacity, room.listed, room.locked], ["stage", 4, true, false], "says")
	_check(room.is_host and room.me().role == "host", "who makes a room is its host")
	var other := await _open("main")
	var found := await other.rooms.list({"kind": "stage", "properties": {"map": map}})
	var rooms: Array = found.data.get("rooms", [])
	_equal(rooms.size(), 1, "found: %s" % found)
	var one: Dictionary = rooms[0]
	_equal([one["code"], one["members"]], [room.code, 1], "the room found")
	var none := await other.rooms.list({"kind": "stage", "properties": {"map": "nowhere"}})
	_equal(none.data.get("rooms"), [], "elsewhere")
	_check((await room.lock()).ok and room.locked, "locked")
	_fails(await other.rooms.join(room.code), EstragonProtocol.ROOM_LOCKED, "locked out")
	_check((await room.lock(false)).ok and not room.locked, "unlocked")
	var entered := await other.rooms.join_or_create("stage", "Eve", null, {"map": map})
	_check(entered.ok and entered.room.code == room.code, "found by what it says: %s" % entered)
	_equal(entered.room.host.name, "Ada", "its host")
	var seen: Array = []
	entered.room.updated.connect(
		func() -> void: seen.append([other.rooms.room().properties, other.rooms.room().listed])
	)
	await room.update({"properties": {"map": null, "mode": "calm"}, "listed": false})
	_equal([room.properties, room.listed], [{"mode": "calm"}, false], "updated")
	await _until(func() -> bool: return seen == [[{"mode": "calm"}, false]], "told: %s" % [seen])
	await _kicks(room, other, entered.room)


func _kicks(room: EstragonRoom, other: Network, theirs: EstragonRoom) -> void:
	var left: Array = []
	room.member_left.connect(
		func(member: EstragonMember, reason: String) -> void: left.append([member.name, reason])
	)
	var told: Array = []
	var listen := func(its_room: EstragonRoom) -> void:
		its_room.kicked.connect(
			func(by: EstragonMember, banned: bool, reason: String) -> void:
				told.append([by.name, banned, reason])
		)
		its_room.closed.connect(func() -> void: told.append("closed"))
	listen.call(theirs)
	_fails(await theirs.kick(room.you), EstragonProtocol.PERMISSION_DENIED, "a player may not kick")
	await room.kick(theirs.you, {"reason": "too loud"})
	await _until(func() -> bool: return told.size() == 2, "kicked")
	_equal(told, [["Ada", false, "too loud"], "closed"], "told")
	_check(other.rooms.all.is_empty(), "in no room")
	var again := await other.rooms.join(room.code, "Eve")
	_check(again.ok, "back: %s" % again)
	listen.call(again.room)
	await room.ban(again.room.you, "enough")
	await _until(func() -> bool: return told.size() == 4, "banned")
	_equal(told.slice(2), [["Ada", true, "enough"], "closed"], "told")
	_fails(await other.rooms.join(room.code), EstragonProtocol.BANNED, "banned")
	_equal(left, [["Eve", "kicked"], ["Eve", "banned"]], "left")
	_fails(await room.kick(99), EstragonProtocol.MEMBER_NOT_FOUND, "nobody")
	_check((await room.leave()).ok, "left")


func _survives() -> void:
	var network := await _gather({"first_wait": 0.001, "longest_wait": 0.01})
	var room := network.rooms.room()
	var bob: EstragonMember = room.members.get(_bob["number"])
	var answers: Array = []
	var ask := func() -> void:
		answers.append(await network.queries.ask(str(_bob["player"]), "game.slow"))
	ask.call()
	network.session.cut()
	await _until(func() -> bool: return network.state == State.OPEN, "came back")
	await _call_company("answer")
	await _until(func() -> bool: return answers.size() == 1, "answered after our cut")
	await _call_company("meet", [room.code])
	ask.call()
	await network.events.emit("module.m", ["after the question"])
	var back := [false]
	room.member_back.connect(func(_member: EstragonMember) -> void: back[0] = true)
	await _call_company("cut", ["bob"])
	await _call_company("answer")
	await _until(func() -> bool: return answers.size() == 2, "answered after Bob's cut")
	for answer: EstragonResult in answers:
		_equal(answer.value, "late", "answer: %s" % answer)
	_equal(room.members.get(_bob["number"]), bob, "Bob is the same member")
	var release: Array = []
	network.queries.register(
		"game.held",
		func(_data: Variant, _options: Dictionary) -> String:
			network.session.cut()
			while release.is_empty():
				await process_frame
			return "held"
	)
	var told: Array = []
	var be_asked := func() -> void: told.append(await _asked(network, "game.held"))
	be_asked.call()
	await _until(func() -> bool: return network.state == State.AWAY, "cut by the question")
	release.append(true)
	await _until(func() -> bool: return told.size() == 1, "answered after the cut")
	_equal(told, [{"value": "held"}], "Bob was told")
	await _forgets(network)


## After a reset nobody waits for the answer to what was asked before it; requests go on.
func _forgets(network: Network) -> void:
	var emitted: Array[EstragonResult] = []
	var refused: Array[EstragonError] = []
	var resets: Array[String] = []
	network.error_received.connect(refused.append)
	network.session_reset.connect(resets.append)
	var emit := func(number: int) -> void:
		emitted.append(await network.events.emit("module.m", ["unwritten", number]))
	network.queries.register(
		"game.forgotten",
		func(_data: Variant, _options: Dictionary) -> String:
			network.session.cut()
			network.session._resume.received += 1
			emit.call(1)
			emit.call_deferred(2)
			return "forgotten"
	)
	var told := await _asked(network, "game.forgotten")
	_equal(told.get("code"), EstragonProtocol.OUTCOME_UNKNOWN, "Bob was told: %s" % told)
	await _until(func() -> bool: return emitted.size() == 2, "both emits were answered")
	_check(emitted.all(func(one: EstragonResult) -> bool: return one.ok), "emitted %s" % [emitted])
	_equal(resets, ["DESYNC"], "resets")
	_equal(refused, [], "refused")
	_equal(network.rooms.room().members.size(), 3, "members afterwards")
	_check(network.rooms.room().is_host, "still the host")


## A room of our own with Bob and Cleo in it, and the director at hand.
func _gather(options: Dictionary = {}) -> Network:
	var network := await _open("main", options)
	var made := await network.rooms.create("stage", {"name": "Ada"})
	_check(made.ok, "made a room: %s" % made)
	await _call_company("meet", [made.room.code])
	await _until(func() -> bool: return made.room.members.size() == 3, "Bob and Cleo came")
	return network


## Has Bob or Cleo do something; what comes of it. Who they are is noted.
func _call_company(what: String, values: Array = []) -> Variant:
	if not is_instance_valid(_director):
		_director = await _enter("main")
	var result: Variant = await _please(_director, [what, values])
	if what == "meet" or what == "make":
		var both: Dictionary = result
		_bob = both["bob"]
		_cleo = both["cleo"]
	return result


func _do(what: String, values: Array) -> void:
	await _call_company(what, values)


## Bob asks us for something; what he is told.
func _asked(
	network: Network, name: String, data: Variant = null, timeout_ms: int = 5_000
) -> Dictionary:
	var told: Variant = await _call_company("ask", [network.session.id, name, data, timeout_ms])
	return told if typeof(told) == TYPE_DICTIONARY else {}


## What Bob and Cleo heard, once Bob has heard as much.
func _heard(count: int) -> Dictionary:
	var patience := Time.get_ticks_msec() + _PATIENCE_MS
	while Time.get_ticks_msec() < patience:
		var all: Dictionary = await _call_company("heard")
		var by_bob: Array = all["bob"]
		if by_bob.size() >= count:
			return all
	_check(false, "Bob did not hear %d events" % count)
	return {"bob": [], "cleo": [], "cleo_frames": -1}


func _buttons(network: Network) -> Array:
	var found := network.find_children("*", "Button", true, false)
	return found.map(func(button: Button) -> String: return button.text)


func _press(key: Key) -> void:
	for is_pressed: bool in [true, false]:
		var event := InputEventKey.new()
		event.keycode = key
		event.pressed = is_pressed
		root.push_input(event)


func _fails(result: EstragonResult, code: String, what: String) -> void:
	_check(not result.ok and result.error.code == code, "%s: %s, expected %s" % [what, result, code])
