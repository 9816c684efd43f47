extends SceneTree
## A game that keeps its session: says who it is, where it sits, and whether it [code]knew[/code] that
## without identifying. It goes on until it is ended, or quits where ESTRAGON_QUITS says so.

const Network := preload("res://addons/estragon/network.gd")


func _initialize() -> void:
	_run.call_deferred()


func _run() -> void:
	var network := Network.new()
	network.persist_session = true
	root.add_child(network)
	var joined := await network.connect_to_server(OS.get_environment("ESTRAGON_URL"))
	var knew := not network.players.me.is_empty()
	if not knew:
		joined = await network.players.identify()
	if network.rooms.all.is_empty():
		joined = await network.rooms.join_or_create("plaza")
	if not joined.ok:
		printerr(joined.error)
		quit(1)
		return
	var room := network.rooms.room()
	print(JSON.stringify({
		"knew": knew, "player": network.players.me["id"], "session": network.session.id,
		"room": room.code, "number": room.you,
	}))
	if OS.get_environment("ESTRAGON_QUITS"):
		quit()
