class_name EstragonParties
extends RefCounted
## Players who go together: a party outlives rooms and drops, and all devices of a player are in it.
##
## [codeblock]
## var made := await Network.parties.create()           # whoever has identified; made.data.party.code
## await Network.parties.join(code)                     # or invite(player), and joined by the invited
## await Network.matchmaking.find("ranked", {"party": true})   # the leader searches for all
## await Network.parties.call_in()                      # or calls all into the room it sits in
## [/codeblock]
## A party is a [Dictionary]: its [code]code[/code], the [code]leader[/code]'s player id, whether it is
## [code]open[/code], the [code]properties[/code] that its leader gave it, and the [code]members[/code],
## each with [code]player[/code], [code]name[/code], [code]ready[/code], [code]away[/code] and
## [code]properties[/code] of its own. A player is in one party at a time.

## We are in a party, by this device or another; or the session was reset, and this is how it stands.
signal entered(party: Dictionary)
## Somebody has joined.
signal joined(member: Dictionary)
## A member is ready, away or described otherwise.
signal changed(member: Dictionary)
## Somebody else is in it no longer; [param reason] is [code]"left"[/code], [code]"kicked"[/code] or
## [code]"lost"[/code].
signal left(member: Dictionary, reason: String)
## Another leads it, or its leader says other things of it.
signal updated(party: Dictionary)
## We are in no party any more: as above, or [code]"gone"[/code], with the session or while it was away.
signal over(reason: String)
## A player asks us into its party: [method join] with [param code], or [method decline].
signal invited(code: String, player: String, name: String)
## A player declined an invitation.
signal declined(player: String)
## Somebody said something to all, ourselves included.
signal said(player: String, name: String, data: Variant)
## The leader calls us into a room; where we [member follow], our seat there is being taken.
signal called(code: String)
## The room that we were called into has us.
signal followed(room: EstragonRoom)
## Somebody whom we called does not come: [code]"late"[/code], [code]"refused"[/code] or
## [code]"gone"[/code].
signal missed(player: String, reason: String)
## Others of the last match want it once more, so many of those who are still there.
signal rematch_wanted(queue: String, wanting: int, of: int)

## The party that we are in; empty while we are in none. Another object whenever it changes.
var party: Dictionary = {}
## Whether we lead it.
var leads: bool:
	get:
		return not party.is_empty() and party["leader"] == _players.me.get("id")
## Whether a seat is taken by itself that is kept for us where the leader calls.
var follow: bool = true

var _session: EstragonSession
var _rooms: EstragonRooms
var _players: EstragonPlayers


func _init(session: EstragonSession, rooms: EstragonRooms, players: EstragonPlayers) -> void:
	_session = session
	_rooms = rooms
	_players = players
	_session.message_received.connect(_on_message)
	_session.was_lost.connect(_end.bind("gone").unbind(1))


## Makes a party that we lead. [param options] may hold [code]name[/code], what we are known by,
## [code]own[/code], what we say of ourselves, [code]properties[/code], what we say of the party, and
## [code]open[/code]: [code]false[/code] where its code is not enough to join. The result's data holds
## the [code]party[/code]. Fails with NO_PLAYER_FOUND where we have not identified, or ALREADY_IN_PARTY.
func create(options: Dictionary = {}) -> EstragonResult:
	return await _enter("party.create", options)


## Joins a party; [param options] may hold [code]name[/code] and [code]own[/code], as for
## [method create]. Fails with PARTY_NOT_FOUND, PARTY_FULL, NOT_INVITED or ALREADY_IN_PARTY.
func join(code: String, options: Dictionary = {}) -> EstragonResult:
	return await _enter("party.join", options.merged({"code": code.strip_edges().to_upper()}))


## Invites a player who is here. Fails with INVALID_TARGET where it is not, ALREADY_IN_PARTY or
## PARTY_FULL.
func invite(player: String) -> EstragonResult:
	return await _session.request("party.invite", {"player": player})


## Declines an invitation.
func decline(code: String) -> EstragonResult:
	return await _session.request("party.decline", {"code": code})


## Leaves the party; where we led it, who has been there for longest does.
func leave() -> EstragonResult:
	return await _session.request("party.leave", {})


## Takes a player out, as the leader. Fails with NOT_PARTY_LEADER or INVALID_TARGET.
func kick(player: String) -> EstragonResult:
	return await _session.request("party.kick", {"player": player})


## Makes another the leader. Fails as [method kick] does.
func promote(player: String) -> EstragonResult:
	return await _session.request("party.promote", {"player": player})


## Says whether we are ready; what comes of that is the game's to say.
func ready(is_ready: bool = true) -> EstragonResult:
	return await _session.request("party.ready", {"ready": is_ready})


## Changes what we say of ourselves, such as a rating: a party's search looks at it. [code]null[/code]
## removes.
func describe(properties: Dictionary) -> EstragonResult:
	return await _session.request("party.describe", {"properties": properties})


## Changes what we say of the party, as its leader: [code]properties[/code], [code]open[/code].
func update(changes: Dictionary) -> EstragonResult:
	return await _session.request("party.update", changes)


## Says something to all in the party. The result's data holds how many players were
## [code]reached[/code].
func say(data: Variant) -> EstragonResult:
	return await _session.request("party.message", {"data": data})


## Calls all into the room in which we sit, as the leader; [param code] says which, where we are in
## several. The result's data holds who is [code]called[/code], who is [code]absent[/code] and who is
## [code]refused[/code]. Fails with ROOM_FULL, among others: then nobody is called.
func call_in(code: String = "") -> EstragonResult:
	return await _session.request("party.call", {}, {"room": code} if code else {})


## Wants the last match once more, for the whole party where we lead it; what comes of it is told by
## [EstragonMatchmaking]. Fails with NOTHING_PLAYED or ALREADY_SEARCHING.
func rematch() -> EstragonResult:
	return await _session.request("party.rematch", {})


func _enter(type: String, data: Dictionary) -> EstragonResult:
	var result := await _session.request(type, data)
	if not result.peek():
		party = result.data["party"]
	return result


func _on_message(message: EstragonMessage) -> void:
	if not message.type.begins_with("party."):
		return
	var told: Dictionary = message.data if message.data is Dictionary else {}
	match message.type:
		"party.state":
			_on_state(told["party"])
		"party.member":
			var member: Dictionary = told["member"]
			_on_member(member)
		"party.left":
			var reason: String = told["reason"]
			_on_left(str(told["player"]), reason)
		"party.updated":
			if party:
				party = party.merged(told, true)
				updated.emit(party)
		"party.invited":
			var by: Dictionary = told["by"]
			invited.emit(str(told["code"]), str(by["player"]), str(by["name"]))
		"party.declined":
			declined.emit(str(told["player"]))
		"party.said":
			said.emit(str(told["player"]), str(told["name"]), told["data"])
		"party.missed":
			missed.emit(str(told["player"]), str(told["reason"]))
		"party.rematch_wanted":
			var wanting: int = told["wanting"]
			var of: int = told["of"]
			rematch_wanted.emit(str(told["queue"]), wanting, of)
		"party.called":
			_follow(str(told["room"]))


func _on_state(told: Variant) -> void:
	if told is Dictionary:
		party = told
		entered.emit(party)
	else:
		_end("gone")


func _on_member(member: Dictionary) -> void:
	if not party:
		return
	var members: Array = party["members"]
	var others: Array = members.duplicate()
	var at := _place_of(str(member["player"]))
	if at >= 0:
		others[at] = member
	else:
		others.append(member)
	party = party.merged({"members": others}, true)
	if at >= 0:
		changed.emit(member)
	else:
		joined.emit(member)


func _on_left(player: String, reason: String) -> void:
	if player == _players.me.get("id"):
		_end(reason)
		return
	var at := _place_of(player)
	if at < 0:
		return
	var members: Array = party["members"]
	var others: Array = members.duplicate()
	var member: Dictionary = others[at]
	others.remove_at(at)
	party = party.merged({"members": others}, true)
	left.emit(member, reason)


func _place_of(player: String) -> int:
	var members: Array = party.get("members", [])
	for at: int in members.size():
		if members[at]["player"] == player:
			return at
	return -1


## Takes the seat that is kept for us; where that fails the leader is told why we do not come.
func _follow(code: String) -> void:
	called.emit(code)
	if not follow:
		return
	var at := _place_of(str(_players.me.get("id")))
	var name: String = party["members"][at]["name"] if at >= 0 else ""
	var result := await _rooms.join(code, name)
	if result.peek():
		result.ignore()
	else:
		followed.emit(result.room)


func _end(reason: String) -> void:
	var was := party
	party = {}
	if was:
		over.emit(reason)
