extends SceneTree
## What the add-on costs a frame: idle, and at 1,000 messages a second. Prints one line of JSON.

const Network := preload("res://addons/estragon/network.gd")
const _FRAMES := 300

var _numbers: int = 0


func _initialize() -> void:
	Engine.max_fps = 60
	_run.call_deferred()


func _run() -> void:
	await process_frame
	var places: Dictionary = JSON.parse_string(OS.get_environment("ESTRAGON_STAGE"))
	var network := Network.new()
	root.add_child(network)
	network.set_process(false)
	var session := network.session
	session.open(str(places["main"]), EstragonOptions.new())
	while session.state != EstragonSession.State.OPEN:
		session.poll()
		await process_frame
	network.set_process(true)
	await network.rooms.join_or_create("plaza")
	network.events.on("plaza.number", func(_args: Array, _from: EstragonMember) -> void: _numbers += 1)
	network.set_process(false)
	var idle := await _measure(session)
	network.events.emit("plaza.please", ["stream", [1_000, 6]])
	while _numbers == 0:
		session.poll()
		await process_frame
	_numbers = 0
	var busy := await _measure(session)
	print(JSON.stringify({"idle": idle, "busy": busy, "messages": _numbers, "frames": _FRAMES}))
	network.disconnect_from_server()
	quit(0)


## Microseconds of the next frames that go into the session: median, 99th percentile, all together.
func _measure(session: EstragonSession) -> Dictionary:
	var costs: Array[int] = []
	var total := 0
	for _frame: int in _FRAMES:
		var before := Time.get_ticks_usec()
		session.poll()
		costs.append(Time.get_ticks_usec() - before)
		total += costs[-1]
		await process_frame
	costs.sort()
	@warning_ignore("integer_division")
	return {"median": costs[_FRAMES / 2], "p99": costs[_FRAMES * 99 / 100], "total": total}
