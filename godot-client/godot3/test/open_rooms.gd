# What a Godot 3 game does with a server that nothing was said to: rooms of the kind `open`.
extends "res://test/together.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access


# Remembers what was said last, and who became what.
class Known:
	extends "res://test/telling.gd".Heard

	func on_latest(args: Array, from, key: String) -> void:
		items.append([args[0], key, from.name])

	func on_changed(member) -> void:
		items.append([member.number, member.name, member.data])


func _opens() -> void:
	var ada = yield(_open("bare"), "completed")
	var bob = yield(_open("bare"), "completed")
	var map := "map %d" % OS.get_ticks_usec()
	var properties := {"map": map}
	var options := {"capacity": 4, "properties": properties}
	var made = yield(ada.rooms.create("open", options), "completed")
	_check(made.ok, "made: %s" % made)
	var filter := {"kind": "open", "properties": properties}
	var found = yield(bob.rooms.list(filter), "completed")
	_check(found.ok and found.data["rooms"].size() == 1, "found: %s" % found)
	var one: Dictionary = found.data["rooms"][0]
	_equal([one["code"], int(one["capacity"])], [made.room.code, 4], "listed")
	_equal(one["properties"], properties, "says")
	var known_as := {"name": "Bob", "data": {"team": "blue"}}
	var joined = yield(bob.rooms.join(made.room.code, known_as), "completed")
	_check(joined.ok, "joined: %s" % joined)
	yield(_until(self, "_has_member", [made.room, 2], "Bob came"), "completed")
	var its_bob = made.room.members[2]
	_equal([its_bob.name, its_bob.data], ["Bob", {"team": "blue"}], "known as")
	var cleo = yield(_open("bare"), "completed")
	var asked := {"name": "Cleo", "properties": properties}
	var entered = yield(cleo.rooms.join_or_create("open", asked), "completed")
	_check(entered.ok and entered.room.code == made.room.code, "entered: %s" % entered)
	_equal(entered.room.me().name, "Cleo", "known as")
	yield(entered.room.leave(), "completed")
	var heard := Known.new()
	bob.events.on("any.thing", heard, "on_event")
	var emitted = yield(ada.events.emit("any.thing", ["hello"]), "completed")
	_equal(int(emitted.data.get("delivered", -1)), 1, "delivered")
	yield(_until(heard, "has_count", [1], "heard"), "completed")
	_equal(heard.items[0][0], ["hello"], "heard")


func _describes() -> void:
	var pair = yield(_couple(), "completed")
	var room = pair[0].rooms.room()
	var seen = pair[1].rooms.room()
	var before = seen.members[1]
	var changed := Known.new()
	seen.connect("member_changed", changed, "on_changed")
	var changes := {"name": "Adelaide", "data": {"hat": "red"}}
	var described = yield(room.describe(changes), "completed")
	_check(described.ok, "described: %s" % described)
	_equal([room.me().name, room.me().data], ["Adelaide", {"hat": "red"}], "as it knows itself")
	yield(room.describe({"data": null}), "completed")
	yield(_until(changed, "has_count", [2], "Bob heard"), "completed")
	_equal(changed.items, [[1, "Adelaide", {"hat": "red"}], [1, "Adelaide", null]], "changed")
	_check(seen.members[1] == before, "the member is the same")
	_equal([before.role, before.away], ["host", false], "the rest of it")
	var closed = yield(_open("main"), "completed")
	yield(closed.rooms.create("stage"), "completed")
	var refused = yield(closed.rooms.room().describe({"name": "Nobody"}), "completed")
	_equal(_code(refused), EstragonProtocol.UNSUPPORTED, "where its kind lets nobody")


func _replaces() -> void:
	var pair = yield(_couple(), "completed")
	var ada: Network = pair[0]
	var bob: Network = pair[1]
	var heard := Known.new()
	bob.events.on_latest("game.at", heard, "on_latest")
	_equal(ada.events.emit_latest("game.at", ["known"], {"key": "old"}), null, "emitted")
	yield(_until(heard, "has_count", [1], "heard"), "completed")
	_keep_away(bob)
	for at in range(20):
		for key in ["a", "b"]:
			ada.events.emit_latest("game.at", [str(at)], {"key": key})
	yield(ada.rooms.list(), "completed")
	bob.set_process(true)
	yield(_until(heard, "has_count", [3], "heard what it missed"), "completed")
	_keep_away(ada)
	for at in range(5):
		ada.events.emit_latest("game.at", ["back %d" % at], {"key": "a"})
	ada.set_process(true)
	yield(_until(heard, "has_count", [4], "heard who was away"), "completed")
	yield(bob.rooms.list(), "completed")
	_equal(heard.items, [
		["known", "old", "Ada"], ["19", "a", "Ada"], ["19", "b", "Ada"], ["back 4", "a", "Ada"]
	], "heard")
	_emits_wrongly(ada)


# What no server would take is told where it is said.
func _emits_wrongly(ada: Network) -> void:
	var invalid = ada.events.emit_latest("wave")
	_equal(invalid.code, EstragonProtocol.INVALID_MESSAGE_DATA, "no name")
	var large = ada.events.emit_latest("game.at", ["x".repeat(60000)])
	_equal(large.code, EstragonProtocol.TOO_LARGE, "too large")
	ada.disconnect_from_server()
	_equal(ada.events.emit_latest("game.at").code, EstragonProtocol.CLOSED, "closed")


# Its connection is cut, and it comes back once it is processed again.
func _keep_away(network: Network) -> void:
	network.session.cut()
	network.set_process(false)


# Ada and Bob, in one room.
func _couple() -> Array:
	var waits := {"first_wait": 0.001, "longest_wait": 0.01}
	var ada = yield(_open("bare", waits), "completed")
	var bob = yield(_open("bare", waits), "completed")
	var made = yield(ada.rooms.create("open", {"name": "Ada"}), "completed")
	_check(made.ok, "made: %s" % made)
	var joined = yield(bob.rooms.join(made.room.code, "Bob"), "completed")
	_check(joined.ok, "joined: %s" % joined)
	return [ada, bob]
