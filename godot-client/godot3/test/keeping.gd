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


func _initialize() -> void:
	_tell_all([
		["what two keep at once is there for both", "_keeps_both"],
		["a file that cannot be read is moved aside, and told of", "_moves_aside"],
		["who forgets leaves alone what another has kept since", "_forgets"],
		["two windows have two numbers, and the next has the one that was given back", "_numbers"],
		["a window that has died gives its number up", "_dies"],
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
