extends "res://test/hosts.gd"
## What a Godot 4 game goes through; alone here, with others in together.gd, what lasts in
## lasting.gd, packets in packets.gd, what is said to the room itself in judged.gd, hosts in hosts.gd.


func _run() -> void:
	await process_frame
	await _tell("a welcome comes, and a session with it", _welcome)
	await _tell("every reason not to connect is told apart", _refusals)
	await _tell("an address may be written in several ways", _addresses)
	await _tell("a guest comes back as the same guest", _same_guest)
	await _tell("members are seen to come, drop, return and leave", _members)
	await _tell("who closes the connection on purpose has left", _leaves)
	await _tell("waves and chat go both ways", _waves)
	await _tell("what was refused is told to who waits for nothing", _waits_for_nothing)
	await _tell("positions go both ways", _positions)
	await _tell("an emit reaches everyone but its sender", _emits)
	await _tell("the acknowledgement carries what was broadcast", _acknowledges)
	await _tell("a query is answered by the one it was put to", _asks)
	await _tell("a dialog and a confirm come back with the choice", _prompts)
	await _tell("the host executes what it is asked", _executes)
	await _tell("the next in line is host where one leaves or is away for long", _succeeds)
	await _tell("what is said to server is for the room’s own logic", _judged)
	await _tell("a packet with objects and arrays arrives as it was sent", _structures)
	await _tell("bundles in bundles arrive in order", _bundles)
	await _tell("an awaited packet brings what respond returned", _responses)
	await _tell("the server awaits what a client responds", _awaited)
	await _tell("Refresh and Redirect come to the game", _directions)
	await _tell(
		"a room is made, found, listed, locked, updated and its members kicked", _makes_a_room
	)
	await _tell("a second window takes the seat of the first, which is told", _takes_over)
	await _tell(
		"two strangers who search are brought together, and search on where one does not come",
		_matched
	)
	await _tell(
		"players go together in a party, are called into a room, and play a match as one",
		_goes_together
	)
	await _tell("players become friends, and are blocked and let in again", _befriends)
	await _tell("a friend is seen to be there, to say how it is, and to hide", _is_seen)
	await _tell("a query survives a cut of its asker and of its target", _survives)
	await _tell(
		"a server without configuration has open rooms, listed by what they say", _opens
	)
	await _tell("members hear what another is known by", _describes)
	await _tell("who was away hears the newest of each latest event, once", _replaces)
	await _tell(
		"what a room knows is told whole to who joins late, and to who was away", _knows
	)
	await _tell("an owner moves its row, and others see it; what may not be is put right", _owns)
	await _tell("a player signs in by ticket, alias and token", _signs_in)
	await _tell("a wrong or an old token is refused", _shows_a_token)
	await _tell("a name and props are kept", _keeps_props)
	await _tell(
		"what is said in a channel reaches its members in order, the sender included", _chats
	)
	await _tell("what was missed in a channel is told before what comes next", _catches_up)
	await _tell("garbage harms neither side", _garbage)
	await _tell("numbers and text arrive as they were sent", _numbers_and_text)
	await _tell("messages just under, at and over the limit of the server", _large_out)
	await _tell("a message too large to receive becomes an error, not a dead socket", _large_in)
	await _tell("a pause of 20 s changes nothing", _pause)
	await _tell("a restarted server is joined anew", _restart)
	await _tell("nothing comes unless polled, and then everything", _polling)
	await _tell("a burst of 10,000 during a stall of 2 s loses nothing", _burst)
	await _tell("nothing is lost or doubled over 200 cuts", _cuts)
	_end()


func _welcome() -> void:
	var network := _make()
	var states: Array[State] = []
	network.state_changed.connect(
		func(state: State, _code: int, _reason: String) -> void: states.append(state)
	)
	var early: Array[EstragonResult] = []
	var identify_early := func() -> void: early.append(await network.players.identify("", "early"))
	network.state_changed.connect(
		func(_state: State, _code: int, _reason: String) -> void: identify_early.call(),
		CONNECT_ONE_SHOT
	)
	var joined := await network.connect_to_server(_place("main"))
	_check(joined.ok, "connected: %s" % joined)
	_check(network.session.id != "", "has a session id")
	await _until(func() -> bool: return early.size() == 1, "what was asked before is answered")
	_check(early.all(func(one: EstragonResult) -> bool: return one.ok), "asked early: %s" % [early])
	_check(states == [State.CONNECTING, State.OPEN], "states were %s" % [states])


func _refusals() -> void:
	var cases := {
		"refused": [EstragonProtocol.CONNECT_FAILED, -1],
		"silent": [EstragonProtocol.CONNECT_FAILED, -1],
		"full": [EstragonProtocol.REFUSED, EstragonProtocol.CLOSE_TOO_MANY_CONNECTIONS],
		"wrong": [EstragonProtocol.REFUSED, EstragonProtocol.CLOSE_PROTOCOL],
	}
	_places["wrong"] = _place("main") + "/nowhere"
	for where: String in cases:
		var network := _make()
		var answer := await network.connect_to_server(_place(where), {"connect_timeout": 0.5})
		var expected: Array = cases[where]
		_check(not answer.ok, where + " refuses")
		if answer.ok:
			continue
		var got := [answer.error.code, answer.error.cause]
		_check(got == expected, "%s: %s, expected %s" % [where, got, expected])
	var late := _make()
	await late.connect_to_server(_place("strict"))
	await _until(func() -> bool: return late.state == State.CLOSED, "closed as not identified")
	_equal(late.session.last_error.cause, EstragonProtocol.CLOSE_NOT_IDENTIFIED, "told 4104")
	var nonsense := await _make().connect_to_server("not a url")
	_check(not nonsense.ok, "an address that is none fails")
	_check(str(nonsense.error).contains("not an address such as"), "and says so: %s" % nonsense.error)


func _addresses() -> void:
	var host := _place("main").trim_prefix("ws://")
	var ways := ["WS://" + host, host, " ws://%s " % host, "ws://%s?x=1" % host, host + "/"]
	if _place("six"):
		ways.append(_place("six"))
	for way: String in ways:
		var network := _make()
		var answer := await network.connect_to_server(way)
		_check(answer.ok, "%s: %s" % [way, answer])
		network.disconnect_from_server()


func _same_guest() -> void:
	var profile := "test %d" % Time.get_ticks_usec()
	var unnamed := await _open("main")
	await unnamed.players.identify()
	var unnamed_again := await _open("main")
	await unnamed_again.players.identify()
	_check(unnamed_again.players.me == unnamed.players.me, "is the same guest without a profile")
	var first := await _open("main")
	var new_guest := await first.players.identify("Gogo", profile)
	_check(new_guest.ok, "identified: %s" % new_guest)
	_equal(first.players.me.get("name"), "Gogo", "is called")
	var second := await _open("main")
	await second.players.identify("", profile)
	_check(second.players.me == first.players.me, "is the same guest on another connection")
	var third := await _open("main")
	await third.players.identify("", profile + " other")
	_check(third.players.me != first.players.me, "another profile is another guest")


func _members() -> void:
	var network := await _open("main")
	var entered := await network.rooms.join_or_create("plaza", "Watcher")
	_check(entered.ok, "entered: %s" % entered)
	var room := entered.room
	var seen := PackedStringArray()
	var note := func(member: EstragonMember, what: String) -> void:
		if member.name == "Visitor":
			seen.append(what + (" (away)" if member.away else ""))
	room.member_joined.connect(note.bind("joined"))
	room.member_away.connect(note.bind("away"))
	room.member_back.connect(note.bind("back"))
	room.member_left.connect(
		func(member: EstragonMember, reason: String) -> void: note.call(member, reason)
	)
	await _please(network, ["visit"])
	_check(
		seen == PackedStringArray(["joined", "away (away)", "back", "left"]), "saw %s" % [seen]
	)
	_check(room.me().name == "Watcher", "knows itself")
	var left := await room.leave()
	_check(left.ok and network.rooms.all.is_empty(), "left")


func _takes_over() -> void:
	var profile := "seat %d" % Time.get_ticks_usec()
	var network := await _open("main")
	var room := (await network.rooms.create("stage", {"name": "Ada"})).room
	var first := await _open("main")
	await first.players.identify("", profile)
	var seat := (await first.rooms.join(room.code, "Bob")).room
	var told: Array = []
	seat.seat_taken.connect(func(session: String) -> void: told.append(session))
	seat.closed.connect(func() -> void: told.append("closed"))
	var seen: Array = []
	room.member_back.connect(
		func(member: EstragonMember) -> void: seen.append([member.number, member.session])
	)
	await room.lock()
	var second := await _open("main")
	await second.players.identify("", profile)
	var again := await second.rooms.join(room.code, "Somebody else")
	_check(again.ok, "never locked out of one's own seat: %s" % again)
	if not again.ok:
		return
	var found := [again.room.you, again.room.me().name, again.room.members.size()]
	_equal(found, [seat.you, "Bob", 2], "the same seat")
	await _until(func() -> bool: return told.size() == 2 and seen.size() == 1, "all are told")
	_equal(told, [second.session.id, "closed"], "the first is told")
	_check(first.rooms.all.is_empty(), "and in no room")
	_equal(seen, [[seat.you, second.session.id]], "back is")
	var back := await first.rooms.join(room.code)
	_check(back.ok and back.room.you == seat.you, "and back again: %s" % back)


func _matched() -> void:
	var network := await _enter("main")
	var matchmaking := network.matchmaking
	var told: Array = []
	matchmaking.found.connect(
		func(found: Dictionary) -> void:
			var players: Array = found["players"]
			told.append(["found", found["queue"], players.size()])
	)
	matchmaking.again.connect(
		func(reason: String, queue: String) -> void: told.append(["again", queue, reason])
	)
	var joined: Array[EstragonRoom] = []
	matchmaking.started.connect(
		func(room: EstragonRoom, _found: Dictionary) -> void: joined.append(room)
	)
	await _please(network, ["stay", 1000])
	await _please(network, ["seek", 1200])
	var wrong := await matchmaking.find("no such queue")
	_equal(wrong.error.code if wrong.error else "", EstragonProtocol.UNKNOWN_QUEUE, "no such queue")
	_equal(matchmaking.queue, "", "searches in none")
	var options := {"properties": {"rating": 1000}, "name": "Ada"}
	var began := await matchmaking.find("pair", options)
	_check(began.ok, "searches: %s" % began)
	await _until(func() -> bool: return told.size() == 2, "a match came and went")
	_equal(told, [["found", "pair", 2], ["again", "pair", "missed"]], "told")
	var twice := await matchmaking.find("pair", options)
	var code := twice.error.code if twice.error else ""
	_equal(code, EstragonProtocol.ALREADY_SEARCHING, "searches already")
	var left := await matchmaking.leave()
	_check(left.ok, "searches no longer: %s" % left)
	left = await matchmaking.leave()
	_equal(left.error.code if left.error else "", EstragonProtocol.NOT_SEARCHING, "nor twice")
	await matchmaking.find("pair", {"properties": {"rating": 1150}, "name": "Ada"})
	await _until(
		func() -> bool: return joined.size() == 1 and joined[0].members.size() == 2, "both sit"
	)
	if joined.size() != 1:
		return
	var names: Array = joined[0].members.values().map(
		func(member: EstragonMember) -> String: return member.name
	)
	names.sort()
	_equal(names, ["Ada", "Bob"], "who was close enough")
	_equal(matchmaking.queue, "", "and searches no longer")


func _goes_together() -> void:
	var network := await _enter("main")
	var parties := network.parties
	await network.players.identify("Ada")
	var told: Array = []
	parties.joined.connect(func(one: Dictionary) -> void: told.append(["joined", one["name"]]))
	parties.changed.connect(
		func(one: Dictionary) -> void: told.append(["changed", one["ready"]])
	)
	parties.said.connect(
		func(_player: String, name: String, data: Variant) -> void: told.append(["said", name, data])
	)
	parties.over.connect(func(reason: String) -> void: told.append(["over", reason]))
	var made := await parties.create({"name": "Ada"})
	_check(made.ok, "made: %s" % made)
	var bob: String = await _please(network, ["ally", parties.party["code"]])
	await parties.ready()
	await parties.say("off we go")
	await _until(func() -> bool: return told.size() == 3, "all was told")
	_equal(told, [["joined", "Bob"], ["changed", true], ["said", "Ada", "off we go"]], "told")
	var heard: Array = await _please(network, ["allied"])
	_equal(heard, ["off we go"], "Bob heard it")
	_check(parties.leads, "leads")
	var entered := await network.rooms.create("stage")
	var room := entered.room
	var call_result := await parties.call_in(room.code)
	_equal(call_result.data.get("called"), [bob], "called: %s" % call_result)
	await _until(func() -> bool: return room.members.size() == 2, "Bob follows")
	await room.leave()
	var joined: Array[EstragonRoom] = []
	network.matchmaking.started.connect(
		func(its_room: EstragonRoom, _found: Dictionary) -> void: joined.append(its_room)
	)
	var began := await network.matchmaking.find(
		"pair", {"properties": {"rating": 5000}, "party": true}
	)
	_check(began.ok, "searches: %s" % began)
	await _until(
		func() -> bool: return joined.size() == 1 and joined[0].members.size() == 2, "both sit"
	)
	var left := await parties.leave()
	_check(left.ok, "left: %s" % left)
	await _until(func() -> bool: return told.size() == 4, "it is over")
	_equal(told[-1], ["over", "left"], "left")
	_equal(parties.party, {}, "in no party")


func _leaves() -> void:
	var watcher := await _open("main")
	var entered := await watcher.rooms.join_or_create("plaza", "Watcher")
	var reasons := PackedStringArray()
	entered.room.member_left.connect(
		func(member: EstragonMember, reason: String) -> void:
			if member.name.begins_with("Leaver"):
				reasons.append(reason)
	)
	var leaver := await _open("main")
	await leaver.rooms.join(entered.room.code, "Leaver")
	var quitter := await _open("main")
	await quitter.rooms.join(entered.room.code, "Leaver too")
	leaver.disconnect_from_server()
	await _until(func() -> bool: return reasons.size() == 1, "one has left")
	root.remove_child(quitter) # As when the game quits.
	await _until(func() -> bool: return reasons.size() == 2, "both have left")
	_equal(Array(reasons), ["left", "left"], "the reasons")


func _waves() -> void:
	var network := await _enter("main")
	var waves: Array[String] = []
	var chats: Array = []
	network.events.on(
		"plaza.wave",
		func(_args: Array, from: EstragonMember) -> void: waves.append(from.name)
	)
	network.events.on("plaza.chat", func(args: Array, _from: EstragonMember) -> void: chats.append(args))
	await _please(network, ["wave"])
	await _please(network, ["say", "hello from afar"])
	_check(waves == ["Director"], "waves from %s" % [waves])
	_check(chats == [["hello from afar"]], "chat %s" % [chats])
	var wave := await network.events.emit("plaza.wave")
	_equal(wave.data.get("args"), [], "waved with")
	var chat := await network.events.emit("plaza.chat", ["hello"], {"to": "all"})
	_check(chat.ok, "said to all: %s" % chat)
	_equal(chats.back(), ["hello"], "heard itself")
	var wrong := await network.events.emit("other.thing")
	_check(not wrong.ok, "another namespace is refused")
	if not wrong.ok:
		_check(wrong.error.code == EstragonProtocol.NAMESPACE_NOT_DECLARED, str(wrong.error))
	var nowhere := await network.rooms.join("AAAAAA")
	_check(not nowhere.ok and nowhere.error.code == EstragonProtocol.ROOM_NOT_FOUND, str(nowhere))


func _waits_for_nothing() -> void:
	var network := await _open("main")
	await network.rooms.join_or_create("plaza")
	var told: Array[EstragonError] = []
	network.error_received.connect(func(error: EstragonError) -> void: told.append(error))
	network.events.emit("other.thing")
	network.events.emit("plaza.wave", [NAN])
	network.rooms.join("BBBBBB")
	var nowhere := await network.rooms.join("AAAAAA")
	_equal(nowhere.error.code, EstragonProtocol.ROOM_NOT_FOUND, "told to who waits")
	await _until(func() -> bool: return told.size() >= 3, "told of all")
	var codes := told.map(func(error: EstragonError) -> String: return error.code)
	codes.sort()
	_equal(
		codes, ["INVALID_MESSAGE_DATA", "NAMESPACE_NOT_DECLARED", "ROOM_NOT_FOUND"], "told of"
	)


func _positions() -> void:
	var network := await _enter("main")
	var you := network.rooms.room().you
	var players := network.rooms.room().state.table("players")
	await _until(func() -> bool: return players.of(you) != null, "own row came")
	await _walk(network)
	await _please(network, ["see", [players.of(you).get("x"), players.of(you).get("y")]])
	var place: Array = await _please(network, ["stroll", [20.5, 9]])
	await _until(
		func() -> bool:
			return players.rows().any(
				func(row: EstragonRow) -> bool:
					return row.owner != you and [row.get("x"), row.get("y")] == place
			),
		"the director's position came"
	)


## Our own figure walks a little, and then stands where the room has it.
func _walk(network: Network) -> void:
	var state := network.rooms.room().state
	var row := state.table("players").mine()
	var from: float = row.get("x")
	_stroll(network, 1.0 if from < 800.0 else -1.0)
	var has_gone := func() -> bool:
		var x: float = row.get("x")
		return absf(x - from) > 10.0
	await _until(has_gone, "our own figure walks")
	state.rest()
	var seen: Array[float] = []
	var stands := func() -> bool:
		seen.append(row.get("x"))
		return seen.size() > 40 and seen.slice(-40).all(func(x: float) -> bool: return x == seen[-1])
	await _until(stands, "and stands")


## Our own figure goes that way, once the room has told of it.
func _stroll(network: Network, way: float) -> void:
	network.rooms.room().state.input({"x": way, "y": 0.0})


func _garbage() -> void:
	var network := await _open("garbage")
	var warnings: Array[String] = []
	network.warned.connect(func(text: String) -> void: warnings.append(text))
	var answer := await network.players.identify("", "garbage")
	_check(answer.ok, "is answered after garbage: %s" % answer)
	_check(warnings.size() >= 10, "was warned %d times" % warnings.size())
	_check(network.state == State.OPEN, "still open")
	var main := await _enter("main")
	var refused: Array[EstragonError] = []
	main.error_received.connect(func(error: EstragonError) -> void: refused.append(error))
	for text: String in ["garbage", '{"type":', "[]", '{"type":"nope"}', '{"type":"ping","id":{}}']:
		main.session._outgoing._ledger.push(text, text.length())
	await _please(main, ["wave"])
	_check(refused.size() == 5, "the server refused %d" % refused.size())
	_check(main.state == State.OPEN, "and went on")


func _numbers_and_text() -> void:
	var network := await _enter("main")
	_check(typeof(network.rooms.room().you) == TYPE_INT, "a member number is an int")
	var values: Array = [
		"\u0001 \u000b", 1, -2.5, 0.1, 1e15, true, null, "ünï 🙂 \"q\" \\ud800 \n\t", {"a": [1.0, {"b": ""}]}, [],
	]
	for value: Variant in values:
		var echoed: Variant = await _please(network, ["echo", value])
		_check(_same(echoed, value), "%s came back as %s" % [value, echoed])
	for value: Variant in [NAN, INF, -INF, Vector2.ONE, {1: 2}]:
		var refused := await network.events.emit("plaza.x", [value])
		_check(
			not refused.ok and refused.error.code == EstragonProtocol.INVALID_MESSAGE_DATA,
			"%s is refused: %s" % [value, refused]
		)


func _large_out() -> void:
	var network := await _enter("main")
	var most := EstragonProtocol.LIMIT_MESSAGE_BYTES
	var probe := await network.events.emit("plaza.x", ["x".repeat(most)])
	_check(not probe.ok and probe.error.code == EstragonProtocol.TOO_LARGE, str(probe.error))
	var bytes := probe.error.message.get_slice(" ", 1).to_int()
	var fitting := most - (bytes - most)
	for difference: int in [-1, 0, 1]:
		var sent := await network.events.emit("plaza.x", ["x".repeat(fitting + difference)])
		var is_expected := sent.ok if difference <= 0 else not sent.ok
		_check(is_expected, "%+d bytes: %s" % [difference, sent.error])
	_check(network.state == State.OPEN, "still open")


func _large_in() -> void:
	var network := await _open("main", {"inbound_bytes": 4_096})
	await network.rooms.join_or_create("plaza")
	var came := [0, 0, 0]
	network.events.on("plaza.large", func(_args: Array, _from: EstragonMember) -> void: came[0] += 1)
	network.error_received.connect(
		func(error: EstragonError) -> void:
			if error.code == EstragonProtocol.TOO_LARGE and error.request == "event":
				came[1] += 1
	)
	network.state_changed.connect(
		func(_state: State, _code: int, _reason: String) -> void: came[2] += 1
	)
	var sizes := range(3_700, 4_200, 20)
	for size: int in sizes:
		await network.events.emit("plaza.please", ["large", size])
	await _until(
		func() -> bool: return came[0] + came[1] == sizes.size(), "all were told of: %s" % [came]
	)
	_check(not came.slice(0, 2).has(0), "some fit, some did not: %s" % [came])
	_equal(came[2], 0, "the socket lived, changes")


func _pause() -> void:
	var network := await _enter("main")
	var changes: Array[State] = []
	var chats: Array = []
	network.state_changed.connect(
		func(state: State, _code: int, _reason: String) -> void: changes.append(state)
	)
	network.events.on("plaza.chat", func(args: Array, _from: EstragonMember) -> void: chats.append(args))
	paused = true
	await create_timer(20.0).timeout
	await _please(network, ["say", "while paused"])
	paused = false
	await _please(network, ["say", "afterwards"])
	_check(chats == [["while paused"], ["afterwards"]], "heard %s" % [chats])
	_check(changes.is_empty(), "states were %s" % [changes])


func _restart() -> void:
	var network := await _open("restarting", {"first_wait": 0.05})
	await network.rooms.join_or_create("plaza")
	var told: Array = []
	network.state_changed.connect(
		func(state: State, code: int, _reason: String) -> void: told.append([state, code])
	)
	network.session_lost.connect(func(reason: String) -> void: told.append(reason))
	var main := await _enter("main")
	await _please(main, ["restart"])
	await _until(
		func() -> bool: return told.size() >= 3 and network.state == State.OPEN, "came back"
	)
	_check(told == [[State.AWAY, 4000], "UNKNOWN", [State.OPEN, 0]], "told %s" % [told])
	_check(network.rooms.all.is_empty(), "in no room")
	var again := await network.rooms.join_or_create("plaza")
	_check(again.ok, "joined anew: %s" % again)


func _polling() -> void:
	var polled := await _enter("main")
	var heard: Array = []
	polled.events.on("plaza.number", func(args: Array, _from: EstragonMember) -> void: heard.append(args))
	var alone := EstragonSession.new()
	var rooms := EstragonRooms.new(alone)
	var events := EstragonEvents.new(alone, rooms)
	var numbers: Array = []
	events.on("plaza.number", func(args: Array, _from: EstragonMember) -> void: numbers.append(args))
	alone.open(_place("main"), EstragonOptions.new())
	var entered: Array[EstragonResult] = []
	var enter := func() -> void: entered.append(await rooms.join_or_create("plaza"))
	await _until(
		func() -> bool:
			alone.poll()
			return alone.state == State.OPEN,
		"opened by polling"
	)
	enter.call()
	await _until(
		func() -> bool:
			alone.poll()
			return entered.size() == 1,
		"entered by polling"
	)
	await polled.events.emit("plaza.please", ["burst", 100])
	await _until(func() -> bool: return heard.size() == 100, "the burst came to who polls")
	_check(numbers.is_empty(), "unpolled, %d came" % numbers.size())
	var most: Array[int] = [0]
	await _until(
		func() -> bool:
			var before := numbers.size()
			alone.poll()
			most[0] = maxi(most[0], numbers.size() - before)
			_check(alone.connections._link._peer.get_available_packet_count() == 0, "a poll leaves nothing behind")
			return numbers.size() >= 100,
		"all came by polling"
	)
	_check(most[0] > 1, "a poll brings more than one: %s" % [most])
	_check(numbers == heard, "the same, in order")
	alone.close()


func _burst() -> void:
	var network := await _enter("main")
	var numbers: Array[int] = []
	network.events.on(
		"plaza.number",
		func(args: Array, _from: EstragonMember) -> void:
			var number: float = args[0]
			numbers.append(int(number))
	)
	network.session_reset.connect(func(reason: String) -> void: _check(false, "reset: " + reason))
	await network.events.emit("plaza.please", ["burst", 10_000])
	OS.delay_msec(2_000)
	await _until(func() -> bool: return numbers.size() >= 10_000, "all came")
	_check(numbers == Array(range(1, 10_001)), "in order, each once: %d" % numbers.size())
	_check(network.state == State.OPEN, "still open")
	await create_timer(0.2).timeout
	var before := Time.get_ticks_usec()
	for _frame: int in 10:
		await process_frame
	print("# ms a frame after the burst: %.1f" % ((Time.get_ticks_usec() - before) / 10_000.0))


func _cuts() -> void:
	var network := await _open("cable", {"first_wait": 0.001, "longest_wait": 0.01})
	var entered := await network.rooms.join_or_create("plaza")
	_check(entered.ok, "entered")
	var numbers: Array[int] = []
	var lost: Array[String] = []
	var over: Array = []
	network.session_lost.connect(func(reason: String) -> void: lost.append(reason))
	network.session_reset.connect(func(reason: String) -> void: lost.append(reason))
	network.events.on(
		"plaza.number",
		func(args: Array, _from: EstragonMember) -> void:
			var number: float = args[0]
			numbers.append(int(number))
	)
	network.events.on("plaza.cuts", func(args: Array, _from: EstragonMember) -> void: over.append(args))
	await network.events.emit("plaza.please", ["cuts", 200])
	var answered := [0, 0]
	var emit := func(number: int) -> void:
		var result := await network.events.emit("plaza.count", [number])
		answered[0 if result.ok else 1] += 1
	var sent := 0
	var patience := Time.get_ticks_msec() + 60_000
	while over.is_empty() and Time.get_ticks_msec() < patience:
		for _more: int in 2:
			sent += 1
			emit.call(sent)
			_stroll(network, 1.0 if sent % 2 else -1.0)
		await process_frame
	_check(not over.is_empty(), "the director cut")
	if over.is_empty():
		return
	await _until(func() -> bool: return answered[0] + answered[1] == sent, "every request answered")
	var verdict: Dictionary = await _please(network, ["verdict"])
	var its_last: Array = over[0]
	var expected: float = its_last[1]
	print("# %s cuts, %d sent, %d received" % [its_last[0], sent, numbers.size()])
	_check(sent >= 400 and expected >= 400, "enough went both ways")
	_check(answered == [sent, 0], "answered %s of %d" % [answered, sent])
	_check(verdict == {"received": float(sent), "problem": null}, "the director saw %s" % verdict)
	_check(numbers == Array(range(1, int(expected) + 1)), "got %d in order" % numbers.size())
	_check(lost.is_empty(), "nothing reset: %s" % [lost])
