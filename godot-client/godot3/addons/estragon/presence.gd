# How friends are, and others whom we follow; for whoever has identified.
#
#     Network.presence.connect("changed", self, "_on_presence") # _on_presence(presence)
#     yield(Network.presence.update({"text": "in the arena", "data": {"map": "ice"}}), "completed")
#     yield(Network.presence.follow(player), "completed")       # who is no friend
#
# A presence is a Dictionary: `player`, `status` ("online", "away" or "offline"), and what the player says
# of itself, `text` and `data`.
class_name EstragonPresence
extends Reference

# warning-ignore-all:return_value_discarded

# A friend, or somebody whom we follow, is otherwise than before.
signal changed(presence)
# We want to be seen otherwise, by whichever device.
signal own_changed(own)

const EstragonMessage := preload("message.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")

# How we want to be seen: `status` ("online", "away" or "invisible"), `text` and `data`.
var own: Dictionary = _default()
# Those who are not offline, by their ids.
var all: Dictionary = {}

var _session: EstragonSession
var _listed: Dictionary = {}


func _init(session: EstragonSession) -> void:
	_session = session
	_session.connect("message_received", self, "_on_message")
	_session.connect("was_lost", self, "_on_lost")


# How a friend, or one whom we follow, is; others are offline to us.
func of(player: String) -> Dictionary:
	return all.get(player, _offline(player))


# Says how we want to be seen, on all our devices, for as long as we have a session; what is left out of
# `changes` stays. The result's data holds what is so `own`. Fails with TOO_LARGE.
func update(changes: Dictionary) -> EstragonResult:
	return yield(_session.request("presence.set", changes), "completed")


# Follows a player who is no friend. Fails with INVALID_TARGET, where it is offline to us, or
# TOO_MANY_FOLLOWED.
func follow(player: String) -> EstragonResult:
	return yield(_session.request("presence.follow", {"player": player}), "completed")


# Ends a `follow`.
func unfollow(player: String) -> EstragonResult:
	return yield(_session.request("presence.unfollow", {"player": player}), "completed")


func _on_message(message: EstragonMessage) -> void:
	match message.type:
		"presence.changed":
			_hear(message.data)
		"presence.list":
			_on_list(message.data)
		"presence.own":
			own = message.data
			emit_signal("own_changed", own)


func _on_list(told: Dictionary) -> void:
	if told["first"]:
		_listed = {}
	for one in told["presences"]:
		_listed[one["player"]] = true
		_hear(one)
	if told["more"]:
		return
	for player in all.keys():
		if not _listed.has(player):
			_leave(player)


func _hear(presence: Dictionary) -> void:
	var player: String = presence["player"]
	if presence["status"] == "offline":
		_leave(player)
		return
	var before: Dictionary = all.get(player, {})
	all[player] = presence
	if to_json(before) != to_json(presence):
		emit_signal("changed", presence)


func _leave(player: String) -> void:
	if all.erase(player):
		emit_signal("changed", _offline(player))


func _on_lost(_reason: String) -> void:
	own = _default()
	for player in all.keys():
		_leave(player)


static func _default() -> Dictionary:
	return {"status": "online", "text": "", "data": {}}


static func _offline(player: String) -> Dictionary:
	return {"player": player, "status": "offline", "text": "", "data": {}}
