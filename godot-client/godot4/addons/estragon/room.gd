class_name EstragonRoom
extends RefCounted
## A room we sit in.

## Somebody took a seat.
signal member_joined(member: EstragonMember)
## Somebody's seat is free again.
signal member_left(member: EstragonMember)
## Somebody's connection dropped; the seat is kept for a while.
signal member_away(member: EstragonMember)
## Somebody who was away is back in the same seat.
signal member_back(member: EstragonMember)
## [member members] was filled anew: after a resume, a reset, or more of a long list.
signal members_changed
## We are no longer in it: left, or the session was lost.
signal closed

## Six characters without look-alikes; others join by it.
var code: String
## What sort of room it is.
var kind: String
## How many seats there are.
var capacity: int
## Our own member number.
var you: int
## Who is in it: [EstragonMember] by number.
var members: Dictionary = {}

var _session: EstragonSession


func _init(session: EstragonSession, seat: Dictionary) -> void:
	_session = session
	var about: Dictionary = seat["room"]
	code = about["code"]
	kind = about["kind"]
	capacity = about["capacity"]
	you = seat["you"]


## Ourselves; [code]null[/code] once we have left.
func me() -> EstragonMember:
	return members.get(you)


## Gives the seat up.
func leave() -> EstragonResult:
	var result := await _session.request("room.leave", {}, {"room": code})
	if result.ok:
		closed.emit()
	return result


## Takes over what the server lists.
func fill(infos: Array) -> void:
	for info: Dictionary in infos:
		var member := EstragonMember.from_data(info)
		members[member.number] = member


## Takes over what the server says happened.
func apply(message: EstragonMessage) -> void:
	match message.type:
		"room.member_joined":
			var info: Dictionary = message.data["member"]
			var joined := EstragonMember.from_data(info)
			members[joined.number] = joined
			member_joined.emit(joined)
		"room.members":
			var infos: Array = message.data["members"]
			fill(infos)
			if not message.data["more"]:
				members_changed.emit()
		"room.member_left":
			var left := _member(message)
			if left:
				members.erase(left.number)
				member_left.emit(left)
		"room.member_away":
			var away := _member(message)
			if away:
				away.away = true
				member_away.emit(away)
		"room.member_back":
			var back := _member(message)
			if back:
				back.away = false
				member_back.emit(back)


func _member(message: EstragonMessage) -> EstragonMember:
	var number: int = message.data["number"]
	return members.get(number)
