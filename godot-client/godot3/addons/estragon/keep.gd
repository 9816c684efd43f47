# Keeps small secrets of this game between its starts, such as the token of its session: in a file of
# `user://`, in a browser in what that keeps for all tabs or for one.
class_name EstragonKeep
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonTab := preload("tab.gd")

var _path: String
var _section: String
var _name: String
var _is_of_tab: bool
# Where there is one, all is kept by its browser.
var _tab: EstragonTab
# What we kept ourselves.
var _ours: String = ""


# What is called `name` in a section of the file at `path`, or of what a browser keeps where this is a
# `tab`: for itself if `is_of_tab`, else for all of them.
func _init(
	path: String, section: String, name: String, is_of_tab: bool = false, tab: EstragonTab = null
) -> void:
	_path = path
	_section = section.percent_encode()
	_name = name
	_is_of_tab = is_of_tab
	_tab = tab if tab or not OS.has_feature("JavaScript") else EstragonTab.new()


# What was kept; empty where nothing was.
func recall() -> String:
	if _tab:
		var found := _tab.recall(_in_browser(), not _is_of_tab)
		if found or _is_of_tab:
			return found # Of before there may be a file.
	var file := ConfigFile.new()
	if file.load(_path) != OK:
		return ""
	return str(file.get_value(_section, _name, ""))


# Keeps `value` beside what others have kept in the file meanwhile. A file that cannot be read is moved
# aside, and never written over. Returns what went wrong; empty where nothing did.
func put(value: String) -> String:
	_ours = value
	if _tab:
		_tab.put(_in_browser(), value, not _is_of_tab)
		return ""
	var file := ConfigFile.new()
	var trouble := ""
	if File.new().file_exists(_path) and file.load(_path) != OK:
		file = ConfigFile.new()
		trouble = _move_aside()
	file.set_value(_section, _name, value)
	if trouble.ends_with("aside") or _write(file) != OK:
		return "%s could not be written: %s is not kept" % [_path, _name]
	return trouble


# Nothing is kept any more, unless another has kept something of its own here since.
func forget() -> void:
	if _ours and recall() == _ours:
		discard()


# Nothing is kept any more.
func discard() -> void:
	if _tab:
		_tab.discard(_in_browser(), not _is_of_tab)
		return
	var file := ConfigFile.new()
	if file.load(_path) == OK and file.has_section_key(_section, _name):
		file.set_value(_section, _name, null)
		_write(file)


# Moves a file aside that cannot be read; returns what is to be told of that.
func _move_aside() -> String:
	var number := 1
	while File.new().file_exists("%s.unreadable%d" % [_path, number]):
		number += 1
	var aside := "%s.unreadable%d" % [_path, number]
	if Directory.new().rename(_path, aside) != OK:
		return "%s cannot be read, nor moved aside" % _path
	return "%s could not be read: it is now %s, and another was begun" % [_path, aside]


# In one piece, so that a game that dies meanwhile leaves what was there.
func _write(file: ConfigFile) -> int:
	var beside := "%s.%d" % [_path, OS.get_process_id()]
	var error := file.save(beside)
	return error if error != OK else Directory.new().rename(beside, _path)


func _in_browser() -> String:
	return "%s %s" % [_name, _section]
