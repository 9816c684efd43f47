# The scene of a game that is loaded anew under another host.
extends "res://test/arena.gd"

# warning-ignore-all:return_value_discarded


func _ready() -> void:
	title = "scene"
	# Whoever is asked is asked once ready: before that there was no peer.
	told.append(["ready", multiplayer.has_network_peer()])
