extends LineEdit


func _ready() -> void:
	var _connected := connect("text_entered", self, "_on_entered")
	Network.events.on("ducks.said", self, "_on_said")


func _on_entered(said: String) -> void:
	clear()
	release_focus()
	yield(Network.events.emit("ducks.said", [said], {"to": "all"}), "completed")


func _on_said(args: Array, from) -> void:
	$"../Said".text += "%s: %s\n" % [from.name, args[0]]
