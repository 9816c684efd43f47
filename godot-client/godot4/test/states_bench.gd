extends SceneTree
## What reading a frame of state costs, in microseconds. The environment variable ESTRAGON_FRAMES
## holds a [code]schema[/code] and [code]frames[/code] in hexadecimal. Prints one line of JSON.

const _TIMES := 2_000


func _init() -> void:
	var about: Dictionary = JSON.parse_string(OS.get_environment("ESTRAGON_FRAMES"))
	var told: Dictionary = about["schema"]
	var tables: Array = told["tables"]
	var schema := EstragonStateSchema.new("", tables)
	var frames: Array[PackedByteArray] = []
	for hex: String in about["frames"]:
		frames.append(hex.hex_decode())
	var costs: Array[float] = []
	for _run: int in 11:
		var before := Time.get_ticks_usec()
		for time: int in _TIMES:
			EstragonStateFrame.open(frames[time % frames.size()], schema)
		costs.append(float(Time.get_ticks_usec() - before) / _TIMES)
	costs.sort()
	print(JSON.stringify({"decode": costs[5]}))
	quit()
