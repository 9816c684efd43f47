extends SceneTree
## Does recorded inputs with a game's step, for [code]estragon check-step[/code] to compare with what
## its server makes of them.
##
## ESTRAGON_STEP names the script that has the method [code]step[/code], static or not; ESTRAGON_RECORDED
## a file of JSON: [code]{"fields", "inputs", "step", "row", "recorded"}[/code], the fields as
## [code]state.schema[/code] says them, the step in seconds, what the row is at first, and the inputs.
## What the row is after each is written to the file that ESTRAGON_ROWS names.


func _initialize() -> void:
	var problem := _do()
	if problem:
		printerr(problem)
	quit(1 if problem else 0)


## Does all of it; what is wrong, or nothing.
func _do() -> String:
	var recorded: Variant = _json(OS.get_environment("ESTRAGON_RECORDED"))
	if typeof(recorded) != TYPE_DICTIONARY:
		return "ESTRAGON_RECORDED: expected a file of JSON"
	var all: Dictionary = recorded
	var path := OS.get_environment("ESTRAGON_STEP")
	var script: GDScript = load(path) if ResourceLoader.exists(path) else null
	if not script or not script.can_instantiate():
		return "ESTRAGON_STEP: expected a script, got %s" % path
	var target: Object = script.new()
	if not target.has_method("step"):
		return "%s: expected a method step(player, input, seconds)" % path
	var rows := _rows(all, Callable(target, "step"))
	if target is Node:
		target.free()
	var file := FileAccess.open(OS.get_environment("ESTRAGON_ROWS"), FileAccess.WRITE)
	if not file:
		return "ESTRAGON_ROWS: expected a file that can be written"
	file.store_string(EstragonMessage.to_text(rows))
	return ""


func _rows(all: Dictionary, step: Callable) -> Array:
	var schemas: Array = all["fields"]
	var its_inputs: Array = all["inputs"]
	var first: Dictionary = all["row"]
	var seconds: float = all["step"]
	var fields := _fields(schemas)
	var inputs := _fields(its_inputs)
	var row := _typed(first, fields)
	var rows: Array = []
	for said: Dictionary in all["recorded"]:
		step.call(row, _typed(said, inputs, true), seconds)
		var after := {}
		for field: EstragonStateField in fields:
			after[field.name] = EstragonStateField.plain(row[field.name])
		rows.append(after)
	return rows


func _fields(schemas: Array) -> Array[EstragonStateField]:
	var columns: Array[EstragonStateColumn] = []
	for index: int in schemas.size():
		var schema: Dictionary = schemas[index]
		columns.append_array(EstragonStateColumn.of_field(schema, index))
	var fields: Array[EstragonStateField] = []
	for index: int in schemas.size():
		var schema: Dictionary = schemas[index]
		fields.append(EstragonStateField.new(schema, index, columns))
	return fields


## Values as the game has them; what travels as exact as that lets them be.
func _typed(said: Dictionary, fields: Array[EstragonStateField], travels := false) -> Dictionary:
	var values := {}
	for field: EstragonStateField in fields:
		var value: Variant = field.read_own(field.empty())
		if said.has(field.name):
			value = field.from_plain(said[field.name])
		values[field.name] = field.read_own(field.write(value)) if travels else value
	return values


func _json(path: String) -> Variant:
	var json := JSON.new()
	return json.data if json.parse(FileAccess.get_file_as_string(path)) == OK else null
