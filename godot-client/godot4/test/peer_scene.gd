extends Node
## A scene of peer_game.gd's, in which they greet each other.

signal greeted(from: int, text: String)


@rpc("any_peer")
func greet(text: String) -> void:
	greeted.emit(multiplayer.get_remote_sender_id(), text)
