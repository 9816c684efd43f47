# Friends and blocks, which the server keeps; for whoever has identified.
#
#     yield(Network.friends.ask(player), "completed")   # be it here or not; the other accepts
#     var page = yield(Network.friends.list({"standing": "friend"}), "completed") # page.data.friends
#     yield(Network.friends.block(player), "completed") # hears and is asked nothing by it any more
#
# A friend is a Dictionary: `player`, `name`, `since` (in milliseconds since 1970) and `standing`:
# "friend", "asked" (by us), "asking" (us) or "blocked" (by us). What changed while the session was lost
# is in `list`.
class_name EstragonFriends
extends Reference

# warning-ignore-all:return_value_discarded

# We stand to somebody in another way, by ourselves, on whichever device, or by that player.
signal changed(friend)
# We stand to this player in no way any more.
signal removed(player)

const EstragonMessage := preload("message.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")

var _session: EstragonSession


func _init(session: EstragonSession) -> void:
	_session = session
	_session.connect("message_received", self, "_on_message")


# Asks a player to be a friend, be it here or not; who asks us already is one then. The result's data
# holds the `friend`. Fails with INVALID_TARGET, BLOCKED or TOO_MANY_FRIENDS.
func ask(player: String) -> EstragonResult:
	return yield(_session.request("friend.ask", {"player": player}), "completed")


# Accepts who asks us. Fails with NOT_ASKED or TOO_MANY_FRIENDS.
func accept(player: String) -> EstragonResult:
	return yield(_session.request("friend.accept", {"player": player}), "completed")


# Ends a friendship, takes back what we asked, or declines.
func remove(player: String) -> EstragonResult:
	return yield(_session.request("friend.remove", {"player": player}), "completed")


# Hears and is asked nothing by a player any more: what it says in channels is marked `blocked`. Fails
# with INVALID_TARGET or TOO_MANY_BLOCKS.
func block(player: String) -> EstragonResult:
	return yield(_session.request("friend.block", {"player": player}), "completed")


# Ends a `block`.
func unblock(player: String) -> EstragonResult:
	return yield(_session.request("friend.unblock", {"player": player}), "completed")


# Whom we stand to in some way: the result's data holds `friends`, and `next`, which asks for the next
# page as `after`, null for none. `filter` may hold `standing`, `after` and `limit`.
func list(filter: Dictionary = {}) -> EstragonResult:
	return yield(_session.request("friend.list", filter), "completed")


func _on_message(message: EstragonMessage) -> void:
	match message.type:
		"friend.changed":
			emit_signal("changed", message.data["friend"])
		"friend.removed":
			emit_signal("removed", message.data["player"])
