class_name EstragonChannel
extends RefCounted
## A lasting topic, as the server told of it; see [EstragonChannels].

## What it is addressed by.
var id: int
## What it is called; others may be called the same.
var name: String
## The id of the player who owns it; empty where a service made it.
var owner: String
## What its owner says about it.
var props: Dictionary
## How many members it has.
var members: int
## The offset of its latest message; 0 before the first.
var offset: int
## When it was made, in milliseconds since 1970.
var created_at: int
## When it last changed, in milliseconds since 1970.
var updated_at: int


## The channel that [param info] of a channel message describes.
static func from_data(info: Dictionary) -> EstragonChannel:
	var channel := EstragonChannel.new()
	channel.id = info["id"]
	channel.name = info["name"]
	channel.owner = info["owner"] if info["owner"] != null else ""
	channel.props = info["props"]
	channel.members = info["members"]
	channel.offset = info["offset"]
	channel.created_at = info["created_at"]
	channel.updated_at = info["updated_at"]
	return channel
