# What several players of a room go through together: see test/support/company.ts.
extends "res://test/telling.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const EstragonError := preload("res://addons/estragon/error.gd")
const EstragonProtocol := preload("res://addons/estragon/protocol.gd")

# Bob and Cleo, as the director tells of them.
var _company: Dictionary = {}


# Remembers what a room, and who is in it, told.
class Seen:
	extends "res://test/telling.gd".Heard

	func on_found(found: Dictionary) -> void:
		items.append(["found", found["queue"], found["players"].size()])

	func on_again(reason: String, queue: String) -> void:
		items.append(["again", queue, reason])

	func on_mate(member: Dictionary, what: String) -> void:
		items.append([what, member["name"], member["ready"]])

	func on_said(_player: String, name: String, data) -> void:
		items.append(["said", name, data])

	func on_over(reason: String) -> void:
		items.append(["over", reason])

	func on_match(room, _found: Dictionary) -> void:
		items.append(room)

	func has_members(count: int) -> bool:
		return items.size() == 1 and items[0].members.size() == count

	func on_gone(_member, reason: String) -> void:
		items.append(reason)

	func on_host(host) -> void:
		items.append(host.number if host else 0)

	func on_role(member) -> void:
		items.append([member.number, member.role])

	func on_updated(room) -> void:
		items.append([room.properties, room.listed, room.locked])

	func on_kicked(by, banned: bool, reason: String) -> void:
		items.append([by.number, banned, reason])

	func on_seat_taken(session: String) -> void:
		items.append(session)

	func on_back(member) -> void:
		items.append([member.number, member.session])

	func on_closed() -> void:
		items.append("closed")

	func on_action(payload, from) -> void:
		items.append([payload, from.name])

	func on_cast(args: Array, from) -> void:
		items.append([args, from.number])

	func on_prompt(prompt) -> void:
		items.append(prompt)
		prompt.handled = true


# Answers what it is asked, in every way there is.
class Answers:
	extends Reference

	const EstragonSession := preload("res://addons/estragon/session.gd")

	var asked: Array = []
	var network

	func add(args: Array, _from) -> float:
		return args[0] + args[1]

	func whose(_args: Array, from) -> String:
		return from.player

	func nine(data, options: Dictionary):
		asked.append([data, options["timeout"], options["from"].number])
		yield(network.get_tree(), "idle_frame")
		return 9

	func nothing(_data, _options: Dictionary) -> void:
		pass

	func boom(_data, _options: Dictionary) -> EstragonError:
		return EstragonError.new("GAME_OVER", "boom")

	func broken(_args: Array, _from) -> EstragonError:
		return EstragonError.new(EstragonProtocol.REMOTE_ERROR, "broken")

	func vector(_data, _options: Dictionary) -> Vector2:
		return Vector2.ONE

	func huge(_data, _options: Dictionary) -> String:
		return "x".repeat(EstragonProtocol.LIMIT_MESSAGE_BYTES)

	func replaced(data, _options: Dictionary) -> String:
		return "replaced " + data["text"]

	# Is reset while it thinks.
	func reset(_data, _options: Dictionary) -> void:
		network.session._outgoing.write({"type": "session.desync", "data": {"sent": 0, "received": 0}})
		yield(network, "session_reset")

	# Is cut off while it thinks.
	func cut(data, _options: Dictionary):
		network.session.cut()
		while network.state != EstragonSession.State.OPEN:
			yield(network.get_tree(), "idle_frame")
		return data


func _emit() -> void:
	var director = yield(_enter("main"), "completed")
	var room = yield(_meet(director), "completed")
	var network: Network = _networks.back()
	var own := Seen.new()
	network.events.on("module.m", own, "on_event")
	var sent = yield(network.events.emit("module.m", ["foo", "bar", "bat"]), "completed")
	_equal(int(sent.data.get("delivered", -1)), 2, "delivered")
	var heard = yield(_please(director, ["heard"]), "completed")
	_equal(heard["bob"], [["foo", "bar", "bat"]], "Bob heard")
	_equal(heard["cleo"], [["foo", "bar", "bat"]], "Cleo heard")
	_equal(own.items, [], "heard itself")
	yield(_please(director, ["emit", [["to", "you"]]]), "completed")
	_equal(own.items, [[["to", "you"], "Bob"]], "heard Bob")
	yield(network.events.emit("system.s", ["all"], {"to": "all", "room": room.code}), "completed")
	var actions := Seen.new()
	var wrong := Seen.new()
	network.connect("error_received", wrong, "on_error")
	var doors = network.events.actions("game.door", {"OPEN": funcref(actions, "on_action")})
	yield(doors.emit("OPEN", {"door": "red"}, {"to": "self"}), "completed")
	yield(doors.emit("BLAST", null, {"to": "self"}), "completed")
	_equal(actions.items, [[{"door": "red"}, room.me().name]], "actions")
	_equal(wrong.items, [[EstragonProtocol.UNREGISTERED_HANDLER, ""]], "an action nobody knows")
	doors.off()
	yield(doors.emit("OPEN", null, {"to": "self"}), "completed")
	_equal(actions.items.size(), 1, "actions when off")


func _acknowledgement() -> void:
	var director = yield(_enter("main"), "completed")
	var network = yield(_open("main"), "completed")
	var made = yield(network.rooms.create("stage"), "completed")
	var alone = yield(network.events.emit("module.m", ["foo", {"bar": [true]}]), "completed")
	_equal(alone.data.get("args"), ["foo", {"bar": [true]}], "alone")
	_equal(int(alone.data.get("delivered", -1)), 0, "delivered alone")
	yield(_please(director, ["meet", made.room.code]), "completed")
	var sent = yield(network.events.emit("module.m", ["foo", {"bar": [true]}]), "completed")
	var heard = yield(_please(director, ["heard"]), "completed")
	_equal(sent.data.get("args"), heard["bob"][0], "what Bob heard")
	var nobody = {"to": ["others", "player:nobody"]}
	var partly = yield(network.events.emit("module.m", [], nobody), "completed")
	_equal(partly.data.get("unreached"), ["player:nobody"], "unreached")


func _query() -> void:
	var director = yield(_enter("main"), "completed")
	yield(_meet(director), "completed")
	var network: Network = _networks.back()
	var bob: Dictionary = _company["bob"]
	var eight = yield(network.queries.ask(bob["player"], "game.eight"), "completed")
	_check(eight.ok and int(eight.value) == 8, "Bob says %s" % eight)
	var patient = yield(network.queries.ask(bob["player"], "game.eight", null, INF), "completed")
	_check(patient.ok and int(patient.value) == 8, "Bob says to who waits for ever: %s" % patient)
	var boom = yield(network.queries.ask("session:" + bob["session"], "game.boom"), "completed")
	_equal(_code(boom), EstragonProtocol.REMOTE_ERROR, "boom")
	_equal(boom.error.message, "boom", "boom's text")
	var nothing = yield(network.queries.ask(bob["player"], "game.nothing"), "completed")
	_equal(_code(nothing), EstragonProtocol.UNREGISTERED_HANDLER, "not registered")
	var absent = yield(network.queries.ask("nobody", "game.eight"), "completed")
	_equal(_code(absent), EstragonProtocol.INVALID_TARGET, "absent")
	var began := OS.get_ticks_msec()
	var slow = yield(network.queries.ask(bob["player"], "game.slow", null, 0.2), "completed")
	_equal(_code(slow), EstragonProtocol.TIMEOUT, "slow")
	var took := OS.get_ticks_msec() - began
	_check(took >= 200 and took <= 500, "timed out after %d ms" % took)
	var heard = yield(_please(director, ["heard"]), "completed")
	_equal(int(heard["cleo_frames"]), 0, "frames of Cleo")
	yield(_answering(director, network), "completed")


# What Bob gets that asks us.
func _answering(director: Network, network: Network) -> void:
	var answers := Answers.new()
	answers.network = network
	var warnings := Seen.new()
	network.connect("warned", warnings, "on_text")
	for method in ["nine", "nothing", "boom", "vector", "huge"]:
		_check(network.queries.register("game." + method, answers, method), "registers " + method)
	_check(not network.queries.register("game.nine", answers, "boom"), "refuses what is taken")
	_check(not network.queries.register("nine", answers, "nine"), "refuses what has no prefix")
	_equal(warnings.items.size(), 2, "warnings")
	var nine = yield(_ask(director, network, "game.nine", {"a": 1}, 5000), "completed")
	_equal(int(nine.get("value", 0)), 9, "asked us")
	_equal(answers.asked, [[{"a": 1.0}, 5.0, int(_company["bob"]["number"])]], "was asked")
	var nothing = yield(_ask(director, network, "game.nothing", null, 5000), "completed")
	_check(nothing.has("value") and nothing["value"] == null, "nothing is null: %s" % nothing)
	var boom = yield(_ask(director, network, "game.boom", null, 5000), "completed")
	_equal([boom.get("code"), boom.get("message")], [EstragonProtocol.REMOTE_ERROR, "boom"], "boom")
	var vector = yield(_ask(director, network, "game.vector", null, 5000), "completed")
	_check("JSON" in vector.get("message", ""), "what is no JSON: %s" % vector)
	var huge = yield(_ask(director, network, "game.huge", null, 5000), "completed")
	_check("bytes" in huge.get("message", ""), "what is too large: %s" % huge)
	_check(network.queries.unregister("game.nine"), "forgets")
	var gone = yield(_ask(director, network, "game.nine", null, 5000), "completed")
	_equal(gone.get("code"), EstragonProtocol.UNREGISTERED_HANDLER, "forgotten")


func _prompts() -> void:
	var director = yield(_enter("main"), "completed")
	yield(_meet(director), "completed")
	var network: Network = _networks.back()
	var other = yield(_enter("main"), "completed")
	paused = true
	var question := {"title": "Trade", "text": "A sword for a shield?", "choices": ["Yes!", "Never"]}
	var chosen := Seen.new()
	var sure := Seen.new()
	_hear(_ask(director, network, "dialog", question, 9000), chosen)
	yield(_until(self, "_shows", [network, "A sword for a shield?"], "a dialog shows"), "completed")
	_hear(_ask(other, network, "confirm", {"text": "Sure?"}, 9000), sure)
	_equal(_texts(network), ["Yes!", "Never"], "choices")
	network.popup.buttons[1].emit_signal("pressed")
	yield(_until(self, "_shows", [network, "Sure?"], "then a confirm"), "completed")
	network.popup.buttons[0].emit_signal("pressed")
	yield(_until(chosen, "has_count", [1], "the choice came"), "completed")
	yield(_until(sure, "has_count", [1], "the confirmation came"), "completed")
	_equal(chosen.items, [{"value": "Never"}], "chosen")
	_equal(sure.items, [{"value": true}], "confirmed")
	_hear(_ask(director, network, "dialog", {"text": "Well?"}, 9000), chosen)
	yield(_until(self, "_shows", [network, "Well?"], "a dialog without choices"), "completed")
	_equal(_texts(network), ["OK"], "the only choice")
	var escape := InputEventAction.new()
	escape.action = "ui_cancel"
	escape.pressed = true
	input_event(escape)
	yield(_until(chosen, "has_count", [2], "the escape came"), "completed")
	_equal(chosen.items.back(), {"value": null}, "chose nothing")
	_check(network.popup.shown == null, "the popup is gone")
	var late = yield(_ask(director, network, "confirm", {"text": "Late?"}, 300), "completed")
	_equal(late.get("code"), EstragonProtocol.TIMEOUT, "nobody pressed")
	yield(_until(self, "_shows", [network, ""], "the popup goes when the time is over"), "completed")
	yield(_own_prompts(director, network), "completed")
	paused = false


# The game shows prompts itself, or answers them.
func _own_prompts(director: Network, network: Network) -> void:
	var prompts := Seen.new()
	var sure := Seen.new()
	network.queries.connect("prompted", prompts, "on_prompt")
	_hear(_ask(director, network, "confirm", {"title": "T", "text": "Own?"}, 9000), sure)
	yield(_until(prompts, "has_count", [1], "was prompted"), "completed")
	var prompt = prompts.items[0]
	_equal([prompt.title, prompt.text, prompt.is_confirm], ["T", "Own?", true], "prompt")
	_equal(prompt.from.number, int(_company["bob"]["number"]), "prompted by")
	_check(network.popup.shown == null, "no popup where it is handled")
	prompt.answer(false)
	_check(not prompt.is_open, "answered once")
	yield(_until(sure, "has_count", [1], "its answer came"), "completed")
	_equal(sure.items, [{"value": false}], "said no")
	var answers := Answers.new()
	_check(network.queries.register("dialog", answers, "replaced"), "replaces the dialog")
	var replaced = yield(_ask(director, network, "dialog", {"text": "Who?"}, 9000), "completed")
	_equal(replaced.get("value"), "replaced Who?", "replaced")


func _functions() -> void:
	var director = yield(_enter("main"), "completed")
	var network = yield(_open("main"), "completed")
	yield(network.players.identify("Ada", "functions"), "completed")
	_company = yield(_please(director, ["make"]), "completed")
	var bob: Dictionary = _company["bob"]
	var joined = yield(network.rooms.join(_company["code"]), "completed")
	_equal(joined.room.host.number, int(bob["number"]), "host")
	_check(not joined.room.is_host, "is not the host")
	var functions = network.functions
	var sum = yield(functions.execute_as_host("game.add", [5, 3]), "completed")
	_check(sum.ok and int(sum.value) == 8, "the host adds: %s" % sum)
	var cast = yield(functions.execute_for_players([], "game.add", [5, 3]), "completed")
	_check(cast.ok, "nobody was to add: %s" % cast)
	cast = yield(network.events.emit("module.m", [], {"to": []}), "completed")
	_check(cast.ok, "nobody was to hear: %s" % cast)
	cast = yield(network.packets.ask(["Slap"], {"to": []}), "completed")
	_check(cast.ok, "nobody was to be slapped: %s" % cast)
	var whose = yield(functions.execute_as_player(bob["player"], "game.whose"), "completed")
	_equal(whose.value, network.players.me["id"], "the caller")
	var unknown = yield(functions.execute_as_host("game.unknown"), "completed")
	_equal(_code(unknown), EstragonProtocol.UNREGISTERED_HANDLER, "not registered at the host")
	var casts := Seen.new()
	_check(functions.register("game.cast", casts, "on_cast"), "registers")
	for what in ["hosts", "other_hosts", "everyone", "others"]:
		var told = yield(functions.call("execute_for_" + what, "game.cast", [what]), "completed")
		_equal(int(told.data.get("delivered", 0)), {"everyone": 3, "others": 2}.get(what, 1), what)
	_equal(casts.items, [[["everyone"], joined.room.you]], "casts for us")
	var ids := [bob["player"]]
	var told = yield(functions.execute_for_players(ids, "game.cast"), "completed")
	_check(told.ok and ids == [bob["player"]], "for players: %s" % told)
	var wrong = yield(functions.execute_for_players("Bob", "game.cast"), "completed")
	_equal(_code(wrong), EstragonProtocol.INVALID_MESSAGE_DATA, "for what is no array")
	yield(joined.room.leave(), "completed")
	yield(_functions_here(network), "completed")


# At the host itself, and where there is none.
func _functions_here(network: Network) -> void:
	var made = yield(network.rooms.create("stage"), "completed")
	_check(made.room.is_host, "is the host of what it made")
	var answers := Answers.new()
	for method in ["add", "whose", "broken"]:
		network.functions.register("game." + method, answers, method)
	_check(not network.functions.register("add", answers, "add"), "refuses what has no prefix")
	var before: int = network.session._outgoing._ledger.sent
	var sum = yield(network.functions.execute_as_host("game.add", [2, 3]), "completed")
	_check(sum.ok and sum.value == 5, "adds itself: %s" % sum)
	var own_id: String = network.players.me["id"]
	var whose = yield(network.functions.execute_as_player(own_id, "game.whose"), "completed")
	_equal(whose.value, own_id, "calls itself")
	var broken = yield(network.functions.execute_as_host("game.broken"), "completed")
	_equal(_code(broken), EstragonProtocol.REMOTE_ERROR, "broken")
	_equal(broken.error.message, "broken", "broken's text")
	_equal(network.session._outgoing._ledger.sent, before, "frames sent")
	var assigned = yield(made.room.assign(made.room.you, "player"), "completed")
	_check(assigned.ok and made.room.host == null, "no host any more: %s" % assigned)
	var nobody = yield(network.functions.execute_as_host("game.add", [2, 3]), "completed")
	_equal(_code(nobody), EstragonProtocol.NO_HOST, "no host")


func _room() -> void:
	var network = yield(_open("main"), "completed")
	var other = yield(_open("main"), "completed")
	var third = yield(_open("main"), "completed")
	var properties := {"map": "castle %d" % OS.get_ticks_usec()}
	var options := {"capacity": 3, "properties": properties, "name": "Ada"}
	var made = yield(network.rooms.create("stage", options), "completed")
	_check(made.ok, "made: %s" % made)
	var room = made.room
	_equal([room.kind, room.capacity, room.is_host], ["stage", 3, true], "room")
	_equal([room.properties, room.listed, room.locked], [properties, true, false], "says")
	_equal(room.host.name, "Ada", "host")
	var filter := {"kind": "stage", "properties": properties}
	var listed = yield(other.rooms.list(filter), "completed")
	_check(listed.ok and listed.data["rooms"].size() == 1, "listed: %s" % listed)
	_equal(listed.data["rooms"][0]["code"], room.code, "listed as")
	var found = yield(other.rooms.join_or_create("stage", "Bea", null, properties), "completed")
	_check(found.ok and found.room.code == room.code, "found: %s" % found)
	_equal(found.room.host.name, "Ada", "host as found")
	var typed: String = " " + room.code.left(3).to_lower() + " - " + room.code.right(3).to_lower()
	var joined = yield(third.rooms.join(typed), "completed")
	_check(joined.ok, "joined by %s: %s" % [typed, joined])
	yield(_until(self, "_has_member", [room, 3], "all are in"), "completed")
	yield(_changes(room, found.room, other, third), "completed")


# What a host may do with a room, and what the others see of it.
func _changes(room, seen, other: Network, third: Network) -> void:
	var updates := Seen.new()
	var roles := Seen.new()
	var gone := Seen.new()
	var kicked := Seen.new()
	var hosts := Seen.new()
	seen.connect("updated", updates, "on_updated", [seen])
	seen.connect("role_changed", roles, "on_role")
	seen.connect("member_left", gone, "on_gone")
	seen.connect("kicked", kicked, "on_kicked")
	seen.connect("closed", kicked, "on_closed")
	room.connect("host_changed", hosts, "on_host")
	yield(third.rooms.room().leave(), "completed")
	var locked = yield(room.lock(), "completed")
	_check(locked.ok and room.locked, "locked: %s" % locked)
	var out = yield(third.rooms.join(room.code), "completed")
	_equal(_code(out), EstragonProtocol.ROOM_LOCKED, "locked out")
	var updated = yield(room.update({"properties": {"map": null}, "listed": false}), "completed")
	_check(updated.ok and room.properties.empty() and not room.listed, "updated: %s" % updated)
	yield(_until(updates, "has_count", [2], "the updates came"), "completed")
	_equal(updates.items.back(), [{}, false, true], "updated to")
	var denied = yield(seen.lock(false), "completed")
	_equal(_code(denied), EstragonProtocol.PERMISSION_DENIED, "no host")
	yield(room.lock(false), "completed")
	yield(third.rooms.join(room.code), "completed")
	yield(room.assign(seen.you, "assistant"), "completed")
	yield(_until(roles, "has_count", [1], "the role came"), "completed")
	_equal(roles.items, [[seen.you, "assistant"]], "role")
	_equal(seen.me().role, "assistant", "own role")
	yield(room.kick(third.rooms.room().you, {"reason": "rude"}), "completed")
	yield(_until(gone, "has_count", [2], "two left"), "completed")
	_equal(gone.items, ["left", "kicked"], "left because")
	yield(room.ban(seen.you, "ruder"), "completed")
	yield(_until(kicked, "has_count", [2], "the ban came"), "completed")
	_equal(kicked.items, [[room.you, true, "ruder"], "closed"], "banned")
	_check(other.rooms.all.empty(), "in no room")
	var banned = yield(other.rooms.join(room.code), "completed")
	_equal(_code(banned), EstragonProtocol.BANNED, "banned")
	yield(room.assign(room.you, "none"), "completed")
	_equal(hosts.items, [0], "no host any more")


func _query_cut() -> void:
	var director = yield(_enter("main"), "completed")
	yield(_meet(director, {"first_wait": 0.05, "longest_wait": 0.1}), "completed")
	var network: Network = _networks.back()
	var bob: String = "session:" + _company["bob"]["session"]
	var lost := Seen.new()
	var late := Seen.new()
	for what in ["session_lost", "session_reset"]:
		network.connect(what, lost, "on_text")
	_hear(network.queries.ask(bob, "game.slow", null, 12.0), late)
	yield(network.events.emit("module.m", ["asked"]), "completed")
	network.session.cut()
	yield(_until(self, "_is_open", [network], "came back"), "completed")
	yield(_please(director, ["cut", "bob"]), "completed")
	yield(_please(director, ["answer"]), "completed")
	yield(_until(late, "has_count", [1], "the answer came"), "completed")
	_check(late.items[0].ok and late.items[0].value == "late", "answered: %s" % late.items[0])
	var answers := Answers.new()
	answers.network = network
	network.queries.register("game.cut", answers, "cut")
	var held = yield(_ask(director, network, "game.cut", {"held": true}, 12000), "completed")
	_equal(held, {"value": {"held": true}}, "answered after a cut")
	_equal(lost.items, [], "nothing lost or reset")
	yield(_query_reset(director, network), "completed")


# A question of before a reset is not answered any more; what comes after it is.
func _query_reset(director: Network, network: Network) -> void:
	var answers := Answers.new()
	var refused := Seen.new()
	answers.network = network
	network.connect("error_received", refused, "on_error")
	network.queries.register("game.reset", answers, "reset")
	network.queries.register("game.nine", answers, "nine")
	var before = yield(_ask(director, network, "game.reset", null, 5000), "completed")
	_equal(before.get("code"), EstragonProtocol.OUTCOME_UNKNOWN, "asked before a reset")
	var after = yield(_ask(director, network, "game.nine", null, 5000), "completed")
	_equal(int(after.get("value", 0)), 9, "asked after it")
	_equal(refused.items, [], "the server refused")
	_check(network.rooms.room().is_host, "is the host still")
	_equal(network.rooms.room().members.size(), 3, "members")


# Makes a room of the kind `stage`, where Bob and Cleo come too; the newest network is in it.
func _meet(director: Network, options: Dictionary = {}):
	var network = yield(_open("main", options), "completed")
	var made = yield(network.rooms.create("stage"), "completed")
	_check(made.ok, "made: %s" % made)
	_company = yield(_please(director, ["meet", made.room.code]), "completed")
	return made.room


# Has Bob ask us; what he gets.
func _ask(director: Network, network: Network, name: String, data, timeout_ms: int):
	var asked := ["ask", [network.session.id, name, data, timeout_ms]]
	return yield(_please(director, asked), "completed")


func _hear(running, heard: Heard) -> void:
	running.connect("completed", heard, "on_result")


func _shows(network: Network, text: String) -> bool:
	var popup = network.popup
	return popup != null and (popup.shown.text if popup.shown else "") == text


func _texts(network: Network) -> Array:
	var texts := []
	for button in network.popup.buttons:
		texts.append(button.text)
	return texts


func _has_member(room, number: int) -> bool:
	return room.members.has(number)


func _is_open(network: Network) -> bool:
	return network.state == State.OPEN
