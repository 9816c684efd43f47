# A lasting topic, as the server told of it; see EstragonChannels.
class_name EstragonChannel
extends Reference

# What it is addressed by.
var id: int
# What it is called; others may be called the same.
var name: String
# The id of the player who owns it; empty where a service made it.
var owner: String
# What its owner says about it.
var props: Dictionary
# How many members it has.
var members: int
# The offset of its latest message; 0 before the first.
var offset: int
# When it was made, in milliseconds since 1970.
var created_at: int
# When it last changed, in milliseconds since 1970.
var updated_at: int


# The channel that `info` of a channel message describes.
func _init(info: Dictionary) -> void:
	id = int(info["id"])
	name = info["name"]
	owner = "" if info["owner"] == null else info["owner"]
	props = info["props"]
	members = int(info["members"])
	offset = int(info["offset"])
	created_at = int(info["created_at"])
	updated_at = int(info["updated_at"])
