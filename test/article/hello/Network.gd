extends Node

const PORT: int = 1234
const URL: String = "ws://localhost:%s" % PORT

var client: WebSocketClient

func _ready() -> void:
	client = WebSocketClient.new()
	client.connect_to_url(URL)
	var err := client.connect("data_received", self, "_on_received_data")
	pass
	err = client.connect("connection_established", self, "_on_connected")

func _process(_delta: float) -> void:
	client.poll()

func _on_connected(_protocol: String) -> void:
	var message: Dictionary = {
		type = 0,
		text = "hello, server!"
	}
	# // Here we'll convert the message object to a PoolByteArray, by generating
        # // a string from the object and then using the String method 'to_utf8()'
	var packet: PoolByteArray = JSON.print(message).to_utf8()
	# // .get_peer(1) is called to get the connected server peer.
	client.get_peer(1).put_packet(packet)

func _on_received_data() -> void:
	var packet: PoolByteArray = client.get_peer(1).get_packet()
	var parsed_data: Dictionary = JSON.parse(packet.get_string_from_utf8()).result
	print(parsed_data)
