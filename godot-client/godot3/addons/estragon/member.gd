# A session in a room, numbered in order of joining.
#
# What the room's own logic says comes from a stand-in with the number 0, the role none, and neither
# name nor player.
class_name EstragonMember
extends Reference

const EstragonProtocol := preload("protocol.gd")

# Its number in the room; never reused.
var number: int
# The id of its session, for addressing.
var session: String
# The id of its player; empty for who has not identified.
var player: String
# The name it is known by in the room.
var name: String
# What it may do: none, player, trusted, assistant or host, from the least to the most.
var role: String
# How high `role` is: its place among EstragonProtocol.ROLES.
var rank: int setget , _get_rank
# Dropped, and expected back.
var away: bool
# What the room's kind says about its members.
var data


# The member that `info` of a room message, or a stamped sender, describes.
func _init(info: Dictionary) -> void:
	update(info)


# The number in `info`; 0 where there is none. No table describes a stamped sender.
static func number_of(info: Dictionary) -> int:
	var its_number = info.get("number", info.get("member"))
	var is_number := typeof(its_number) == TYPE_REAL or typeof(its_number) == TYPE_INT
	return int(its_number) if is_number else 0


# Whether it may do what a member with the role `least` may.
func is_at_least(least: String) -> bool:
	return _get_rank() >= EstragonProtocol.ROLES.find(least)


# Takes over what `info` says.
func update(info: Dictionary) -> void:
	number = number_of(info)
	session = _text(info.get("session"))
	player = _text(info.get("player"))
	name = _text(info.get("name"))
	role = _text(info.get("role", "none"))
	away = typeof(info.get("away")) == TYPE_BOOL and info["away"]
	data = info.get("data")


func _get_rank() -> int:
	return EstragonProtocol.ROLES.find(role)


static func _text(value) -> String:
	return "" if value == null else str(value)
