extends "res://test/open_rooms.gd"
## What a Godot 4 game does with what a room of the kind open knows.

const _TABLES: Array[Dictionary] = [
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
## So many signs are more than one frame of state takes.
const _SIGNS := 18


func _knows() -> void:
	var ada := await _open("bare")
	var bob := await _open("bare", {"first_wait": 0.001, "longest_wait": 0.01})
	var room := await _make_pond(ada)
	var signs := room.state.table("signs")
	for n: int in _SIGNS:
		var sign_text := ("%d" % n).rpad(1000)
		var made := await signs.add({"text": sign_text, "more": sign_text})
		_check(made.ok, "added: %s" % made)
	var joined := await bob.rooms.join(room.code)
	var seen := joined.room.state.table("signs")
	await _until(func() -> bool: return seen.size() == _SIGNS, "all signs")
	_equal(_all_signs(seen), _all_signs(signs), "the signs")
	var heard: Array[String] = []
	seen.removed.connect(
		func(row: EstragonRow) -> void: heard.append("removed " + _sign_of(row))
	)
	seen.added.connect(func(row: EstragonRow) -> void: heard.append("added " + _sign_of(row)))
	seen.changed.connect(
		func(row: EstragonRow, fields: PackedStringArray) -> void:
			heard.append("changed %s %s" % [_sign_of(row), ",".join(fields)])
	)

	_keep_away(bob)
	var rows := signs.rows()
	rows[0].set("text", "changed")
	await rows[1].remove()
	var added := await signs.add({"text": "new"})
	var slot: int = added.data["slot"]
	await signs.when(slot)
	bob.set_process(true)
	await _until(func() -> bool: return heard.size() == 3, "heard what became of them: %s" % [heard])
	_equal(heard, ["removed 1", "added new", "changed changed text"] as Array[String], "heard")
	_equal(_all_signs(seen), _all_signs(signs), "the signs after it was away")


func _owns() -> void:
	var ada := await _open("bare")
	var bob := await _open("bare")
	var room := await _make_pond(ada)
	var joined := await bob.rooms.join(room.code)
	var ducks := joined.room.state.table("ducks")
	var added := await room.state.table("ducks").add({"at": Vector2(1, 2), "speed": 5})
	var slot: int = added.data["slot"]
	var duck := await room.state.table("ducks").when(slot)
	var seen := await ducks.when(slot)
	_equal([seen.owner, seen.is_mine, duck.is_mine], [room.you, false, true], "whose it is")
	duck.set("at", Vector2(10, 20))
	_equal(duck.smooth("at"), Vector2(10, 20), "where it is for its owner")
	await _until(
		func() -> bool: return _is_near(seen.smooth("at"), Vector2(10, 20)), "Bob sees it there"
	)
	var corrected: Array = []
	room.state.table("ducks").corrected.connect(
		func(row: EstragonRow, error: EstragonError) -> void: corrected.append([row, error.code])
	)
	var errors: Array[String] = []
	bob.error_received.connect(func(error: EstragonError) -> void: errors.append(error.code))
	seen.set("at", Vector2(3, 3))
	await _until(func() -> bool: return not errors.is_empty(), "told whose it is")
	_equal(errors, [EstragonProtocol.PERMISSION_DENIED] as Array[String], "another's row")
	duck.set("speed", 900)
	await _until(func() -> bool: return corrected.size() == 1, "corrected")
	_equal(corrected, [[duck, "CHANGE"]], "corrected")
	_equal([duck.get("speed"), seen.get("speed")], [5.0, 5.0], "how fast it is")
	_check(_is_near(seen.get("at"), Vector2(10, 20)), "where it is: %s" % seen.get("at"))


func _make_pond(network: Network) -> EstragonRoom:
	var made := await network.rooms.create("open", {"state": {"tables": _TABLES}})
	_check(made.ok, "made: %s" % made)
	return made.room


static func _is_near(found: Variant, wanted: Vector2) -> bool:
	var place: Vector2 = found
	return place.distance_to(wanted) < 0.01


static func _all_signs(table: EstragonStateTable) -> Array:
	var all := table.rows().map(func(row: EstragonRow) -> String: return _sign_of(row))
	all.sort()
	return all


static func _sign_of(row: EstragonRow) -> String:
	return str(row.get("text")).strip_edges()
