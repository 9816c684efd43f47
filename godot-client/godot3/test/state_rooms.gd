# What a Godot 3 game does with what a room of the kind `open` knows.
extends "res://test/open_rooms.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const _TABLES := [
	{
		"name": "ducks",
		"write": "owner",
		"fields": [
			{"name": "at", "type": "vec2", "min": 0, "max": 1000, "step": 0.1},
			{"name": "speed", "type": "fixed", "min": 0, "max": 1000, "step": 1, "change": 10},
		],
	},
	{
		"name": "signs",
		"write": "host",
		"fields": [
			{"name": "text", "type": "string", "max": 1024},
			{"name": "more", "type": "string", "max": 1024},
		],
	},
]
# So many signs are more than one frame of state takes.
const _SIGNS := 18


# Remembers what became of rows.
class Rows:
	extends "res://test/telling.gd".Heard

	func on_row(row, what: String) -> void:
		items.append("%s %s" % [what, row.text.strip_edges()])

	func on_changed(row, fields: Array) -> void:
		items.append("changed %s %s" % [row.text.strip_edges(), PoolStringArray(fields).join(",")])

	func on_corrected(row, error) -> void:
		items.append([row, error.code])

	func on_code(error) -> void:
		items.append(error.code)


func _knows() -> void:
	var ada = yield(_open("bare"), "completed")
	var bob = yield(_open("bare", {"first_wait": 0.001, "longest_wait": 0.01}), "completed")
	var room = yield(_make_pond(ada), "completed")
	var signs = room.state.table("signs")
	for n in range(_SIGNS):
		var text := str(n) + " ".repeat(1000 - str(n).length())
		var made = yield(signs.add({"text": text, "more": text}), "completed")
		_check(made.ok, "added: %s" % made)
	var joined = yield(bob.rooms.join(room.code), "completed")
	var seen = joined.room.state.table("signs")
	yield(_until(self, "_has_rows", [seen, _SIGNS], "all signs"), "completed")
	_equal(_all_signs(seen), _all_signs(signs), "the signs")
	var heard := Rows.new()
	seen.connect("removed", heard, "on_row", ["removed"])
	seen.connect("added", heard, "on_row", ["added"])
	seen.connect("changed", heard, "on_changed")

	_keep_away(bob)
	var rows: Array = signs.rows()
	rows[0].text = "changed"
	yield(rows[1].remove(), "completed")
	var added = yield(signs.add({"text": "new"}), "completed")
	yield(signs.when(int(added.data["slot"])), "completed")
	bob.set_process(true)
	yield(_until(heard, "has_count", [3], "heard what became of them"), "completed")
	_equal(heard.items, ["removed 1", "added new", "changed changed text"], "heard")
	_equal(_all_signs(seen), _all_signs(signs), "the signs after it was away")


func _owns() -> void:
	var ada = yield(_open("bare"), "completed")
	var bob = yield(_open("bare"), "completed")
	var room = yield(_make_pond(ada), "completed")
	var joined = yield(bob.rooms.join(room.code), "completed")
	var ducks = room.state.table("ducks")
	var added = yield(ducks.add({"at": Vector2(1, 2), "speed": 5}), "completed")
	var slot := int(added.data["slot"])
	var duck = yield(ducks.when(slot), "completed")
	var seen = yield(joined.room.state.table("ducks").when(slot), "completed")
	_equal([seen.owner, seen.is_mine, duck.is_mine], [room.you, false, true], "whose it is")
	duck.at = Vector2(10, 20)
	_equal(duck.smooth("at"), Vector2(10, 20), "where it is for its owner")
	yield(_until(self, "_is_shown", [seen, Vector2(10, 20)], "Bob sees it there"), "completed")
	var corrected := Rows.new()
	ducks.connect("corrected", corrected, "on_corrected")
	var errors := Rows.new()
	bob.connect("error_received", errors, "on_code")
	seen.at = Vector2(3, 3)
	yield(_until(errors, "has_count", [1], "told whose it is"), "completed")
	_equal(errors.items, [EstragonProtocol.PERMISSION_DENIED], "another's row")
	duck.speed = 900
	yield(_until(corrected, "has_count", [1], "corrected"), "completed")
	_equal(corrected.items, [[duck, "CHANGE"]], "corrected")
	_equal([duck.speed, seen.speed], [5.0, 5.0], "how fast it is")
	_check(seen.at.distance_to(Vector2(10, 20)) < 0.01, "where it is: %s" % seen.at)


func _make_pond(network: Network) -> Object:
	var made = yield(network.rooms.create("open", {"state": {"tables": _TABLES}}), "completed")
	_check(made.ok, "made: %s" % made)
	return made.room


func _has_rows(table, count: int) -> bool:
	return table.size() == count


func _is_shown(row, place: Vector2) -> bool:
	return row.smooth("at").distance_to(place) < 0.01


static func _all_signs(table) -> Array:
	var all := []
	for row in table.rows():
		all.append(row.text.strip_edges())
	all.sort()
	return all
