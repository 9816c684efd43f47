# What reading a frame of state costs, in microseconds. The environment variable ESTRAGON_FRAMES
# holds a `schema` and `frames` in hexadecimal. Prints one line of JSON.
extends SceneTree

const StateFrame := preload("res://addons/estragon/state_frame.gd")
const StateSchema := preload("res://addons/estragon/state_schema.gd")

const _TIMES := 2000


func _init() -> void:
	var about: Dictionary = JSON.parse(OS.get_environment("ESTRAGON_FRAMES")).get_result()
	var schema := StateSchema.new("", about["schema"]["tables"])
	var frames := []
	for hex in about["frames"]:
		var bytes := PoolByteArray()
		for index in range(0, hex.length(), 2):
			bytes.append(("0x" + hex.substr(index, 2)).hex_to_int())
		frames.append(bytes)
	var costs := []
	for _run in 11:
		var before := OS.get_ticks_usec()
		for time in _TIMES:
			StateFrame.open(frames[time % frames.size()], schema)
		costs.append(float(OS.get_ticks_usec() - before) / _TIMES)
	costs.sort()
	print(JSON.print({"decode": costs[5]}))
	quit()
