class_name EstragonMember
extends RefCounted
## A session in a room, numbered in order of joining.
##
## What the room's own logic says comes from a stand-in with the number 0, the role none, and
## neither name nor player.

## Its number in the room; never reused.
var number: int
## The id of its session, for addressing.
var session: String
## The id of its player; empty for who has not identified.
var player: String
## The name it is known by in the room.
var name: String
## What it may do: none, player, trusted, assistant or host, from the least to the most.
var role: String
## How high [member role] is: its place among [constant EstragonProtocol.ROLES].
var rank: int:
	get:
		return EstragonProtocol.ROLES.find(role)
## Dropped, and expected back.
var away: bool
## What the room's kind says about its members.
var data: Variant


## The member that [param info] of a room message, or a stamped sender, describes.
static func from_data(info: Dictionary) -> EstragonMember:
	var member := EstragonMember.new()
	member.update(info)
	return member


## The number in [param info]; 0 where there is none. No table describes a stamped sender.
static func number_of(info: Dictionary) -> int:
	var its_number: Variant = info.get("number", info.get("member"))
	if typeof(its_number) != TYPE_FLOAT and typeof(its_number) != TYPE_INT:
		return 0
	var its_value: float = its_number
	return int(its_value)


## Whether it may do what a member with the role [param least] may.
func is_at_least(least: String) -> bool:
	return rank >= EstragonProtocol.ROLES.find(least)


## Takes over what [param info] says.
func update(info: Dictionary) -> void:
	number = number_of(info)
	session = str(info.get("session", ""))
	player = _text(info.get("player"))
	name = str(info.get("name", ""))
	role = str(info.get("role", "none"))
	var its_away: Variant = info.get("away")
	away = typeof(its_away) == TYPE_BOOL and its_away
	data = info.get("data")


func _text(value: Variant) -> String:
	return "" if value == null else str(value)
