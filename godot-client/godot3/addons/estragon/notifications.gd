# What services tell this player, and its own other devices.
class_name EstragonNotifications
extends Reference

# warning-ignore-all:return_value_discarded

# `data` is any JSON value, `from` an EstragonMember. A service's notification is from a member with
# the number 0 and the role backend; one of our own devices' has the role player.
signal notified(data, from)

const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonSession := preload("session.gd")


func _init(session: EstragonSession) -> void:
	session.connect("message_received", self, "_on_message")


func _on_message(message: EstragonMessage) -> void:
	if message.type == "notify":
		emit_signal("notified", message.data["data"], EstragonMember.new(message.from))
