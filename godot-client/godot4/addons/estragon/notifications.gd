class_name EstragonNotifications
extends RefCounted
## What services tell this player, and its own other devices.

## A service's notification is from a member with the number 0 and the role backend; one of our own
## devices' has the role player.
signal notified(data: Variant, from: EstragonMember)


func _init(session: EstragonSession) -> void:
	session.message_received.connect(_on_message)


func _on_message(message: EstragonMessage) -> void:
	if message.type == "notify":
		notified.emit(message.data["data"], EstragonMember.from_data(message.from))
