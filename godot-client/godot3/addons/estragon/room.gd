# A room we sit in.
class_name EstragonRoom
extends Reference

# warning-ignore-all:return_value_discarded

# Somebody took a seat; `member` is an EstragonMember.
signal member_joined(member)
# Somebody's seat is free again: `reason` is left, lost, kicked or banned.
signal member_left(member, reason)
# Somebody's connection dropped; the seat is kept for a while.
signal member_away(member)
# Somebody who was away is back in the same seat; or its player has taken the seat over with another
# `session`, whether it was away or not.
signal member_back(member)
# `members` was filled anew: after a resume, a reset, or more of a long list.
signal members_changed
# `host` is another, the EstragonMember or null for none: another `epoch` of the room.
signal host_changed(host)
# A member has another role; `member` is an EstragonMember.
signal role_changed(member)
# Somebody has another name, or other data; `member` is an EstragonMember.
signal member_changed(member)
# The room says something else about itself: `properties`, `listed` or `locked`.
signal updated
# Our seat was taken away; `closed` follows. `by` is an EstragonMember, or null for the server.
signal kicked(by, banned, reason)
# Our player joined again with another session, which has the seat now: on another device, or in
# another window. `closed` follows; we do not join again by ourselves.
signal seat_taken(session)
# We are no longer in it: left, kicked, the seat taken over, or the session lost.
signal closed

const EstragonMember := preload("member.gd")
const EstragonMessage := preload("message.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")
const EstragonState := preload("state.gd")
const EstragonStateHere := preload("state_here.gd")

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
# The active host: somebody with the role assistant or host, who stays it while it is there; null
# for none.
var host: EstragonMember setget , _get_host
# The active host's member number; 0 for none.
var host_number: int = 0
# How often the host has changed.
var epoch: int = 0
# Whether we are the active host.
var is_host: bool setget , _get_is_host
# Whether lists and `join_or_create` find it.
var listed: bool
# Whether nobody new may join.
var locked: bool
# What its kind or its host says about it.
var properties: Dictionary = {}
# What it knows: its tables.
var state: EstragonState

var _session: EstragonSession


# `schemas` are those of the states that are known, by their hashes.
func _init(session: EstragonSession, seat: Dictionary, schemas: Dictionary = {}) -> void:
	_session = session
	you = seat["you"]
	var about: Dictionary = seat["room"]
	code = about["code"]
	kind = about["kind"]
	_describe(about)
	state = EstragonState.new(EstragonStateHere.new(session, self), schemas)


# Ourselves; null once we have left.
func me() -> EstragonMember:
	return members.get(you)


# Gives the seat up: `yield(room.leave(), "completed")`.
func leave() -> EstragonResult:
	state.is_leaving = true
	var result: EstragonResult = yield(_ask("room.leave", {}), "completed")
	state.is_leaving = false
	if not result.peek():
		emit_signal("closed")
	return result


# Changes what the room says about itself: `changes` may hold `properties`, which are merged into
# what is there (null removes one), and `listed`.
func update(changes: Dictionary) -> EstragonResult:
	return yield(_ask("room.update", changes), "completed")


# Lets nobody new join, or lets them again.
func lock(is_locked: bool = true) -> EstragonResult:
	return yield(_ask("room.lock", {"locked": is_locked}), "completed")


# Takes away the seat of the member with this number; `options` may hold `reason`, and `ban`: see
# `ban`.
func kick(number: int, options: Dictionary = {}) -> EstragonResult:
	var asked := options.duplicate()
	asked["number"] = number
	return yield(_ask("room.kick", asked), "completed")


# Kicks, and keeps the session and its player from joining again while the room lasts.
func ban(number: int, reason: String = "") -> EstragonResult:
	return yield(kick(number, {"ban": true, "reason": reason}), "completed")


# Gives a member a role (none, player, trusted, assistant, host), at most our own.
func assign(number: int, role: String) -> EstragonResult:
	return yield(_ask("room.assign", {"number": number, "role": role}), "completed")


# Changes what the others know of us: `changes` may hold `name` and `data`. UNSUPPORTED where the
# room's kind lets nobody.
func describe(changes: Dictionary) -> EstragonResult:
	return yield(_ask("room.describe", changes), "completed")


# Takes over what the server lists.
func fill(infos: Array) -> void:
	for info in infos:
		var number: int = info["number"]
		if members.has(number):
			members[number].update(info)
		else:
			members[number] = EstragonMember.new(info)


# Takes over a snapshot: all that the server says of it, whatever was missed.
func restore(about: Dictionary, infos: Array) -> void:
	var epoch_before := epoch
	var there := {}
	for info in infos:
		there[int(info["number"])] = true
	for number in members.keys():
		if not there.has(number):
			members.erase(number)
	fill(infos)
	_describe(about)
	emit_signal("members_changed")
	if epoch != epoch_before:
		emit_signal("host_changed", _get_host())
	emit_signal("updated")


# Takes over what the server says happened.
func apply(message: EstragonMessage) -> void:
	var data: Dictionary = message.data
	match message.type:
		"room.member_joined":
			var joined := EstragonMember.new(data["member"])
			members[joined.number] = joined
			emit_signal("member_joined", joined)
		"room.member_described":
			fill([data["member"]])
			emit_signal("member_changed", members[int(data["member"]["number"])])
		"room.members":
			fill(data["members"])
			if not data["more"]:
				emit_signal("members_changed")
		"room.host_changed":
			_set_host(data)
			emit_signal("host_changed", _get_host())
		"room.updated":
			_describe(data["room"])
			emit_signal("updated")
		"room.kicked":
			emit_signal("kicked", members.get(data["by"]), data["banned"], data["reason"])
			emit_signal("closed")
		"state.schema", "state.corrected":
			state.apply(message)
		"room.seat_taken":
			emit_signal("seat_taken", data["session"])
			emit_signal("closed")
		"room.member_left", "room.member_away", "room.member_back", "room.role_changed":
			var member: EstragonMember = members.get(data["number"])
			if member:
				_change(message.type, member, data)


func _change(type: String, member: EstragonMember, data: Dictionary) -> void:
	match type:
		"room.member_left":
			members.erase(member.number)
			emit_signal("member_left", member, data["reason"])
		"room.member_away":
			member.away = true
			emit_signal("member_away", member)
		"room.member_back":
			member.away = false
			member.session = data["session"]
			emit_signal("member_back", member)
		"room.role_changed":
			member.role = data["role"]
			emit_signal("role_changed", member)


func _ask(type: String, data: Dictionary) -> EstragonResult:
	return yield(_session.request(type, data, {"room": code}), "completed")


func _describe(about: Dictionary) -> void:
	capacity = about["capacity"]
	listed = about["listed"]
	locked = about["locked"]
	properties = about["properties"]
	_set_host(about)


func _set_host(about: Dictionary) -> void:
	host_number = 0 if about["host"] == null else about["host"]
	epoch = about["epoch"]


func _get_host() -> EstragonMember:
	return members.get(host_number)


func _get_is_host() -> bool:
	return host_number == you
