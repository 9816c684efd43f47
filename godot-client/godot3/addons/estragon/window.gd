# Which of the windows of this game that run at once this one is, so that each is a guest of its own:
# two that the editor starts, say, or two tabs of a browser. A window holds its number by a folder in
# `user://`, in which it says every second that it is there; the number of one that has died is free
# again.
class_name EstragonWindow
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonTab := preload("tab.gd")
const EstragonWorld := preload("world.gd")
const _BEAT_MS := 1000.0
# A window that said nothing for so long is no longer there.
const _SILENT_MS := 3000
const _NEVER := INF

# 1 for the first; 0 until `seek` has found it.
var number: int = 0

var _world: EstragonWorld
var _path: String
var _tab: EstragonTab
var _pid: String = str(OS.get_process_id())
var _beat_at: float = _NEVER
# The number that is looked at, what its window said first, and since when it is looked at.
var _candidate: int = 1
var _heard: String = ""
var _since: int = 0


# `path` begins the names of the folders; a `tab` has its number from its browser.
func _init(
	world: EstragonWorld, path: String = "user://estragon_window_", tab: EstragonTab = null
) -> void:
	_world = world
	_path = path
	_tab = tab if tab or not OS.has_feature("JavaScript") else EstragonTab.new()


# Looks for the number, the lowest that is free; call it every frame until it returns true, which takes
# a few seconds where another window may hold one.
func seek() -> bool:
	if _tab:
		number = _tab.number()
		return number > 0
	if number == 0 and OS.has_feature("mobile"):
		number = 1 # There are no windows.
	while number == 0:
		if Directory.new().make_dir(_folder()) == OK:
			number = _candidate
			_beat()
		elif not _look():
			return false
	return true


# What a name means to this window alone; to the first it is the name itself.
func own(name: String) -> String:
	return name if number <= 1 else "%s window %d" % [name, number]


# Says that it is there; call it every frame.
func poll() -> void:
	if _world.now() >= _beat_at:
		_beat()


# Gives the number back.
func release() -> void:
	if _beat_at < _NEVER:
		_remove(_folder())
	_beat_at = _NEVER
	number = 0
	_candidate = 1


# Looks at who holds the number; false where that cannot be known yet.
func _look() -> bool:
	var said := _said()
	if not _heard:
		_heard = said
		_since = _world.date() if _since == 0 else _since
	var is_dead := _is_dead(said)
	if _process_in(said) == _pid and not is_dead:
		number = _candidate # This very window, by another connection.
	elif said and said != _heard:
		_candidate += 1
	elif is_dead and said == _said():
		_bury()
	else:
		return false
	_heard = ""
	_since = 0
	return true


# A window that has just taken its folder has said nothing yet.
func _is_dead(said: String) -> bool:
	if not said:
		return _world.date() - _since >= _SILENT_MS
	var knows_processes := Directory.new().dir_exists("/proc/" + _pid)
	if knows_processes and not Directory.new().dir_exists("/proc/" + _process_in(said)):
		return true
	return abs(_world.date() - int(said.substr(said.find(" ") + 1))) >= _SILENT_MS


# Of several windows that see that one has died, one makes its number free.
func _bury() -> void:
	var aside := "%s_%s" % [_folder(), _pid]
	if Directory.new().rename(_folder(), aside) == OK:
		_remove(aside)


func _remove(folder: String) -> void:
	Directory.new().remove(folder + "/there")
	Directory.new().remove(folder)


func _beat() -> void:
	_beat_at = _world.now() + _BEAT_MS
	var file := File.new()
	if file.open(_folder() + "/there", File.WRITE) == OK:
		file.store_string("%s %d" % [_pid, _world.date()])
		file.close()


func _said() -> String:
	var file := File.new()
	if file.open(_folder() + "/there", File.READ) != OK:
		return ""
	var said := file.get_as_text()
	file.close()
	return said


func _process_in(said: String) -> String:
	return said.split(" ")[0]


func _folder() -> String:
	return _path + str(number if number > 0 else _candidate)
