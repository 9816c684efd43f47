extends Node

const PORT: int = 1234
const URL: String = "ws://localhost:%s" % PORT

var client: WebSocketClient

func _ready() -> void:
	client = WebSocketClient.new()
	client.connect_to_url(URL)
	var err := client.connect("data_received", self, "_on_received_data")
	pass

func _process(_delta: float) -> void:
	client.poll()

func _on_received_data() -> void:
	# // Well catch our server messages here.
	pass
