# Players who go together: a party outlives rooms and drops, and all devices of a player are in it.
#
#     var made = yield(Network.parties.create(), "completed") # whoever has identified
#     yield(Network.parties.join(code), "completed")          # or invite(player), who joins then
#     yield(Network.matchmaking.find("ranked", {"party": true}), "completed") # the leader, for all
#     yield(Network.parties.call_in(), "completed")           # or all into the room it sits in
#
# A party is a Dictionary: its `code`, the `leader`'s player id, whether it is `open`, the `properties`
# that its leader gave it, and the `members`, each with `player`, `name`, `ready`, `away` and
# `properties` of its own. A player is in one party at a time.
class_name EstragonParties
extends Reference

# warning-ignore-all:return_value_discarded

# We are in a party, by this device or another; or the session was reset, and this is how it stands.
signal entered(party)
# Somebody has joined: a member of the party.
signal joined(member)
# A member is ready, away or described otherwise.
signal changed(member)
# Somebody else is in it no longer; `reason` is "left", "kicked" or "lost".
signal left(member, reason)
# Another leads it, or its leader says other things of it.
signal updated(party)
# We are in no party any more: as above, or "gone", with the session or while it was away.
signal over(reason)
# A player asks us into its party: `join` with `code`, or `decline`.
signal invited(code, player, name)
# A player declined an invitation.
signal declined(player)
# Somebody said something to all, ourselves included.
signal said(player, name, data)
# The leader calls us into a room; where we `follow`, our seat there is being taken.
signal called(code)
# The room that we were called into has us: an EstragonRoom.
signal followed(room)
# Somebody whom we called does not come: "late", "refused" or "gone".
signal missed(player, reason)
# Others of the last match want it once more, so many of those who are still there.
signal rematch_wanted(queue, wanting, of)

const EstragonMessage := preload("message.gd")
const EstragonPlayers := preload("players.gd")
const EstragonResult := preload("result.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSession := preload("session.gd")

# The party that we are in; empty while we are in none. Another object whenever it changes.
var party: Dictionary = {}
# Whether we lead it.
var leads: bool setget , _get_leads
# Whether a seat is taken by itself that is kept for us where the leader calls.
var follow: bool = true

var _session: EstragonSession
var _rooms: EstragonRooms
var _players: EstragonPlayers


func _init(session: EstragonSession, rooms: EstragonRooms, players: EstragonPlayers) -> void:
	_session = session
	_rooms = rooms
	_players = players
	_session.connect("message_received", self, "_on_message")
	_session.connect("was_lost", self, "_on_lost")


# Makes a party that we lead. `options` may hold `name`, what we are known by, `own`, what we say of
# ourselves, `properties`, what we say of the party, and `open`: false where its code is not enough to
# join. The result's data holds the `party`. Fails with NO_PLAYER_FOUND where we have not identified, or
# ALREADY_IN_PARTY.
func create(options: Dictionary = {}) -> EstragonResult:
	return yield(_enter("party.create", options), "completed")


# Joins a party; `options` may hold `name` and `own`, as for `create`. Fails with PARTY_NOT_FOUND,
# PARTY_FULL, NOT_INVITED or ALREADY_IN_PARTY.
func join(code: String, options: Dictionary = {}) -> EstragonResult:
	var asked := options.duplicate()
	asked["code"] = code.strip_edges().to_upper()
	return yield(_enter("party.join", asked), "completed")


# Invites a player who is here. Fails with INVALID_TARGET where it is not, ALREADY_IN_PARTY or
# PARTY_FULL.
func invite(player: String) -> EstragonResult:
	return yield(_session.request("party.invite", {"player": player}), "completed")


# Declines an invitation.
func decline(code: String) -> EstragonResult:
	return yield(_session.request("party.decline", {"code": code}), "completed")


# Leaves the party; where we led it, who has been there for longest does.
func leave() -> EstragonResult:
	return yield(_session.request("party.leave", {}), "completed")


# Takes a player out, as the leader. Fails with NOT_PARTY_LEADER or INVALID_TARGET.
func kick(player: String) -> EstragonResult:
	return yield(_session.request("party.kick", {"player": player}), "completed")


# Makes another the leader. Fails as `kick` does.
func promote(player: String) -> EstragonResult:
	return yield(_session.request("party.promote", {"player": player}), "completed")


# Says whether we are ready; what comes of that is the game's to say.
func ready(is_ready: bool = true) -> EstragonResult:
	return yield(_session.request("party.ready", {"ready": is_ready}), "completed")


# Changes what we say of ourselves, such as a rating: a party's search looks at it. null removes.
func describe(properties: Dictionary) -> EstragonResult:
	return yield(_session.request("party.describe", {"properties": properties}), "completed")


# Changes what we say of the party, as its leader: `properties`, `open`.
func update(changes: Dictionary) -> EstragonResult:
	return yield(_session.request("party.update", changes), "completed")


# Says something to all in the party. The result's data holds how many players were `reached`.
func say(data) -> EstragonResult:
	return yield(_session.request("party.message", {"data": data}), "completed")


# Calls all into the room in which we sit, as the leader; `code` says which, where we are in several.
# The result's data holds who is `called`, who is `absent` and who is `refused`. Fails with ROOM_FULL,
# among others: then nobody is called.
func call_in(code: String = "") -> EstragonResult:
	var envelope := {"room": code} if code else {}
	return yield(_session.request("party.call", {}, envelope), "completed")


# Wants the last match once more, for the whole party where we lead it; what comes of it is told by
# EstragonMatchmaking. Fails with NOTHING_PLAYED or ALREADY_SEARCHING.
func rematch() -> EstragonResult:
	return yield(_session.request("party.rematch", {}), "completed")


func _enter(type: String, data: Dictionary) -> EstragonResult:
	var result: EstragonResult = yield(_session.request(type, data), "completed")
	if not result.peek():
		party = result.data["party"]
	return result


func _on_message(message: EstragonMessage) -> void:
	if not message.type.begins_with("party."):
		return
	var told: Dictionary = message.data
	match message.type:
		"party.state":
			_on_state(told["party"])
		"party.member":
			_on_member(told["member"])
		"party.left":
			_on_left(told["player"], told["reason"])
		"party.updated":
			if party:
				party = _with(told)
				emit_signal("updated", party)
		"party.invited":
			var by: Dictionary = told["by"]
			emit_signal("invited", told["code"], by["player"], by["name"])
		"party.declined":
			emit_signal("declined", told["player"])
		"party.said":
			emit_signal("said", told["player"], told["name"], told["data"])
		"party.missed":
			emit_signal("missed", told["player"], told["reason"])
		"party.rematch_wanted":
			emit_signal("rematch_wanted", told["queue"], told["wanting"], told["of"])
		"party.called":
			_follow(told["room"])


func _on_state(told) -> void:
	if told is Dictionary:
		party = told
		emit_signal("entered", party)
	else:
		_end("gone")


func _on_member(member: Dictionary) -> void:
	if party.empty():
		return
	var members: Array = party["members"].duplicate()
	var at := _place_of(member["player"])
	if at >= 0:
		members[at] = member
	else:
		members.append(member)
	party = _with({"members": members})
	if at >= 0:
		emit_signal("changed", member)
	else:
		emit_signal("joined", member)


func _on_left(player: String, reason: String) -> void:
	if player == _players.me.get("id"):
		_end(reason)
		return
	var at := _place_of(player)
	if at < 0:
		return
	var members: Array = party["members"].duplicate()
	var member: Dictionary = members[at]
	members.remove(at)
	party = _with({"members": members})
	emit_signal("left", member, reason)


# The party with something of it changed.
func _with(changes: Dictionary) -> Dictionary:
	var after := party.duplicate()
	for name in changes:
		after[name] = changes[name]
	return after


func _place_of(player: String) -> int:
	var members: Array = party.get("members", [])
	for at in members.size():
		if members[at]["player"] == player:
			return at
	return -1


# Takes the seat that is kept for us; where that fails the leader is told why we do not come.
func _follow(code: String) -> void:
	emit_signal("called", code)
	if not follow:
		return
	var at := _place_of(str(_players.me.get("id")))
	var name: String = party["members"][at]["name"] if at >= 0 else ""
	var result: EstragonResult = yield(_rooms.join(code, name), "completed")
	if result.peek():
		result.ignore()
	else:
		emit_signal("followed", result.room)


func _on_lost(_reason: String) -> void:
	_end("gone")


func _end(reason: String) -> void:
	var was := party
	party = {}
	if not was.empty():
		emit_signal("over", reason)


func _get_leads() -> bool:
	return not party.empty() and party["leader"] == _players.me.get("id")
