# How cases are told that need no server: as TAP.
extends SceneTree

var _told: int = 0
var _problems: Array = []


# Tells the cases, each a name, a method and what else that takes.
func _tell_all(cases: Array) -> void:
	print("TAP version 14")
	for case in cases:
		callv(case[1], case.slice(2, case.size()) if case.size() > 2 else [])
		_told += 1
		print("%sok %d - %s" % ["not " if _problems else "", _told, case[0]])
		for problem in _problems:
			print("# " + problem)
		_problems.clear()
	print("1..%d" % _told)
	quit(0)


func _equal(got, expected, what: String) -> void:
	_check(JSON.print(got) == JSON.print(expected), "%s: %s, expected %s" % [what, got, expected])


func _check(is_true: bool, what: String) -> void:
	if not is_true:
		_problems.append(what)
