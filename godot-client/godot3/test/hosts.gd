# What becomes of a room whose host leaves, or is away for long.
extends "res://test/judged.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access


# Remembers roles and hosts.
class Line:
	extends "res://test/telling.gd".Heard

	var room

	func on_role(member) -> void:
		items.append([member.number, member.role])

	func on_host(host) -> void:
		items.append([host.number, room.epoch])


func _succeeds() -> void:
	var ada = yield(_open("main"), "completed")
	var bob = yield(_open("main"), "completed")
	var cleo = yield(_open("main"), "completed")
	var made = yield(ada.rooms.create("camp"), "completed")
	var entered = yield(bob.rooms.join(made.room.code), "completed")
	var joined = yield(cleo.rooms.join(made.room.code), "completed")
	var room = entered.room
	var seen = joined.room
	var told := Line.new()
	told.room = seen
	seen.connect("role_changed", told, "on_role")
	seen.connect("host_changed", told, "on_host")
	_equal([seen.host_number, seen.epoch], [1, 1], "at first")
	var alone = yield(ada.functions.execute_for_other_hosts("game.mark"), "completed")
	_check(alone.ok, "the only host has no others: %s" % alone)
	_equal(int(alone.data.get("delivered", -1)), 0, "others")
	yield(made.room.leave(), "completed")
	yield(_until(told, "has_count", [2], "Bob is next"), "completed")
	_equal(told.items, [[2, "host"], [2, 2]], "told")
	yield(_until(self, "_has_epoch", [room, 2], "Bob knows it"), "completed")
	_check(room.is_host and room.me().role == "host", "Bob is host")
	bob.session.cut()
	bob.session._connections.come_back_after(1500.0)
	yield(_until(told, "has_count", [4], "Cleo is next"), "completed")
	_equal(told.items.slice(2, 3), [[3, "host"], [3, 3]], "then told")
	_check(seen.is_host, "Cleo is host")
	yield(_until(self, "_has_epoch", [room, 3], "Bob is back and knows it"), "completed")
	_equal([room.host_number, room.is_host, seen.host_number], [3, false, 3], "he deposes nobody")


func _has_epoch(room, epoch: int) -> bool:
	return room.epoch == epoch
