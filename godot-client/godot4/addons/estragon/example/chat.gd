extends LineEdit


func _ready() -> void:
	text_submitted.connect(_on_submitted)
	Network.events.on("ducks.said", _on_said)


func _on_submitted(said: String) -> void:
	clear()
	release_focus()
	await Network.events.emit("ducks.said", [said], {"to": "all"})


func _on_said(args: Array, from: EstragonMember) -> void:
	var heard: Label = $"../Said"
	heard.text += "%s: %s\n" % [from.name, args[0]]
