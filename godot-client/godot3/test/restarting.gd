# A game that keeps its session: says who it is, where it sits, and whether it `knew` that without
# identifying. It goes on until it is ended, or quits where ESTRAGON_QUITS says so.
extends SceneTree

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const Network := preload("res://addons/estragon/network.gd")


func _initialize() -> void:
	call_deferred("_run")


func _run() -> void:
	var network := Network.new()
	network.persist_session = true
	root.add_child(network)
	var url := OS.get_environment("ESTRAGON_URL")
	var joined = yield(network.connect_to_server(url), "completed")
	var knew := not network.players.me.empty()
	if not knew:
		joined = yield(network.players.identify(), "completed")
	if network.rooms.all.empty():
		joined = yield(network.rooms.join_or_create("plaza"), "completed")
	if not joined.ok:
		printerr(joined.error)
		quit(1)
		return
	var room = network.rooms.room()
	print(JSON.print({
		"knew": knew, "player": network.players.me["id"], "session": network.session.id,
		"room": room.code, "number": room.you,
	}))
	if OS.get_environment("ESTRAGON_QUITS"):
		quit()
