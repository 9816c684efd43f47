class_name EstragonWindow
extends RefCounted
## Which of the windows of this game that run at once this one is, so that each is a guest of its own:
## two that the editor starts, say, or two tabs of a browser. A window holds its number by a folder in
## [code]user://[/code], in which it says every second that it is there; the number of one that has died
## is free again.

const _BEAT_MS := 1_000.0
## A window that said nothing for so long is no longer there.
const _SILENT_MS := 3_000

## 1 for the first; 0 until [method seek] has found it.
var number: int = 0

var _world: EstragonWorld
var _path: String
var _tab: EstragonTab
var _pid: String = str(OS.get_process_id())
var _beat_at: float = INF
## The number that is looked at, what its window said first, and since when it is looked at.
var _candidate: int = 1
var _heard: String = ""
var _since: int = 0


## [param path] begins the names of the folders; a [param tab] has its number from its browser.
func _init(
	world: EstragonWorld, path: String = "user://estragon_window_", tab: EstragonTab = null
) -> void:
	_world = world
	_path = path
	_tab = tab if tab or not OS.has_feature("web") else EstragonTab.new()


## Looks for the number, the lowest that is free; call it every frame until it returns true, which
## takes a few seconds where another window may hold one.
func seek() -> bool:
	if _tab:
		number = _tab.number()
		return number > 0
	if number == 0 and OS.has_feature("mobile"):
		number = 1 # There are no windows.
	while number == 0:
		if DirAccess.make_dir_absolute(_folder()) == OK:
			number = _candidate
			_beat()
		elif not _look():
			return false
	return true


## What a name means to this window alone; to the first it is the name itself.
func own(name: String) -> String:
	return name if number <= 1 else "%s window %d" % [name, number]


## Says that it is there; call it every frame.
func poll() -> void:
	if _world.now() >= _beat_at:
		_beat()


## Gives the number back.
func release() -> void:
	if _beat_at < INF:
		_remove(_folder())
	_beat_at = INF
	number = 0
	_candidate = 1


## Looks at who holds the number; false where that cannot be known yet.
func _look() -> bool:
	var said := _said()
	if not _heard:
		_heard = said
		_since = _world.date() if _since == 0 else _since
	var is_dead := _is_dead(said)
	if said.get_slice(" ", 0) == _pid and not is_dead:
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


## A window that has just taken its folder has said nothing yet.
func _is_dead(said: String) -> bool:
	if not said:
		return _world.date() - _since >= _SILENT_MS
	var process := "/proc/" + said.get_slice(" ", 0)
	if OS.get_name() == "Linux" and not DirAccess.dir_exists_absolute(process):
		return true
	return absi(_world.date() - said.get_slice(" ", 1).to_int()) >= _SILENT_MS


## Of several windows that see that one has died, one makes its number free.
func _bury() -> void:
	var aside := "%s_%s" % [_folder(), _pid]
	if DirAccess.rename_absolute(_folder(), aside) == OK:
		_remove(aside)


func _remove(folder: String) -> void:
	DirAccess.remove_absolute(folder + "/there")
	DirAccess.remove_absolute(folder)


func _beat() -> void:
	_beat_at = _world.now() + _BEAT_MS
	var file := FileAccess.open(_folder() + "/there", FileAccess.WRITE)
	if file:
		file.store_string("%s %d" % [_pid, _world.date()])


func _said() -> String:
	var path := _folder() + "/there"
	return FileAccess.get_file_as_string(path) if FileAccess.file_exists(path) else ""


func _folder() -> String:
	return _path + str(number if number > 0 else _candidate)
