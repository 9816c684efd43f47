# Something that was said in a channel.
class_name EstragonChannelMessage
extends Reference

# The id of the channel.
var channel: int
# Counts the channel's messages, from 1, without a gap.
var offset: int
# The id of the player who said it.
var player: String
# The name that player had then.
var name: String
# What was said.
var message
# When, in milliseconds since 1970.
var at: int
# Whether we block the player who said it.
var blocked: bool


# The message that `info` of the server describes.
func _init(info: Dictionary) -> void:
	channel = int(info["channel"])
	offset = int(info["offset"])
	player = info["player"]
	name = info["name"]
	message = info["message"]
	at = int(info["at"])
	blocked = info.get("blocked", false)
