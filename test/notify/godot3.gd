# Says what it is notified of, until that is "enough".
extends SceneTree

# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const Network := preload("res://addons/estragon/network.gd")

var _network := Network.new()


func _init() -> void:
	call_deferred("_run")


func _run() -> void:
	yield(self, "idle_frame")
	root.add_child(_network)
	_network.notifications.connect("notified", self, "_on_notified")
	var joined = yield(_network.connect_to_server(OS.get_environment("URL")), "completed")
	var told = yield(_network.request("notify.client", {"data": "to myself"}), "completed")
	print("connected: %s %s %s" % [joined.ok, told.ok, _network.session.id])


func _on_notified(data, from) -> void:
	var who = _network.players.me.get("name", "nobody")
	print("notified: %s from %s %d as %s" % [data, from.role, from.number, who])
	if str(data) == "enough":
		quit(0)
