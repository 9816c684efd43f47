class_name EstragonRoom
extends RefCounted
## A room we sit in.

## Somebody took a seat.
signal member_joined(member: EstragonMember)
## Somebody's seat is free again. [param reason] is left: on purpose; lost: the session ended;
## kicked or banned: somebody took the seat.
signal member_left(member: EstragonMember, reason: String)
## Somebody's connection dropped; the seat is kept for a while.
signal member_away(member: EstragonMember)
## Somebody who was away is back in the same seat; or its player has taken the seat over with another
## [member EstragonMember.session], whether it was away or not.
signal member_back(member: EstragonMember)
## [member members] was filled anew: after a resume, a reset, or more of a long list.
signal members_changed
## Another is the active host, [code]null[/code] for nobody: another [member epoch] of the room.
signal host_changed(host: EstragonMember)
## Somebody has another [member EstragonMember.role].
signal role_changed(member: EstragonMember)
## Somebody has another [member EstragonMember.name], or other [member EstragonMember.data].
signal member_changed(member: EstragonMember)
## [member properties], [member listed] or [member locked] are others.
signal updated
## Our seat was taken away, by [param by] ([code]null[/code]: by the server); [signal closed]
## follows.
signal kicked(by: EstragonMember, banned: bool, reason: String)
## Our player joined again with another session, [param session], which has the seat now: on another
## device, or in another window. [signal closed] follows; we do not join again by ourselves.
signal seat_taken(session: String)
## We are no longer in it: left, kicked, the seat taken over, or the session lost.
signal closed

## Six characters without look-alikes; others join by it.
var code: String
## What sort of room it is.
var kind: String
## How many seats there are.
var capacity: int
## Whether lists and [method EstragonRooms.join_or_create] find it.
var listed: bool
## Whether nobody new may join.
var locked: bool
## What the room says about itself.
var properties: Dictionary
## Our own member number.
var you: int
## The member number of the active host; 0 for none.
var host_number: int
## How often the host has changed.
var epoch: int
## Who is in it: [EstragonMember] by number.
var members: Dictionary = {}
## What it knows: its tables.
var state: EstragonState

## The active host: somebody with the role assistant or host, who stays it while it is there;
## [code]null[/code] for none.
var host: EstragonMember:
	get:
		return members.get(host_number)
## Whether the active host is ourselves.
var is_host: bool:
	get:
		return host_number == you

var _session: EstragonSession


## [param schemas] are those of the states that are known, by their hashes.
func _init(session: EstragonSession, seat: Dictionary, schemas: Dictionary = {}) -> void:
	_session = session
	_sit(seat)
	state = EstragonState.new(EstragonStateHere.new(session, self), schemas)


## Ourselves; [code]null[/code] once we have left.
func me() -> EstragonMember:
	return members.get(you)


## Gives the seat up.
func leave() -> EstragonResult:
	state.is_leaving = true
	var result := await _request("room.leave", {})
	state.is_leaving = false
	if not result.peek():
		closed.emit()
	return result


## Changes what the room says about itself: [param changes] may hold [code]properties[/code], which
## are merged into what is there ([code]null[/code] removes one), and [code]listed[/code].
func update(changes: Dictionary) -> EstragonResult:
	return await _request("room.update", changes)


## Lets nobody new join, or lets them again.
func lock(is_locked: bool = true) -> EstragonResult:
	return await _request("room.lock", {"locked": is_locked})


## Takes the seat of the member with this number; [param options] may hold [code]reason[/code],
## which that member is told, and [code]ban[/code].
func kick(number: int, options: Dictionary = {}) -> EstragonResult:
	var asked := options.duplicate()
	asked["number"] = number
	return await _request("room.kick", asked)


## Takes the seat of the member with this number, for as long as the room lasts.
func ban(number: int, reason: String = "") -> EstragonResult:
	return await kick(number, {"ban": true, "reason": reason})


## Gives the member with this number a role, at most our own: see [member EstragonMember.role].
func assign(number: int, role: String) -> EstragonResult:
	return await _request("room.assign", {"number": number, "role": role})


## Changes what the others know of us: [param changes] may hold [code]name[/code] and
## [code]data[/code]. UNSUPPORTED where the room's kind lets nobody.
func describe(changes: Dictionary) -> EstragonResult:
	return await _request("room.describe", changes)


## Takes over what the server lists.
func fill(infos: Array) -> void:
	for info: Dictionary in infos:
		_put(info)


## Takes over what a snapshot tells of our seat, in one or several parts.
func renew(seats: Array[Dictionary]) -> void:
	var before := epoch
	var known := members
	members = {}
	for seat: Dictionary in seats:
		_sit(seat)
		for info: Dictionary in seat["members"]:
			_put(info, known)
	members_changed.emit()
	if epoch != before:
		host_changed.emit(host)
	updated.emit()


## Takes over what the server says happened.
func apply(message: EstragonMessage) -> void:
	var data := message.data
	match message.type:
		"room.member_joined":
			var info: Dictionary = data["member"]
			member_joined.emit(_put(info))
		"room.member_described":
			var info: Dictionary = data["member"]
			member_changed.emit(_put(info))
		"room.members":
			var infos: Array = data["members"]
			fill(infos)
			if not data["more"]:
				members_changed.emit()
		"room.host_changed":
			host_number = _number(data["host"])
			epoch = data["epoch"]
			host_changed.emit(host)
		"room.updated":
			var about: Dictionary = data["room"]
			_describe(about)
			updated.emit()
		"room.kicked":
			var by: EstragonMember = members.get(_number(data["by"]))
			var banned: bool = data["banned"]
			kicked.emit(by, banned, str(data["reason"]))
			closed.emit()
		"state.schema", "state.corrected":
			state.apply(message)
		"room.seat_taken":
			seat_taken.emit(str(data["session"]))
			closed.emit()
		_:
			var member: EstragonMember = members.get(data.get("number"))
			if member:
				_happen(message.type, member, data)


## Takes over what happened to one member.
func _happen(type: String, member: EstragonMember, data: Dictionary) -> void:
	match type:
		"room.member_left":
			members.erase(member.number)
			member_left.emit(member, str(data["reason"]))
		"room.member_away":
			member.away = true
			member_away.emit(member)
		"room.member_back":
			member.away = false
			member.session = str(data["session"])
			member_back.emit(member)
		"room.role_changed":
			member.role = data["role"]
			role_changed.emit(member)


func _sit(seat: Dictionary) -> void:
	var about: Dictionary = seat["room"]
	_describe(about)
	you = seat["you"]


func _describe(about: Dictionary) -> void:
	code = about["code"]
	kind = about["kind"]
	capacity = about["capacity"]
	host_number = _number(about["host"])
	epoch = about["epoch"]
	listed = about["listed"]
	locked = about["locked"]
	properties = about["properties"]


## Puts a member into its place; who is known among [param known] stays the same object.
func _put(info: Dictionary, known: Dictionary = members) -> EstragonMember:
	var its_number: int = info["number"]
	var member: EstragonMember = known.get(its_number)
	if member:
		member.update(info)
	else:
		member = EstragonMember.from_data(info)
	members[its_number] = member
	return member


func _number(value: Variant) -> int:
	var number: int = value if value != null else 0
	return number


func _request(type: String, data: Dictionary) -> EstragonResult:
	return await _session.request(type, data, {"room": code})
