class_name EstragonPresence
extends RefCounted
## How friends are, and others whom we follow; for whoever has identified.
##
## [codeblock]
## Network.presence.changed.connect(func(one: Dictionary) -> void: show(one.player, one.status))
## await Network.presence.update({"text": "in the arena", "data": {"map": "ice"}})
## await Network.presence.follow(player)               # who is no friend
## [/codeblock]
## A presence is a [Dictionary]: [code]player[/code], [code]status[/code] ([code]"online"[/code],
## [code]"away"[/code] or [code]"offline"[/code]), and what the player says of itself, [code]text[/code]
## and [code]data[/code].

## A friend, or somebody whom we follow, is otherwise than before.
signal changed(presence: Dictionary)
## We want to be seen otherwise, by whichever device.
signal own_changed(own: Dictionary)

## How we want to be seen: [code]status[/code] ([code]"online"[/code], [code]"away"[/code] or
## [code]"invisible"[/code]), [code]text[/code] and [code]data[/code].
var own: Dictionary = _default()
## Those who are not offline, by their ids.
var all: Dictionary = {}

var _session: EstragonSession
var _listed: Dictionary = {}


func _init(session: EstragonSession) -> void:
	_session = session
	_session.message_received.connect(_on_message)
	_session.was_lost.connect(_on_lost.unbind(1))


## How a friend, or one whom we follow, is; others are offline to us.
func of(player: String) -> Dictionary:
	return all.get(player, _offline(player))


## Says how we want to be seen, on all our devices, for as long as we have a session; what is left out
## of [param changes] stays. The result's data holds what is so [code]own[/code]. Fails with TOO_LARGE.
func update(changes: Dictionary) -> EstragonResult:
	return await _session.request("presence.set", changes)


## Follows a player who is no friend. Fails with INVALID_TARGET, where it is offline to us, or
## TOO_MANY_FOLLOWED.
func follow(player: String) -> EstragonResult:
	return await _session.request("presence.follow", {"player": player})


## Ends a [method follow].
func unfollow(player: String) -> EstragonResult:
	return await _session.request("presence.unfollow", {"player": player})


func _on_message(message: EstragonMessage) -> void:
	if not message.type.begins_with("presence."):
		return
	var told: Dictionary = message.data if message.data is Dictionary else {}
	match message.type:
		"presence.changed":
			_hear(told)
		"presence.list":
			_on_list(told)
		"presence.own":
			own = told
			own_changed.emit(own)


func _on_list(told: Dictionary) -> void:
	if told["first"]:
		_listed = {}
	for one: Dictionary in told["presences"]:
		_listed[one["player"]] = true
		_hear(one)
	if told["more"]:
		return
	for player: String in all.keys():
		if not _listed.has(player):
			_leave(player)


func _hear(presence: Dictionary) -> void:
	var player := str(presence["player"])
	if presence["status"] == "offline":
		_leave(player)
		return
	var before: Dictionary = all.get(player, {})
	all[player] = presence
	if before.hash() != presence.hash():
		changed.emit(presence)


func _leave(player: String) -> void:
	if all.erase(player):
		changed.emit(_offline(player))


func _on_lost() -> void:
	own = _default()
	for player: String in all.keys():
		_leave(player)


static func _default() -> Dictionary:
	return {"status": "online", "text": "", "data": {}}


static func _offline(player: String) -> Dictionary:
	return {"player": player, "status": "offline", "text": "", "data": {}}
