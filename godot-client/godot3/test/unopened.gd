# Every script of the add-on, in a project that no editor has opened, so that no class has a name.
extends SceneTree

const _FOLDER := "res://addons/estragon"
# The editor's own, which no game loads.
const _PLUGIN := "plugin.gd"

var _told: int = 0


func _initialize() -> void:
	print("TAP version 14")
	for file in _scripts():
		var script: Script = load(_FOLDER.plus_file(file))
		_check(script != null and script.can_instance(), "%s loads" % file)
	var network := root.get_node_or_null("Network")
	_check(network != null and network.get("rooms") != null, "Network is there, and has its parts")
	print("1..%d" % _told)
	quit(0)


func _scripts() -> Array:
	var folder := Directory.new()
	var files := []
	if folder.open(_FOLDER) != OK or folder.list_dir_begin(true) != OK:
		return files
	var file := folder.get_next()
	while file:
		if file.ends_with(".gd") and file != _PLUGIN:
			files.append(file)
		file = folder.get_next()
	files.sort()
	return files


func _check(is_so: bool, what: String) -> void:
	_told += 1
	print("%sok %d - %s" % ["" if is_so else "not ", _told, what])
