extends SceneTree
## Looks at somebody walking in a room, as it draws: the server's URL is in ESTRAGON_URL, for how many
## seconds in ESTRAGON_SECONDS. Prints one line of JSON: when it looked, in milliseconds of this
## machine's clock, and where the walker was shown, for each frame.


func _initialize() -> void:
	Engine.max_fps = 60
	await process_frame
	var network: Node = root.get_node("Network")
	var connected: EstragonResult = await network.call(
		"connect_to_server", OS.get_environment("ESTRAGON_URL")
	)
	var rooms: EstragonRooms = network.get("rooms")
	var joined := await rooms.join_or_create("road")
	if not connected.ok or not joined.ok:
		quit(1)
		return
	var eye := Eye.new()
	eye.row = await joined.room.state.table("walkers").when(0)
	root.add_child(eye)
	await create_timer(OS.get_environment("ESTRAGON_SECONDS").to_float()).timeout
	print(JSON.stringify(eye.drawn))
	quit()


## Sees what each frame shows.
class Eye:
	extends Node

	var row: EstragonRow
	var drawn: Array = []

	func _process(_delta: float) -> void:
		drawn.append([Time.get_unix_time_from_system() * 1000.0, row.smooth("x")])
