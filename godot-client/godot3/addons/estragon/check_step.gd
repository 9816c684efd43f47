# Does recorded inputs with a game's step, for `estragon check-step` to compare with what its server
# makes of them.
#
# ESTRAGON_STEP names the script that has the method `step`, static or not; ESTRAGON_RECORDED a file of
# JSON: {"fields", "inputs", "step", "row", "recorded"}, the fields as `state.schema` says them, the
# step in seconds, what the row is at first, and the inputs. What the row is after each is written to the
# file that ESTRAGON_ROWS names.
extends SceneTree

const EstragonStateColumn := preload("state_column.gd")
const EstragonStateField := preload("state_field.gd")
const EstragonText := preload("text.gd")


func _init() -> void:
	var problem := _do()
	if problem:
		printerr(problem)
	quit(1 if problem else 0)


# Does all of it; what is wrong, or nothing.
func _do() -> String:
	var recorded = _json(OS.get_environment("ESTRAGON_RECORDED"))
	if typeof(recorded) != TYPE_DICTIONARY:
		return "ESTRAGON_RECORDED: expected a file of JSON"
	var path := OS.get_environment("ESTRAGON_STEP")
	var script = load(path) if ResourceLoader.exists(path) else null
	if not script is GDScript or not script.can_instance():
		return "ESTRAGON_STEP: expected a script, got %s" % path
	var target: Object = script.new()
	if not target.has_method("step"):
		return "%s: expected a method step(player, input, seconds)" % path
	var rows := _rows(recorded, target)
	if target is Node:
		target.free()
	var file := File.new()
	if file.open(OS.get_environment("ESTRAGON_ROWS"), File.WRITE) != OK:
		return "ESTRAGON_ROWS: expected a file that can be written"
	file.store_string(EstragonText.of(rows))
	file.close()
	return ""


func _rows(all: Dictionary, target: Object) -> Array:
	var fields := _fields(all["fields"])
	var inputs := _fields(all["inputs"])
	var row := _typed(all["row"], fields, false)
	var rows := []
	for said in all["recorded"]:
		target.call("step", row, _typed(said, inputs, true), all["step"])
		var after := {}
		for field in fields:
			after[field.name] = EstragonStateField.plain(row[field.name])
		rows.append(after)
	return rows


func _fields(schemas: Array) -> Array:
	var columns := []
	for index in schemas.size():
		columns += EstragonStateColumn.of_field(schemas[index], index)
	var fields := []
	for index in schemas.size():
		fields.append(EstragonStateField.new(schemas[index], index, columns))
	return fields


# Values as the game has them; what travels as exact as that lets them be.
func _typed(said: Dictionary, fields: Array, travels: bool) -> Dictionary:
	var values := {}
	for field in fields:
		var value = field.read_own(field.empty())
		if said.has(field.name):
			value = field.from_plain(said[field.name])
		values[field.name] = field.read_own(field.write(value)) if travels else value
	return values


func _json(path: String):
	var file := File.new()
	if file.open(path, File.READ) != OK:
		return null
	return JSON.parse(file.get_as_text()).result
