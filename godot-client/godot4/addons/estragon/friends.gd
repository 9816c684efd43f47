class_name EstragonFriends
extends RefCounted
## Friends and blocks, which the server keeps; for whoever has identified.
##
## [codeblock]
## await Network.friends.ask(player)                   # be it here or not; the other accepts
## var page := await Network.friends.list({"standing": "friend"})   # page.data.friends
## await Network.friends.block(player)                 # hears and is asked nothing by it any more
## [/codeblock]
## A friend is a [Dictionary]: [code]player[/code], [code]name[/code], [code]since[/code] (in
## milliseconds since 1970) and [code]standing[/code]: [code]"friend"[/code], [code]"asked"[/code] (by
## us), [code]"asking"[/code] (us) or [code]"blocked"[/code] (by us). What changed while the session was
## lost is in [method list].

## We stand to somebody in another way, by ourselves, on whichever device, or by that player.
signal changed(friend: Dictionary)
## We stand to this player in no way any more.
signal removed(player: String)

var _session: EstragonSession


func _init(session: EstragonSession) -> void:
	_session = session
	_session.message_received.connect(_on_message)


## Asks a player to be a friend, be it here or not; who asks us already is one then. The result's data
## holds the [code]friend[/code]. Fails with INVALID_TARGET, BLOCKED or TOO_MANY_FRIENDS.
func ask(player: String) -> EstragonResult:
	return await _session.request("friend.ask", {"player": player})


## Accepts who asks us. Fails with NOT_ASKED or TOO_MANY_FRIENDS.
func accept(player: String) -> EstragonResult:
	return await _session.request("friend.accept", {"player": player})


## Ends a friendship, takes back what we asked, or declines.
func remove(player: String) -> EstragonResult:
	return await _session.request("friend.remove", {"player": player})


## Hears and is asked nothing by a player any more: what it says in channels is marked
## ([member EstragonChannelMessage.blocked]). Fails with INVALID_TARGET or TOO_MANY_BLOCKS.
func block(player: String) -> EstragonResult:
	return await _session.request("friend.block", {"player": player})


## Ends a [method block].
func unblock(player: String) -> EstragonResult:
	return await _session.request("friend.unblock", {"player": player})


## Whom we stand to in some way: the result's data holds [code]friends[/code], and
## [code]next[/code], which asks for the next page as [code]after[/code], [code]null[/code] for none.
## [param filter] may hold [code]standing[/code], [code]after[/code] and [code]limit[/code].
func list(filter: Dictionary = {}) -> EstragonResult:
	return await _session.request("friend.list", filter)


func _on_message(message: EstragonMessage) -> void:
	if not message.type.begins_with("friend."):
		return
	var told: Dictionary = message.data if message.data is Dictionary else {}
	match message.type:
		"friend.changed":
			var friend: Dictionary = told["friend"]
			changed.emit(friend)
		"friend.removed":
			removed.emit(str(told["player"]))
