extends "res://test/judged.gd"
## What becomes of a room whose host leaves, or is away for long.


func _succeeds() -> void:
	var ada := await _open("main")
	var bob := await _open("main")
	var cleo := await _open("main")
	var made := await ada.rooms.create("camp")
	var room := (await bob.rooms.join(made.room.code)).room
	var seen := (await cleo.rooms.join(made.room.code)).room
	var told: Array = []
	seen.role_changed.connect(
		func(member: EstragonMember) -> void: told.append([member.number, member.role])
	)
	seen.host_changed.connect(
		func(host: EstragonMember) -> void: told.append([host.number, seen.epoch])
	)
	_equal([seen.host_number, seen.epoch], [1, 1], "at first")
	var alone := await ada.functions.execute_for_other_hosts("game.mark")
	_check(alone.ok, "the only host has no others: %s" % alone)
	_equal(alone.data.get("delivered"), 0, "others")
	await made.room.leave()
	await _until(func() -> bool: return told.size() == 2, "Bob is next: %s" % [told])
	_equal(told, [[2, "host"], [2, 2]], "told")
	_check(room.is_host and room.me().role == "host" and room.epoch == 2, "Bob is host")
	told.clear()
	bob.session.cut()
	bob.set_process(false)
	await _until(func() -> bool: return told.size() == 2, "Cleo is next: %s" % [told])
	_equal(told, [[3, "host"], [3, 3]], "then told")
	_check(seen.is_host, "Cleo is host")
	bob.set_process(true)
	await _until(func() -> bool: return not seen.members[2].away, "Bob is back")
	await _until(func() -> bool: return room.epoch == 3, "Bob knows it")
	_equal([room.host_number, room.is_host, seen.host_number], [3, false, 3], "he deposes nobody")
