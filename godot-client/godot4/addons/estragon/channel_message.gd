class_name EstragonChannelMessage
extends RefCounted
## Something that was said in a channel.

## The id of the channel.
var channel: int
## Counts the channel's messages, from 1, without a gap.
var offset: int
## The id of the player who said it.
var player: String
## The name that player had then.
var name: String
## What was said.
var message: Variant
## When, in milliseconds since 1970.
var at: int
## Whether we block the player who said it.
var blocked: bool


## The message that [param info] of the server describes.
static func from_data(info: Dictionary) -> EstragonChannelMessage:
	var said := EstragonChannelMessage.new()
	said.channel = info["channel"]
	said.offset = info["offset"]
	said.player = info["player"]
	said.name = info["name"]
	said.message = info["message"]
	said.at = info["at"]
	said.blocked = info.get("blocked", false)
	return said
