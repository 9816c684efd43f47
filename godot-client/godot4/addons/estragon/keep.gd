class_name EstragonKeep
extends RefCounted
## Keeps small secrets of this game between its starts, such as the token of its session: in a file of
## [code]user://[/code], and for a session in a browser in what the tab itself keeps.

const _WEB_KEY := "estragon.%s"

var _path: String
var _section: String
var _name: String
var _is_of_tab: bool
## What we kept ourselves.
var _ours: String = ""


## What is called [param name] in a section of the file at [param path]. In a browser it belongs to the
## tab where [param is_of_tab].
func _init(path: String, section: String, name: String, is_of_tab: bool = false) -> void:
	_path = path
	_section = section.uri_encode()
	_name = name
	_is_of_tab = is_of_tab and OS.has_feature("web")


## What was kept; empty where nothing was.
func recall() -> String:
	if _is_of_tab:
		return str(_ask_tab("getItem(%s) || ''"))
	var file := ConfigFile.new()
	if file.load(_path) != OK:
		return ""
	return str(file.get_value(_section, _name, ""))


## Keeps [param value] beside what others have kept in the file meanwhile. A file that cannot be read is
## moved aside, and never written over. Returns what went wrong; empty where nothing did.
func put(value: String) -> String:
	_ours = value
	if _is_of_tab:
		_ask_tab("setItem(%s, " + JSON.stringify(value) + ")")
		return ""
	var file := ConfigFile.new()
	var trouble := _read(file)
	file.set_value(_section, _name, value)
	if _write(file) != OK:
		return "%s could not be written: %s is not kept" % [_path, _name]
	return trouble


## Nothing is kept any more, unless another has kept something of its own here since.
func forget() -> void:
	if _ours and recall() == _ours:
		discard()


## Nothing is kept any more.
func discard() -> void:
	if _is_of_tab:
		_ask_tab("removeItem(%s)")
		return
	var file := ConfigFile.new()
	if file.load(_path) == OK and file.has_section_key(_section, _name):
		file.erase_section_key(_section, _name)
		_write(file)


## Reads what is there now; returns what is to be told where that cannot be read.
func _read(file: ConfigFile) -> String:
	if not FileAccess.file_exists(_path) or file.load(_path) == OK:
		return ""
	file.clear()
	var aside := _free_name()
	if DirAccess.rename_absolute(_path, aside) != OK:
		return "%s cannot be read, nor moved aside" % _path
	return "%s could not be read: it is now %s, and another was begun" % [_path, aside]


## In one piece, so that a game that dies meanwhile leaves what was there.
func _write(file: ConfigFile) -> Error:
	var beside := "%s.%d" % [_path, OS.get_process_id()]
	var error := file.save(beside)
	return error if error != OK else DirAccess.rename_absolute(beside, _path)


func _free_name() -> String:
	var number := 1
	while FileAccess.file_exists("%s.unreadable%d" % [_path, number]):
		number += 1
	return "%s.unreadable%d" % [_path, number]


func _ask_tab(call: String) -> Variant:
	var key := JSON.stringify(_WEB_KEY % [_section])
	return JavaScriptBridge.eval("(()=>{try{return sessionStorage.%s}catch(e){return ''}})()" % (call % key))
