# A room we sit in.
class_name EstragonRoom
extends Reference

# Somebody took a seat; `member` is an EstragonMember.
signal member_joined(member)
# Somebody's seat is free again.
signal member_left(member)
# Somebody's connection dropped; the seat is kept for a while.
signal member_away(member)
# Somebody who was away is back in the same seat.
signal member_back(member)
# `members` was filled anew: after a resume, a reset, or more of a long list.
signal members_changed
# We are no longer in it: left, or the session was lost.
signal closed

const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")

# Six characters without look-alikes; others join by it.
var code: String
# What sort of room it is.
var kind: String
# How many seats there are.
var capacity: int
# Our own member number.
var you: int
# Who is in it: EstragonMember by number.
var members: Dictionary = {}

var _session: EstragonSession


func _init(session: EstragonSession, seat: Dictionary) -> void:
	_session = session
	var about: Dictionary = seat["room"]
	code = about["code"]
	kind = about["kind"]
	capacity = about["capacity"]
	you = seat["you"]


# Ourselves; null once we have left.
func me() -> EstragonMember:
	return members.get(you)


# Gives the seat up: `yield(room.leave(), "completed")`.
func leave() -> EstragonResult:
	var result: EstragonResult = yield(
		_session.request("room.leave", {}, {"room": code}), "completed"
	)
	if result.ok:
		emit_signal("closed")
	return result


# Takes over what the server lists.
func fill(infos: Array) -> void:
	for info in infos:
		var member := EstragonMember.new(info)
		members[member.number] = member


# Takes over what the server says happened.
func apply(message: EstragonMessage) -> void:
	match message.type:
		"room.member_joined":
			var joined := EstragonMember.new(message.data["member"])
			members[joined.number] = joined
			emit_signal("member_joined", joined)
		"room.members":
			fill(message.data["members"])
			if not message.data["more"]:
				emit_signal("members_changed")
		"room.member_left":
			var left := _member(message)
			if left and members.erase(left.number):
				emit_signal("member_left", left)
		"room.member_away":
			var away := _member(message)
			if away:
				away.away = true
				emit_signal("member_away", away)
		"room.member_back":
			var back := _member(message)
			if back:
				back.away = false
				emit_signal("member_back", back)


func _member(message: EstragonMessage) -> EstragonMember:
	return members.get(message.data["number"])
