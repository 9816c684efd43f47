# What a Godot 3 game goes through, on the stage that test/support/director.ts sets. Prints TAP.
extends "res://test/hosts.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const EstragonEvents := preload("res://addons/estragon/events.gd")
const EstragonOptions := preload("res://addons/estragon/options.gd")
const EstragonRooms := preload("res://addons/estragon/rooms.gd")

const _SCENARIOS := [
	["a welcome comes, and a session with it", "_welcome"],
	["every reason not to connect is told apart", "_refusals"],
	["an address may be written in several ways", "_addresses"],
	["a guest comes back as the same guest", "_same_guest"],
	["members are seen to come, drop, return and leave", "_members"],
	["who closes the connection on purpose has left", "_leaves"],
	["waves and chat go both ways", "_waves"],
	["what was refused is told to who waits for nothing", "_waits_for_nothing"],
	["positions go both ways", "_positions"],
	["an emit reaches everyone but its sender", "_emit"],
	["the acknowledgement carries what was broadcast", "_acknowledgement"],
	["a query is answered by the one it was put to", "_query"],
	["a dialog and a confirm come back with the choice", "_prompts"],
	["the host executes what it is asked", "_functions"],
	["the next in line is host where one leaves or is away for long", "_succeeds"],
	["what is said to server is for the room’s own logic", "_judged"],
	["a packet with objects and arrays arrives as it was sent", "_structures"],
	["bundles in bundles arrive in order", "_bundles"],
	["an awaited packet brings what respond returned", "_responses"],
	["the server awaits what a client responds", "_awaited"],
	["Refresh and Redirect come to the game", "_directions"],
	["a room is made, found, listed, locked, updated and its members kicked", "_room"],
	["a second window takes the seat of the first, which is told", "_takes_over"],
	[
		"two strangers who search are brought together, and search on where one does not come",
		"_matched",
	],
	[
		"players go together in a party, are called into a room, and play a match as one",
		"_goes_together",
	],
	[
		"players become friends, and are blocked and let in again",
		"_befriends",
	],
	[
		"a friend is seen to be there, to say how it is, and to hide",
		"_is_seen",
	],
	["a query survives a cut of its asker and of its target", "_query_cut"],
	["a server without configuration has open rooms, listed by what they say", "_opens"],
	["members hear what another is known by", "_describes"],
	["who was away hears the newest of each latest event, once", "_replaces"],
	["what a room knows is told whole to who joins late, and to who was away", "_knows"],
	["an owner moves its row, and others see it; what may not be is put right", "_owns"],
	["a player signs in by ticket, alias and token", "_signing_in"],
	["a wrong or an old token is refused", "_tokens"],
	["a name and props are kept", "_props"],
	[
		"what is said in a channel reaches its members in order, the sender included",
		"_channel",
	],
	["what was missed in a channel is told before what comes next", "_catching_up"],
	["garbage harms neither side", "_garbage"],
	["numbers and text arrive as they were sent", "_numbers_and_text"],
	["messages just under, at and over the limit of the server", "_large_out"],
	["a message too large to receive becomes an error, not a dead socket", "_large_in"],
	["a pause of 20 s changes nothing", "_pause"],
	["a restarted server is joined anew", "_restart"],
	["nothing comes unless polled, and then everything", "_polling"],
	["a burst of 10,000 during a stall of 2 s loses nothing", "_burst"],
	["nothing is lost or doubled over 200 cuts", "_cuts"],
]


func _run() -> void:
	_tell_all(_SCENARIOS)


func _welcome() -> void:
	var network := _make()
	var states := Heard.new()
	network.connect("state_changed", states, "on_state")
	var joined = yield(network.connect_to_server(_place("main")), "completed")
	_check(joined.ok, "connected: %s" % joined)
	_check(network.session.id != "", "has a session id")
	_equal(states.items, [[State.CONNECTING, 0], [State.OPEN, 0]], "states")


func _refusals() -> void:
	_places["wrong"] = _place("main") + "/nowhere"
	var cases := {
		"refused": [EstragonProtocol.CONNECT_FAILED, -1],
		"silent": [EstragonProtocol.CONNECT_FAILED, -1],
		"full": [EstragonProtocol.REFUSED, EstragonProtocol.CLOSE_TOO_MANY_CONNECTIONS],
		"wrong": [EstragonProtocol.REFUSED, EstragonProtocol.CLOSE_PROTOCOL],
	}
	for where in cases:
		var network := _make()
		var answer = yield(
			network.connect_to_server(_place(where), {"connect_timeout": 0.5}), "completed"
		)
		_check(not answer.ok, where + " refuses")
		if not answer.ok:
			_equal([answer.error.code, answer.error.cause], cases[where], where)
	var late := _make()
	var closed := Heard.new()
	late.connect("state_changed", closed, "on_state")
	yield(late.connect_to_server(_place("strict")), "completed")
	yield(_until(closed, "has_count", [3], "closed as not identified"), "completed")
	_equal(closed.items.back(), [State.CLOSED, 4104], "told")
	var nonsense = yield(_make().connect_to_server("not a url"), "completed")
	_check(not nonsense.ok, "an address that is none fails")
	_check("not an address such as" in str(nonsense.error), "and says so: %s" % nonsense.error)


func _addresses() -> void:
	var host := _place("main").replace("ws://", "")
	var ways := ["WS://" + host, host, " ws://%s " % host, "ws://%s?x=1" % host, host + "/"]
	if _place("six"):
		ways.append(_place("six"))
	for way in ways:
		var network := _make()
		var answer = yield(network.connect_to_server(way), "completed")
		if way == _place("six") and Engine.get_version_info()["hex"] < 0x030300:
			_check("write the name" in str(answer.error), "%s: %s" % [way, answer])
		else:
			_check(answer.ok, "%s: %s" % [way, answer])
		network.disconnect_from_server()


func _same_guest() -> void:
	var profile := "test %d" % OS.get_ticks_usec()
	var unnamed = yield(_open("main"), "completed")
	yield(unnamed.players.identify(), "completed")
	var unnamed_again = yield(_open("main"), "completed")
	yield(unnamed_again.players.identify(), "completed")
	_equal(unnamed_again.players.me.get("id"), unnamed.players.me.get("id"), "without a profile")
	var first = yield(_open("main"), "completed")
	var new_guest = yield(first.players.identify("Gogo", profile), "completed")
	_check(new_guest.ok, "identified: %s" % new_guest)
	_equal(first.players.me.get("name"), "Gogo", "is called")
	var second = yield(_open("main"), "completed")
	yield(second.players.identify("", profile), "completed")
	_equal(second.players.me.get("id"), first.players.me.get("id"), "the same guest elsewhere")
	var third = yield(_open("main"), "completed")
	yield(third.players.identify("", profile + " other"), "completed")
	_check(third.players.me.id != first.players.me.id, "another profile is another guest")


func _members() -> void:
	var network = yield(_open("main"), "completed")
	var entered = yield(network.rooms.join_or_create("plaza", "Watcher"), "completed")
	_check(entered.ok, "entered: %s" % entered)
	var room = entered.room
	var seen := Heard.new()
	for what in ["joined", "away", "back"]:
		room.connect("member_" + what, seen, "on_member", [what])
	room.connect("member_left", seen, "on_left")
	yield(_please(network, ["visit"]), "completed")
	_equal(seen.items, ["joined", "away (away)", "back", "left (left)"], "saw")
	_equal(room.me().name, "Watcher", "knows itself")
	var left = yield(room.leave(), "completed")
	_check(left.ok and network.rooms.all.empty(), "left")


func _takes_over() -> void:
	var profile := "seat %d" % OS.get_ticks_usec()
	var network = yield(_open("main"), "completed")
	var room = (yield(network.rooms.create("stage", {"name": "Ada"}), "completed")).room
	var first = yield(_open("main"), "completed")
	yield(first.players.identify("", profile), "completed")
	var seat = (yield(first.rooms.join(room.code, "Bob"), "completed")).room
	var told := Seen.new()
	seat.connect("seat_taken", told, "on_seat_taken")
	seat.connect("closed", told, "on_closed")
	var seen := Seen.new()
	room.connect("member_back", seen, "on_back")
	yield(room.lock(), "completed")
	var second = yield(_open("main"), "completed")
	yield(second.players.identify("", profile), "completed")
	var again = yield(second.rooms.join(room.code, "Somebody else"), "completed")
	_check(again.ok, "never locked out of one's own seat: %s" % again)
	if not again.ok:
		return
	var found := [again.room.you, again.room.me().name, again.room.members.size()]
	_equal(found, [seat.you, "Bob", 2], "the same seat")
	yield(_until(told, "has_count", [2], "the first is told"), "completed")
	yield(_until(seen, "has_count", [1], "the others are told"), "completed")
	_equal(told.items, [second.session.id, "closed"], "the first is told")
	_check(first.rooms.all.empty(), "and in no room")
	_equal(seen.items, [[seat.you, second.session.id]], "back is")
	var back = yield(first.rooms.join(room.code), "completed")
	_check(back.ok and back.room.you == seat.you, "and back again: %s" % back)


func _matched() -> void:
	var network = yield(_enter("main"), "completed")
	var matchmaking = network.matchmaking
	var told := Seen.new()
	matchmaking.connect("found", told, "on_found")
	matchmaking.connect("again", told, "on_again")
	var joined := Seen.new()
	matchmaking.connect("started", joined, "on_match")
	yield(_please(network, ["stay", 1000]), "completed")
	yield(_please(network, ["seek", 1200]), "completed")
	var wrong = yield(matchmaking.find("no such queue"), "completed")
	_equal(_code(wrong), EstragonProtocol.UNKNOWN_QUEUE, "no such queue")
	_equal(matchmaking.queue, "", "searches in none")
	var options := {"properties": {"rating": 1000}, "name": "Ada"}
	var began = yield(matchmaking.find("pair", options), "completed")
	_check(began.ok, "searches: %s" % began)
	yield(_until(told, "has_count", [2], "a match came and went"), "completed")
	_equal(told.items, [["found", "pair", 2], ["again", "pair", "missed"]], "told")
	var twice = yield(matchmaking.find("pair", options), "completed")
	_equal(_code(twice), EstragonProtocol.ALREADY_SEARCHING, "searches already")
	var left = yield(matchmaking.leave(), "completed")
	_check(left.ok, "searches no longer: %s" % left)
	left = yield(matchmaking.leave(), "completed")
	_equal(_code(left), EstragonProtocol.NOT_SEARCHING, "nor twice")
	yield(matchmaking.find("pair", {"properties": {"rating": 1150}, "name": "Ada"}), "completed")
	yield(_until(joined, "has_members", [2], "both sit"), "completed")
	if joined.items.empty():
		return
	var names := []
	for member in joined.items[0].members.values():
		names.append(member.name)
	names.sort()
	_equal(names, ["Ada", "Bob"], "who was close enough")
	_equal(matchmaking.queue, "", "and searches no longer")


func _goes_together() -> void:
	var network = yield(_enter("main"), "completed")
	var parties = network.parties
	yield(network.players.identify("Ada"), "completed")
	var told := Seen.new()
	parties.connect("joined", told, "on_mate", ["joined"])
	parties.connect("changed", told, "on_mate", ["changed"])
	parties.connect("said", told, "on_said")
	parties.connect("over", told, "on_over")
	var made = yield(parties.create({"name": "Ada"}), "completed")
	_check(made.ok, "made: %s" % made)
	var bob = yield(_please(network, ["ally", parties.party["code"]]), "completed")
	yield(parties.ready(), "completed")
	yield(parties.say("off we go"), "completed")
	yield(_until(told, "has_count", [3], "all was told"), "completed")
	_equal(
		told.items,
		[["joined", "Bob", false], ["changed", "Ada", true], ["said", "Ada", "off we go"]],
		"told"
	)
	var heard = yield(_please(network, ["allied"]), "completed")
	_equal(heard, ["off we go"], "Bob heard it")
	_check(parties.leads, "leads")
	var entered = yield(network.rooms.create("stage"), "completed")
	var called = yield(parties.call_in(entered.room.code), "completed")
	_equal(called.data.get("called"), [bob], "called: %s" % called)
	var both := Seen.new()
	both.items.append(entered.room)
	yield(_until(both, "has_members", [2], "Bob follows"), "completed")
	yield(entered.room.leave(), "completed")
	var joined := Seen.new()
	network.matchmaking.connect("started", joined, "on_match")
	var options := {"properties": {"rating": 5000}, "party": true}
	var began = yield(network.matchmaking.find("pair", options), "completed")
	_check(began.ok, "searches: %s" % began)
	yield(_until(joined, "has_members", [2], "both sit"), "completed")
	var left = yield(parties.leave(), "completed")
	_check(left.ok, "left: %s" % left)
	yield(_until(told, "has_count", [4], "it is over"), "completed")
	_equal(told.items.back(), ["over", "left"], "left")
	_equal(parties.party, {}, "in no party")


func _leaves() -> void:
	var watcher = yield(_open("main"), "completed")
	var entered = yield(watcher.rooms.join_or_create("plaza", "Watcher"), "completed")
	var seen := Heard.new()
	entered.room.connect("member_left", seen, "on_left")
	var leaver = yield(_open("main"), "completed")
	yield(leaver.rooms.join(entered.room.code, "Visitor"), "completed")
	var quitter = yield(_open("main"), "completed")
	yield(quitter.rooms.join(entered.room.code, "Visitor"), "completed")
	leaver.disconnect_from_server()
	yield(_until(seen, "has_count", [1], "one has left"), "completed")
	root.remove_child(quitter) # As when the game quits.
	yield(_until(seen, "has_count", [2], "both have left"), "completed")
	_equal(seen.items, ["left (left)", "left (left)"], "the reasons")


func _waves() -> void:
	var network = yield(_enter("main"), "completed")
	var waves := Heard.new()
	var chats := Heard.new()
	network.events.on("plaza.wave", waves, "on_event")
	network.events.on("plaza.chat", chats, "on_event")
	yield(_please(network, ["wave"]), "completed")
	yield(_please(network, ["say", "hello from afar"]), "completed")
	_equal(waves.items, [[[], "Director"]], "waves")
	_equal(chats.items, [[["hello from afar"], "Director"]], "chats")
	var wave = yield(network.events.emit("plaza.wave"), "completed")
	_equal(wave.data.get("args"), [], "waved with")
	var chat = yield(network.events.emit("plaza.chat", ["hello"], {"to": "all"}), "completed")
	_check(chat.ok, "said to all: %s" % chat)
	_equal(chats.items.back()[0], ["hello"], "heard itself")
	var wrong = yield(network.events.emit("other.thing"), "completed")
	_equal(_code(wrong), EstragonProtocol.NAMESPACE_NOT_DECLARED, "another namespace")
	var nowhere = yield(network.rooms.join("AAAAAA"), "completed")
	_equal(_code(nowhere), EstragonProtocol.ROOM_NOT_FOUND, "no such room")


func _waits_for_nothing() -> void:
	var network = yield(_open("main"), "completed")
	yield(network.rooms.join_or_create("plaza"), "completed")
	var told := Heard.new()
	network.connect("error_received", told, "on_error")
	network.events.emit("other.thing")
	network.events.emit("plaza.wave", [NAN])
	network.rooms.join("BBBBBB")
	var nowhere = yield(network.rooms.join("AAAAAA"), "completed")
	_equal(_code(nowhere), EstragonProtocol.ROOM_NOT_FOUND, "told to who waits")
	yield(_until(told, "has_count", [3], "told of all"), "completed")
	var codes := []
	for item in told.items:
		codes.append(item[0])
	codes.sort()
	_equal(
		codes, ["INVALID_MESSAGE_DATA", "NAMESPACE_NOT_DECLARED", "ROOM_NOT_FOUND"], "told of"
	)


func _positions() -> void:
	var network = yield(_enter("main"), "completed")
	var rows := Places.new(network)
	yield(_until(rows, "has_own", [], "own row came"), "completed")
	var from: Array = rows.place()
	rows.stroll(1.0 if from[0] < 800.0 else -1.0)
	yield(_until(rows, "has_gone", [from], "our own figure walks"), "completed")
	rows.rest()
	yield(_until(rows, "stands", [], "and stands"), "completed")
	yield(_please(network, ["see", rows.place()]), "completed")
	var place = yield(_please(network, ["stroll", [20.5, 9]]), "completed")
	yield(_until(rows, "has_other", place, "the director's position came"), "completed")


func _garbage() -> void:
	var network = yield(_open("garbage"), "completed")
	var warnings := Heard.new()
	network.connect("warned", warnings, "on_text")
	var answer = yield(network.players.identify("", "garbage"), "completed")
	_check(answer.ok, "is answered after garbage: %s" % answer)
	_check(warnings.items.size() >= 10, "was warned %d times" % warnings.items.size())
	_equal(network.state, State.OPEN, "still open")
	var main = yield(_enter("main"), "completed")
	var refused := Heard.new()
	main.connect("error_received", refused, "on_error")
	for text in ["garbage", '{"type":', "[]", '{"type":"nope"}', '{"type":"ping","id":{}}']:
		main.session._outgoing._ledger.push(text, text.length())
	yield(_please(main, ["wave"]), "completed")
	_equal(refused.items.size(), 5, "the server refused")
	_equal(main.state, State.OPEN, "and went on")


func _numbers_and_text() -> void:
	var network = yield(_enter("main"), "completed")
	_equal(typeof(network.rooms.room().you), TYPE_INT, "a member number is an int")
	var values := [
		1, -2.5, 0.1, 1e15, true, null, "ünï 🙂 \"q\" \\ud800 \n\t", {"a": [1.0, {"b": ""}]}, [],
	]
	for value in values:
		var echoed = yield(_please(network, ["echo", value]), "completed")
		_equal(JSON.print(echoed), JSON.print(JSON.parse(JSON.print(value)).result), "came back")
	for value in [NAN, INF, -INF, Vector2.ONE, {1: 2}]:
		var refused = yield(network.events.emit("plaza.x", [value]), "completed")
		_equal(_code(refused), EstragonProtocol.INVALID_MESSAGE_DATA, str(value))


func _large_out() -> void:
	var network = yield(_enter("main"), "completed")
	var most := EstragonProtocol.LIMIT_MESSAGE_BYTES
	var probe = yield(network.events.emit("plaza.x", ["x".repeat(most)]), "completed")
	_equal(_code(probe), EstragonProtocol.TOO_LARGE, "far over")
	var bytes := int(probe.error.message.split(" ")[1])
	var fitting := most - (bytes - most)
	for difference in [-1, 0, 1]:
		var sent = yield(network.events.emit("plaza.x", ["x".repeat(fitting + difference)]), "completed")
		_equal(sent.ok, difference <= 0, "%d bytes beside the limit" % difference)
	_equal(network.state, State.OPEN, "still open")


func _large_in() -> void:
	var network = yield(_open("main", {"inbound_bytes": 4096}), "completed")
	yield(network.rooms.join_or_create("plaza"), "completed")
	var came := Heard.new()
	var refused := Heard.new()
	var changes := Heard.new()
	network.events.on("plaza.large", came, "on_event")
	network.connect("error_received", refused, "on_error")
	network.connect("state_changed", changes, "on_state")
	var sizes := range(3700, 4200, 20)
	for size in sizes:
		yield(network.events.emit("plaza.please", ["large", size]), "completed")
	var patience := OS.get_ticks_msec() + _PATIENCE_MS
	while came.items.size() + refused.items.size() < sizes.size():
		if OS.get_ticks_msec() > patience:
			break
		yield(self, "idle_frame")
	_equal(came.items.size() + refused.items.size(), sizes.size(), "all were told of")
	_check(not came.items.empty(), "some fit")
	_equal(refused.items.front(), [EstragonProtocol.TOO_LARGE, "event"], "some did not")
	_equal(changes.items, [], "the socket lived")


func _pause() -> void:
	var network = yield(_enter("main"), "completed")
	var changes := Heard.new()
	var chats := Heard.new()
	network.connect("state_changed", changes, "on_state")
	network.events.on("plaza.chat", chats, "on_event")
	paused = true
	yield(create_timer(20.0), "timeout")
	yield(_please(network, ["say", "while paused"]), "completed")
	paused = false
	yield(_please(network, ["say", "afterwards"]), "completed")
	_equal(chats.items, [[["while paused"], "Director"], [["afterwards"], "Director"]], "heard")
	_equal(changes.items, [], "states")


func _restart() -> void:
	var network = yield(_open("restarting", {"first_wait": 0.05}), "completed")
	yield(network.rooms.join_or_create("plaza"), "completed")
	var told := Heard.new()
	network.connect("state_changed", told, "on_state")
	network.connect("session_lost", told, "on_text")
	var main = yield(_enter("main"), "completed")
	yield(_please(main, ["restart"]), "completed")
	yield(_until(told, "has_count", [3], "came back"), "completed")
	_equal(told.items, [[State.AWAY, 4000], "UNKNOWN", [State.OPEN, 0]], "told")
	_check(network.rooms.all.empty(), "in no room")
	var again = yield(network.rooms.join_or_create("plaza"), "completed")
	_check(again.ok, "joined anew: %s" % again)


func _polling() -> void:
	var polled = yield(_enter("main"), "completed")
	var heard := Heard.new()
	polled.events.on("plaza.number", heard, "on_number")
	var alone := EstragonSession.new()
	var rooms := EstragonRooms.new(alone)
	var events := EstragonEvents.new(alone, rooms)
	var numbers := Heard.new()
	events.on("plaza.number", numbers, "on_number")
	alone.open(_place("main"), EstragonOptions.new())
	var patience := OS.get_ticks_msec() + _PATIENCE_MS
	while alone.state != State.OPEN and OS.get_ticks_msec() < patience:
		alone.poll()
		yield(self, "idle_frame")
	var entered := Heard.new()
	rooms.join_or_create("plaza").connect("completed", entered, "on_result")
	while entered.items.empty() and OS.get_ticks_msec() < patience:
		alone.poll()
		yield(self, "idle_frame")
	yield(polled.events.emit("plaza.please", ["burst", 100]), "completed")
	yield(_until(heard, "has_count", [100], "the burst came to who polls"), "completed")
	_equal(numbers.items, [], "unpolled")
	var most := 0
	while numbers.items.size() < 100 and OS.get_ticks_msec() < patience:
		var before := numbers.items.size()
		alone.poll()
		most = int(max(most, numbers.items.size() - before))
		yield(self, "idle_frame")
	_check(most > 1, "a poll brings more than one: %d" % most)
	_equal(numbers.items, heard.items, "the same, in order")
	alone.close()


func _burst() -> void:
	var network = yield(_enter("main"), "completed")
	var numbers := Heard.new()
	var resets := Heard.new()
	network.events.on("plaza.number", numbers, "on_number")
	network.connect("session_reset", resets, "on_text")
	yield(network.events.emit("plaza.please", ["burst", 10000]), "completed")
	OS.delay_msec(2000)
	yield(_until(numbers, "has_count", [10000], "all came"), "completed")
	_check(numbers.items == range(1, 10001), "in order, each once: %d" % numbers.items.size())
	_equal(resets.items, [], "resets")
	_equal(network.state, State.OPEN, "still open")
	yield(create_timer(0.2), "timeout")
	var before := OS.get_ticks_usec()
	for _frame in 10:
		yield(self, "idle_frame")
	print("# ms a frame after the burst: %.1f" % ((OS.get_ticks_usec() - before) / 10000.0))


func _cuts() -> void:
	var network = yield(_open("cable", {"first_wait": 0.001, "longest_wait": 0.01}), "completed")
	var entered = yield(network.rooms.join_or_create("plaza"), "completed")
	_check(entered.ok, "entered")
	var numbers := Heard.new()
	var lost := Heard.new()
	var over := Heard.new()
	var answers := Heard.new()
	network.connect("session_lost", lost, "on_text")
	network.connect("session_reset", lost, "on_text")
	network.events.on("plaza.number", numbers, "on_number")
	network.events.on("plaza.cuts", over, "on_event")
	var places := Places.new(network)
	network.events.emit("plaza.please", ["cuts", 200])
	var sent := 0
	var patience := OS.get_ticks_msec() + 60000
	while over.items.empty() and OS.get_ticks_msec() < patience:
		for _more in 2:
			sent += 1
			network.events.emit("plaza.count", [sent]).connect("completed", answers, "on_result")
			places.stroll(1.0 if sent % 2 else -1.0)
		yield(self, "idle_frame")
	_check(not over.items.empty(), "the director cut")
	if over.items.empty():
		return
	yield(_until(answers, "has_count", [sent], "every request answered"), "completed")
	var verdict = yield(_please(network, ["verdict"]), "completed")
	var expected := int(over.items[0][0][1])
	print("# %s cuts, %d sent, %d received" % [over.items[0][0][0], sent, numbers.items.size()])
	_check(sent >= 400 and expected >= 400, "enough went both ways")
	_equal(answers.items.size(), sent, "answers")
	for answer in answers.items:
		_check(answer.ok, "answered %s" % answer)
	_equal(verdict.get("problem"), null, "the director saw")
	_equal(int(verdict.get("received")), sent, "the director received")
	_check(numbers.items == range(1, expected + 1), "got %d in order" % numbers.items.size())
	_equal(lost.items, [], "nothing reset")
