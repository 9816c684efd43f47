extends "res://test/scripted.gd"
## What a game keeps between its starts, and which of its windows it is; prints TAP.

const _FILE := "user://test_keeping.cfg"
const _WINDOW := "user://test_keeping_window_"
## A process that is there as long as the machine is.
const _OTHER := "1"


## A tab of a browser whose storage is given.
class Tab:
	extends EstragonTab

	var all: Dictionary
	var own: Dictionary = {}
	var its_number: int = 0

	func number() -> int:
		return its_number

	func recall(name: String, is_for_all: bool) -> String:
		return str((all if is_for_all else own).get(name, ""))

	func put(name: String, value: String, is_for_all: bool) -> void:
		(all if is_for_all else own)[name] = value

	func discard(name: String, is_for_all: bool) -> void:
		(all if is_for_all else own).erase(name)


func _run() -> void:
	_tell("what two keep at once is there for both", _keeps_both)
	_tell("a file that cannot be read is moved aside, and told of", _moves_aside)
	_tell("who forgets leaves alone what another has kept since", _forgets)
	_tell("two windows have two numbers, and the next has the one that was given back", _numbers)
	_tell("a window that has died gives its number up", _dies)
	_tell("two tabs are two guests, and keep no file", _tabs)


func _keeps_both() -> void:
	_clear()
	var one := EstragonKeep.new(_FILE, "server one", "guest_key")
	var other := EstragonKeep.new(_FILE, "server other", "guest_key")
	_equal([one.recall(), other.recall()], ["", ""], "nothing yet")
	_equal([one.put("first"), other.put("second")], ["", ""], "no trouble")
	_equal([one.recall(), other.recall()], ["first", "second"], "kept")


func _moves_aside() -> void:
	_clear()
	_write(_FILE, "[section\nbroken = ")
	var keep := EstragonKeep.new(_FILE, "server", "guest_key")
	_equal(keep.recall(), "", "nothing to be read")
	var trouble := keep.put("new")
	_equal(trouble.begins_with(_FILE + " could not be read"), true, "told: " + trouble)
	_equal(keep.recall(), "new", "kept")
	var aside := FileAccess.get_file_as_string(_FILE + ".unreadable1")
	_equal(aside, "[section\nbroken = ", "what was there")
	DirAccess.remove_absolute(_FILE + ".unreadable1")


func _forgets() -> void:
	_clear()
	var one := EstragonKeep.new(_FILE, "server", "token")
	var other := EstragonKeep.new(_FILE, "server", "token")
	one.put("first")
	other.put("second")
	one.forget()
	_equal(other.recall(), "second", "another's stays")
	other.forget()
	_equal(other.recall(), "", "one's own goes")


func _numbers() -> void:
	_clear()
	var first := EstragonWindow.new(_world, _WINDOW)
	var second := EstragonWindow.new(_world, _WINDOW)
	second._pid = _OTHER
	_equal([first.seek(), first.number, first.own("ada")], [true, 1, "ada"], "the first")
	_equal(second.seek(), false, "whether the first is there is not known yet")
	_world.time += 1_000.0
	first.poll()
	_equal([second.seek(), second.number], [true, 2], "the second")
	_equal(second.own("ada"), "ada window 2", "its own")
	var again := EstragonWindow.new(_world, _WINDOW)
	_equal([again.seek(), again.number], [true, 1], "the same window by another connection")
	first.release()
	var third := EstragonWindow.new(_world, _WINDOW)
	_equal([third.seek(), third.number], [true, 1], "given back")
	third.release()
	second.release()
	_equal(DirAccess.dir_exists_absolute(_WINDOW + "1"), false, "nothing is left")


func _dies() -> void:
	_clear()
	DirAccess.make_dir_absolute(_WINDOW + "1")
	_write(_WINDOW + "1/there", "%s 1000000" % _OTHER)
	var window := EstragonWindow.new(_world, _WINDOW)
	_equal([window.seek(), window.number], [true, 1], "it takes the number of the dead")
	window.release()


func _tabs() -> void:
	_clear()
	var browser := {}
	var tabs: Array[Tab] = [Tab.new(), Tab.new()]
	var windows: Array[EstragonWindow] = []
	for tab: Tab in tabs:
		tab.all = browser
		windows.append(EstragonWindow.new(_world, _WINDOW, tab))
	_equal([windows[0].seek(), windows[1].seek()], [false, false], "not known yet")
	tabs[0].its_number = 1
	tabs[1].its_number = 2
	_equal([windows[0].seek(), windows[1].seek()], [true, true], "known")
	_equal([windows[0].own("ada"), windows[1].own("ada")], ["ada", "ada window 2"], "their own")
	var keeps: Array[EstragonKeep] = []
	for tab: Tab in tabs:
		keeps.append(EstragonKeep.new(_FILE, "server", "guest_key", false, tab))
		keeps.append(EstragonKeep.new(_FILE, "server", "token", true, tab))
	_equal([keeps[0].put("key"), keeps[1].put("token")], ["", ""], "no trouble")
	var kept := keeps.map(func(keep: EstragonKeep) -> String: return keep.recall())
	_equal(kept, ["key", "token", "key", ""], "a key is for all, a token is not")
	keeps[1].forget()
	keeps[0].discard()
	_equal([browser, tabs[0].own], [{}, {}], "nothing is left")
	_equal(FileAccess.file_exists(_FILE), false, "a file")


func _write(path: String, text: String) -> void:
	FileAccess.open(path, FileAccess.WRITE).store_string(text)


func _clear() -> void:
	DirAccess.remove_absolute(_FILE)
	for number: int in [1, 2]:
		DirAccess.remove_absolute("%s%d/there" % [_WINDOW, number])
		DirAccess.remove_absolute("%s%d" % [_WINDOW, number])
