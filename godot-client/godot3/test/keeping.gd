# What a game keeps between its starts, and which of its windows it is; prints TAP.
extends "res://test/cases.gd"

# warning-ignore-all:return_value_discarded

const EstragonKeep := preload("res://addons/estragon/keep.gd")
const EstragonWindow := preload("res://addons/estragon/window.gd")
const Scripted := preload("res://test/scripted.gd")
const _FILE := "user://test_keeping.cfg"
const _WINDOW := "user://test_keeping_window_"
# A process that is there as long as the machine is.
const _OTHER := "1"


# A tab of a browser whose storage is given.
class Tab:
	extends "res://addons/estragon/tab.gd"

	var all: Dictionary
	var own: Dictionary = {}
	var its_number: int = 0

	func number() -> int:
		return its_number

	func recall(name: String, is_for_all: bool) -> String:
		return str(_in(is_for_all).get(name, ""))

	func put(name: String, value: String, is_for_all: bool) -> void:
		_in(is_for_all)[name] = value

	func discard(name: String, is_for_all: bool) -> void:
		_in(is_for_all).erase(name)

	func _in(is_for_all: bool) -> Dictionary:
		return all if is_for_all else own


func _initialize() -> void:
	_tell_all([
		["what two keep at once is there for both", "_keeps_both"],
		["a file that cannot be read is moved aside, and told of", "_moves_aside"],
		["who forgets leaves alone what another has kept since", "_forgets"],
		["two windows have two numbers, and the next has the one that was given back", "_numbers"],
		["a window that has died gives its number up", "_dies"],
		["two tabs are two guests, and keep no file", "_tabs"],
	])


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
	var file := File.new()
	file.open(_FILE + ".unreadable1", File.READ)
	_equal(file.get_as_text(), "[section\nbroken = ", "what was there")
	file.close()
	Directory.new().remove(_FILE + ".unreadable1")


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
	var world := Scripted.TestWorld.new()
	var first := EstragonWindow.new(world, _WINDOW)
	var second := EstragonWindow.new(world, _WINDOW)
	second._pid = _OTHER
	_equal([first.seek(), first.number, first.own("ada")], [true, 1, "ada"], "the first")
	_equal(second.seek(), false, "whether the first is there is not known yet")
	world.time += 1000.0
	first.poll()
	_equal([second.seek(), second.number], [true, 2], "the second")
	_equal(second.own("ada"), "ada window 2", "its own")
	var again := EstragonWindow.new(world, _WINDOW)
	_equal([again.seek(), again.number], [true, 1], "the same window by another connection")
	first.release()
	var third := EstragonWindow.new(world, _WINDOW)
	_equal([third.seek(), third.number], [true, 1], "given back")
	third.release()
	second.release()
	_equal(Directory.new().dir_exists(_WINDOW + "1"), false, "nothing is left")


func _dies() -> void:
	_clear()
	Directory.new().make_dir(_WINDOW + "1")
	_write(_WINDOW + "1/there", "%s 1000000" % _OTHER)
	var window := EstragonWindow.new(Scripted.TestWorld.new(), _WINDOW)
	_equal([window.seek(), window.number], [true, 1], "it takes the number of the dead")
	window.release()


func _tabs() -> void:
	_clear()
	var browser := {}
	var tabs := [Tab.new(), Tab.new()]
	var windows := []
	for tab in tabs:
		tab.all = browser
		windows.append(EstragonWindow.new(Scripted.TestWorld.new(), _WINDOW, tab))
	_equal([windows[0].seek(), windows[1].seek()], [false, false], "not known yet")
	tabs[0].its_number = 1
	tabs[1].its_number = 2
	_equal([windows[0].seek(), windows[1].seek()], [true, true], "known")
	_equal([windows[0].own("ada"), windows[1].own("ada")], ["ada", "ada window 2"], "their own")
	var keeps := []
	for tab in tabs:
		keeps.append(EstragonKeep.new(_FILE, "server", "guest_key", false, tab))
		keeps.append(EstragonKeep.new(_FILE, "server", "token", true, tab))
	_equal([keeps[0].put("key"), keeps[1].put("token")], ["", ""], "no trouble")
	var kept := []
	for keep in keeps:
		kept.append(keep.recall())
	_equal(kept, ["key", "token", "key", ""], "a key is for all, a token is not")
	keeps[1].forget()
	keeps[0].discard()
	_equal([browser.size(), tabs[0].own.size()], [0, 0], "nothing is left")
	_equal(File.new().file_exists(_FILE), false, "a file")


func _write(path: String, text: String) -> void:
	var file := File.new()
	file.open(path, File.WRITE)
	file.store_string(text)
	file.close()


func _clear() -> void:
	Directory.new().remove(_FILE)
	for number in [1, 2]:
		Directory.new().remove("%s%d/there" % [_WINDOW, number])
		Directory.new().remove("%s%d" % [_WINDOW, number])
