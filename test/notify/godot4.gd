extends SceneTree
## Says what it is notified of, until that is "enough".

const Network := preload("res://addons/estragon/network.gd")

var _network: Network = Network.new()


func _initialize() -> void:
	_run.call_deferred()


func _run() -> void:
	await process_frame
	root.add_child(_network)
	_network.notifications.notified.connect(_on_notified)
	var joined := await _network.connect_to_server(OS.get_environment("URL"))
	var told := await _network.request("notify.client", {"data": "to myself"})
	print("connected: %s %s %s" % [joined.ok, told.ok, _network.session.id])


func _on_notified(data: Variant, from: EstragonMember) -> void:
	var who: String = _network.players.me.get("name", "nobody")
	print("notified: %s from %s %d as %s" % [data, from.role, from.number, who])
	if str(data) == "enough":
		quit(0)
