# What the add-on costs a frame: idle, and at 1,000 messages a second. Prints one line of JSON.
extends SceneTree

# warning-ignore-all:return_value_discarded

const Network := preload("res://addons/estragon/network.gd")
const EstragonSession := preload("res://addons/estragon/session.gd")
const _FRAMES := 300

var _numbers: int = 0


func _initialize() -> void:
	Engine.target_fps = 60
	_run()


func _run() -> void:
	yield(self, "idle_frame")
	var places: Dictionary = JSON.parse(OS.get_environment("ESTRAGON_STAGE")).result
	var network := Network.new()
	root.add_child(network)
	yield(network.connect_to_server(str(places["main"])), "completed")
	yield(network.rooms.join_or_create("plaza"), "completed")
	network.events.on("plaza.number", self, "_on_number")
	network.set_process(false)
	var idle: Dictionary = yield(_measure(network.session), "completed")
	network.events.emit("plaza.please", ["stream", [1000, 6]])
	while _numbers == 0:
		network.session.poll()
		yield(self, "idle_frame")
	_numbers = 0
	var busy: Dictionary = yield(_measure(network.session), "completed")
	print(JSON.print({"idle": idle, "busy": busy, "messages": _numbers, "frames": _FRAMES}))
	network.disconnect_from_server()
	network.queue_free()
	yield(self, "idle_frame")
	quit(0)


func _on_number(_args: Array, _from: Reference) -> void:
	_numbers += 1


# Microseconds of the next frames that go into the session: median, 99th percentile, all together.
func _measure(session: EstragonSession) -> Dictionary:
	var costs := []
	var total := 0
	for _frame in _FRAMES:
		var before := OS.get_ticks_usec()
		session.poll()
		costs.append(OS.get_ticks_usec() - before)
		total += costs[-1]
		yield(self, "idle_frame")
	costs.sort()
	return {
		"median": costs[_FRAMES / 2.0], "p99": costs[int(_FRAMES * 0.99)], "total": total
	}
