# What outlasts a session: who a Godot 3 game's player is, and channels. Tickets and tokens come from
# the studio of test/support/studio.ts; Bob chats along.
extends "res://test/state_rooms.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const EstragonPlayers := preload("res://addons/estragon/players.gd")
const _SCOPES := [
	"read:players", "write:players", "read:channels", "write:channels", "write:notifications",
	"write:match",
]


# Remembers what channels told.
class Told:
	extends "res://test/telling.gd".Heard

	func on_said(said) -> void:
		items.append([said.offset, said.name, said.message])

	func on_joined(channel: int, _player: String, name: String) -> void:
		items.append(["joined", channel, name])

	func on_left(channel: int, player) -> void:
		items.append(["left", channel, player])

	func on_channel(channel) -> void:
		items.append([channel.name, channel.props])

	func on_skipped(channel: int, offset: int) -> void:
		items.append([channel, offset])

	func on_friend(friend: Dictionary) -> void:
		items.append([friend["name"], friend["standing"]])

	func on_presence(presence: Dictionary) -> void:
		items.append([presence["status"], presence["text"]])

	func on_removed(_player: String) -> void:
		items.append(["removed"])

	func on_deleted(channel: int) -> void:
		items.append(["deleted", channel])

	func offsets() -> Array:
		var found := []
		for item in items:
			found.append(item[0])
		return found


func _signing_in() -> void:
	var director = yield(_enter("main"), "completed")
	var ada = yield(_please(director, ["alias", ["ada"]]), "completed")
	var ticket: String = yield(_please(director, ["ticket", []]), "completed")
	var network = yield(_open("tickets"), "completed")
	var players = network.players
	var bare = yield(players.identify(), "completed")
	_equal(_code(bare), EstragonProtocol.TICKET_REQUIRED, "without a ticket")
	var got = yield(players.get_player(), "completed")
	_equal(_code(got), EstragonProtocol.TICKET_REQUIRED, "the rest, too")
	var alias := int(ada["alias"])
	var signed = yield(players.identify_as(alias, ada["token"], "Ada", ticket), "completed")
	_check(signed.ok, "signed in: %s" % signed)
	_equal([players.me.get("id"), players.me.get("name")], [ada["player"], "Ada"], "we are")
	_equal(players.me.get("guest"), false, "a guest")
	_equal(signed.data.get("scopes"), _SCOPES, "scopes")
	var told: Dictionary = signed.data.get("alias", {})
	_equal([told.get("id"), told.get("identifier")], [alias, "ada"], "alias")
	var again = yield(_open("tickets"), "completed")
	var used = yield(again.players.identify("", "", ticket), "completed")
	_equal(_code(used), EstragonProtocol.INVALID_TICKET, "a used ticket")
	ticket = yield(_please(director, ["old_ticket", []]), "completed")
	var old = yield(again.players.identify("", "", ticket), "completed")
	_equal(_code(old), EstragonProtocol.INVALID_TICKET, "an old ticket")
	_equal(again.players.me, {}, "nobody yet")
	ticket = yield(_please(director, ["ticket", ["read:players"]]), "completed")
	yield(_bring(again, ticket), "completed")


# A guest whose key the server does not know, with a ticket that does not allow much.
func _bring(network: Network, ticket: String) -> void:
	var path := "user://test_guests.cfg"
	var kept := ConfigFile.new()
	kept.set_value(" estranged".percent_encode(), "guest_key", "made up")
	kept.save(path)
	var players := EstragonPlayers.new(network.session, path)
	var entered = yield(players.identify("Gogo", "estranged", ticket), "completed")
	_check(entered.ok, "a guest by ticket: %s" % entered)
	_check(entered.data.has("guest_key"), "a new one")
	_equal([players.me.get("name"), players.me.get("guest")], ["Gogo", true], "it is")
	_equal(entered.data.get("scopes"), ["read:players"], "scopes")
	var renamed = yield(players.update({"name": "Didi"}), "completed")
	_equal(_code(renamed), EstragonProtocol.MISSING_SCOPE, "to write")
	var listed = yield(network.channels.list(), "completed")
	_equal(_code(listed), EstragonProtocol.MISSING_SCOPE, "to read channels")


func _tokens() -> void:
	var director = yield(_enter("main"), "completed")
	var bob = yield(_please(director, ["alias", ["bob"]]), "completed")
	var old = yield(_please(director, ["old_alias", ["ada"]]), "completed")
	var ticket: String = yield(_please(director, ["ticket", []]), "completed")
	var alias := int(old["alias"])
	var network = yield(_open("tickets"), "completed")
	for token in ["made.up", bob["token"], old["token"]]:
		var refused = yield(network.players.identify_as(alias, token, "", ticket), "completed")
		_equal(_code(refused), EstragonProtocol.INVALID_SOCKET_TOKEN, token)
		ticket = "" # It was taken with the first.
	_equal(network.players.me, {}, "nobody yet")
	var ada = yield(_please(director, ["alias", ["ada"]]), "completed")
	var signed = yield(network.players.identify_as(alias, ada["token"]), "completed")
	_check(signed.ok, "signed in: %s" % signed)
	_equal(network.players.me.get("id"), ada["player"], "we are")


func _props() -> void:
	var network = yield(_open("main"), "completed")
	var players = network.players
	var early = yield(players.get_player(), "completed")
	_equal(_code(early), EstragonProtocol.NO_PLAYER_FOUND, "before identifying")
	yield(players.identify("Gogo", "props"), "completed")
	var hat := {"brim": [1.5, null]}
	var changes := {"name": "  Didi ", "props": {"hat": hat, "level": 7}}
	var changed = yield(players.update(changes), "completed")
	_check(changed.ok, "changed: %s" % changed)
	_equal(players.me.get("name"), "Didi", "called")
	_equal([players.props.get("hat"), players.props.get("level")], [hat, 7.0], "props")
	yield(players.update({"props": {"hat": null, "boots": 2}}), "completed")
	_equal([players.props.get("boots"), players.props.get("level")], [2.0, 7.0], "props later")
	_equal(players.props.size(), 2, "how many")
	var other = yield(_open("main"), "completed")
	yield(other.players.identify("", "props"), "completed")
	_equal(other.players.props, {}, "props that nobody asked for")
	var got = yield(other.players.get_player(), "completed")
	_equal(other.players.me.get("id"), players.me.get("id"), "the same elsewhere")
	_equal(other.players.me.get("name"), "Didi", "called elsewhere")
	_equal(other.players.props.get("level"), 7.0, "the same props")
	_equal(got.data["player"]["dev"], false, "profile")
	yield(players.update({"name": "x".repeat(25)}), "completed")
	_equal(players.me.get("name"), "x".repeat(24), "a long name is cut")
	var keys = yield(players.update({"props": {1: 2}}), "completed")
	_equal(_code(keys), EstragonProtocol.INVALID_MESSAGE_DATA, "a number for a key")
	var many := {}
	for number in EstragonProtocol.LIMIT_PROPS:
		many[str(number)] = number
	var refused = yield(players.update({"props": many}), "completed")
	_equal(_code(refused), EstragonProtocol.TOO_MANY_PROPS, "too many")
	_equal(players.props.size(), 2, "props after what was refused")
	for half in 2:
		var large := {}
		for number in 20:
			large["large %d %d" % [half, number]] = "x".repeat(2000)
		var stored = yield(players.update({"props": large}), "completed")
		_check(stored.ok, "large props")
	_equal(players.props.size(), 42, "props in pages")
	var whole = yield(players.get_player(), "completed")
	_equal(whole.data["player"]["props"].size(), 42, "a profile in pages")


func _channel() -> void:
	var director = yield(_enter("main"), "completed")
	var network = yield(_identified("Ada"), "completed")
	var heard := _listen(network)
	var told := Told.new()
	network.channels.connect("joined", told, "on_joined")
	var made = yield(network.channels.create("tavern", {"beer": "dark"}), "completed")
	_check(made.ok, "made: %s" % made)
	var id: int = made.channel.id
	_equal([made.channel.name, made.channel.owner], ["tavern", network.players.me["id"]], "whose")
	_equal(made.channel.props, {"beer": "dark"}, "props")
	_equal([made.channel.members, made.channel.offset], [1, 0], "members and offset")
	var other = yield(_identified("Dan"), "completed")
	var heard_there := _listen(other)
	var joined = yield(other.channels.join(id), "completed")
	_equal(joined.channel.members, 2, "members")
	yield(_please(director, ["chat", [id]]), "completed")
	yield(_until(told, "has_count", [2], "saw others join"), "completed")
	_equal(told.items, [["joined", id, "Dan"], ["joined", id, "Bob"]], "saw")
	var sent := Heard.new()
	for number in range(1, 6):
		network.channels.send(id, number).connect("completed", sent, "on_result")
		other.channels.send(id, number).connect("completed", sent, "on_result")
	yield(_please(director, ["chat", [id, 1, 2, 3, 4, 5]]), "completed")
	yield(_until(sent, "has_count", [10], "all were sent"), "completed")
	for one in sent.items:
		_check(one.ok, "sent: %s" % one)
	yield(_until(heard, "has_count", [15], "Ada heard all"), "completed")
	yield(_until(heard_there, "has_count", [15], "Dan heard all"), "completed")
	_equal(heard.offsets(), range(1, 16), "offsets")
	_equal(heard_there.items, heard.items, "Dan heard")
	var by_bob: Array = yield(_please(director, ["chatted", [id]]), "completed")
	_equal(by_bob.size(), 15, "Bob heard")
	for index in by_bob.size():
		_equal(by_bob[index].slice(1, 2), heard.items[index].slice(1, 2), "Bob heard")
	for name in ["Ada", "Dan", "Bob"]:
		_equal(_said_by(name, heard), [1.0, 2.0, 3.0, 4.0, 5.0], "the order of " + name)
	yield(_administer(network, other, id), "completed")


func _said_by(name: String, heard: Told) -> Array:
	var said := []
	for item in heard.items:
		if item[1] == name:
			said.append(item[2])
	return said


# What only its owner may do, and what becomes of the others.
func _administer(network: Network, other: Network, id: int) -> void:
	var told := Told.new()
	network.channels.connect("left", told, "on_left")
	other.channels.connect("updated", told, "on_channel")
	other.channels.connect("deleted", told, "on_deleted")
	var dan: String = other.players.me["id"]
	var members = yield(network.channels.members(id), "completed")
	_equal(members.data["players"].size(), 3, "members")
	_check(dan in members.data["players"], "Dan is one")
	var theirs = yield(other.channels.update(id, {"name": "inn"}), "completed")
	_equal(_code(theirs), EstragonProtocol.NOT_CHANNEL_OWNER, "updated by Dan")
	var changes := {"name": "inn", "props": {"beer": null}}
	var updated = yield(network.channels.update(id, changes), "completed")
	_equal(updated.channel.name, "inn", "updated")
	var mine = yield(network.channels.list({"mine": true}), "completed")
	_equal(mine.channels.back().name, "inn", "listed as mine")
	var left = yield(other.channels.leave(id), "completed")
	_check(left.ok, "Dan left")
	var outside = yield(other.channels.send(id, "hi"), "completed")
	_equal(_code(outside), EstragonProtocol.NOT_IN_CHANNEL, "from outside")
	var unread = yield(other.channels.history(id), "completed")
	_equal(_code(unread), EstragonProtocol.NOT_IN_CHANNEL, "history outside")
	yield(other.channels.join(id), "completed")
	var kept = yield(other.channels.delete(id), "completed")
	_equal(_code(kept), EstragonProtocol.NOT_CHANNEL_OWNER, "deleted by Dan")
	var deleted = yield(network.channels.delete(id), "completed")
	_check(deleted.ok, "deleted")
	var gone = yield(network.channels.join(id), "completed")
	_equal(_code(gone), EstragonProtocol.CHANNEL_NOT_FOUND, "once it is gone")
	yield(_until(told, "has_count", [3], "all was told"), "completed")
	_equal(told.items, [["inn", {"beer": null}], ["left", id, dan], ["deleted", id]], "told")


func _catching_up() -> void:
	var director = yield(_enter("main"), "completed")
	var network = yield(_identified("Ada"), "completed")
	var made = yield(network.channels.create("tavern"), "completed")
	var id: int = made.channel.id
	yield(_please(director, ["chat", [id, 1, 2]]), "completed")
	network.disconnect_from_server()
	yield(_please(director, ["chat", [id, 3, 4, 5]]), "completed")
	var later = yield(_identified("Ada"), "completed")
	var heard := _listen(later)
	var page = yield(later.channels.history(id, {"after": 2, "limit": 2}), "completed")
	_equal([page.messages[0].offset, page.messages[1].offset], [3, 4], "history")
	_equal([page.messages[1].name, page.messages[1].message], ["Bob", 4.0], "the last of it")
	_equal(page.data["next"], 4.0, "there is more")
	var rest = yield(later.channels.history(id, {"after": 4}), "completed")
	_equal(rest.messages[0].offset, 5, "the rest")
	_equal(rest.data["next"], null, "there is no more")
	var caught = yield(later.channels.catch_up(id, 3), "completed")
	_equal(caught.data.get("count"), 2, "caught up")
	_equal(heard.items, [[4, "Bob", 4.0], [5, "Bob", 5.0]], "told")
	var nowhere = yield(later.channels.catch_up(99999), "completed")
	_equal(_code(nowhere), EstragonProtocol.CHANNEL_NOT_FOUND, "no such channel")
	yield(_reset_over(director, later, id, heard), "completed")


# What is lost with the counts is told before what comes next.
func _reset_over(director: Network, network: Network, id: int, heard: Told) -> void:
	var resets := Heard.new()
	network.connect("session_reset", resets, "on_text")
	network.session._resume.received += 100 # More than the server sent: the counts begin again.
	network.session.cut()
	network.set_process(false)
	yield(_please(director, ["chat", [id, 6, 7]]), "completed")
	network.set_process(true)
	yield(_until(resets, "has_count", [1], "was reset"), "completed")
	_equal(heard.items.size(), 2, "told meanwhile")
	yield(_please(director, ["chat", [id, 8]]), "completed")
	yield(_until(heard, "has_count", [5], "what was missed is told"), "completed")
	_equal(heard.offsets(), [4, 5, 6, 7, 8], "in order, once")
	var caught = yield(network.channels.catch_up(id), "completed")
	_equal(caught.data.get("count"), 0, "nothing is missing")
	yield(_lost_over(director, network, id, heard), "completed")


# What is said to who has lost the session is told once it has identified again.
func _lost_over(director: Network, network: Network, id: int, heard: Told) -> void:
	var losses := Heard.new()
	network.connect("session_lost", losses, "on_text")
	network.session._resume._token = "made up"
	network.session.cut()
	yield(_until(losses, "has_count", [1], "the session was lost"), "completed")
	yield(_please(director, ["chat", [id, 9]]), "completed")
	var nobody = yield(network.channels.catch_up(id), "completed")
	_equal(_code(nobody), EstragonProtocol.NO_PLAYER_FOUND, "nobody")
	yield(network.players.identify("", "Ada"), "completed")
	yield(_please(director, ["chat", [id, 10]]), "completed")
	yield(_until(heard, "has_count", [7], "both are told"), "completed")
	_equal(heard.offsets(), range(4, 11), "in order, once")
	yield(_small_over(director, network, id, heard), "completed")


# What is more than a client takes is passed over, and hides nothing behind it.
func _small_over(director: Network, network: Network, id: int, heard: Told) -> void:
	var skipped := Told.new()
	network.channels.connect("skipped", skipped, "on_skipped")
	var hello := {"receive_bytes": 1024, "fingerprint": EstragonProtocol.FINGERPRINT}
	network.session._resume._outgoing.write({"type": "session.hello", "data": hello})
	yield(_please(director, ["chat", [id, "x".repeat(1100), 12]]), "completed")
	yield(_until(heard, "has_count", [8], "what follows is told"), "completed")
	_equal(skipped.items, [[id, 11]], "what was passed over")
	_equal(heard.items.back(), [12, "Bob", 12.0], "and on")


func _identified(name: String):
	var network = yield(_open("main"), "completed")
	var identified = yield(network.players.identify(name, name), "completed")
	_check(identified.ok, "identified: %s" % identified)
	return network


# What its channels tell from now on.
func _listen(network: Network) -> Told:
	var heard := Told.new()
	network.channels.connect("message_received", heard, "on_said")
	return heard


func _befriends() -> void:
	var network = yield(_enter("main"), "completed")
	var friends = network.friends
	yield(network.players.identify("Ada"), "completed")
	var me: String = network.players.me["id"]
	var told := Told.new()
	friends.connect("changed", told, "on_friend")
	friends.connect("removed", told, "on_removed")
	var bob = yield(_please(network, ["befriend", me]), "completed")
	var accepted = yield(friends.accept(bob), "completed")
	_equal(accepted.data["friend"]["standing"], "friend", "accepted")
	var listed = yield(friends.list({"standing": "friend"}), "completed")
	_equal(listed.data["friends"][0]["player"], bob, "listed")
	var blocked = yield(friends.block(bob), "completed")
	_equal(blocked.data["friend"]["standing"], "blocked", "blocked")
	var refused = yield(_please(network, ["befriend", me]), "completed")
	_equal(refused["code"], "BLOCKED", "asks again")
	var unblocked = yield(friends.unblock(bob), "completed")
	_check(unblocked.ok, "let in again: %s" % unblocked)
	var left = yield(friends.list(), "completed")
	_equal(left.data["friends"], [], "nobody")
	var nobody = yield(friends.accept(bob), "completed")
	_equal(_code(nobody), EstragonProtocol.NOT_ASKED, "nobody asks")
	var all := [["Bob", "asking"], ["Bob", "friend"], ["Bob", "blocked"], ["removed"]]
	_equal(told.items, all, "told")


func _is_seen() -> void:
	var network = yield(_enter("main"), "completed")
	var presence = network.presence
	yield(network.players.identify("Ada"), "completed")
	var told := Told.new()
	presence.connect("changed", told, "on_presence")
	var bob = yield(_please(network, ["befriend", network.players.me["id"]]), "completed")
	yield(network.friends.accept(bob), "completed")
	var tea := {"status": "away", "text": "tea", "data": {"cup": 1}}
	yield(_please(network, ["pose", tea]), "completed")
	yield(_until(told, "has_count", [2], "Bob is away"), "completed")
	_equal(presence.of(bob)["data"], {"cup": 1.0}, "says")
	var hush := {"status": "invisible", "text": "", "data": {}}
	yield(_please(network, ["pose", hush]), "completed")
	yield(_until(told, "has_count", [3], "Bob hides"), "completed")
	_equal(presence.all, {}, "nobody")
	yield(network.friends.remove(bob), "completed")
	var refused = yield(presence.follow(bob), "completed")
	_equal(_code(refused), EstragonProtocol.INVALID_TARGET, "who hides")
	yield(_please(network, ["pose", {"status": "online"}]), "completed")
	var followed = yield(presence.follow(bob), "completed")
	_check(followed.ok, "follows: %s" % followed)
	yield(presence.unfollow(bob), "completed")
	var said = yield(presence.update({"text": "here"}), "completed")
	_check(said.ok, "says: %s" % said)
	yield(_until(told, "has_count", [5], "all was told"), "completed")
	_equal(presence.own["text"], "here", "own")
	var all := [["online", ""], ["away", "tea"], ["offline", ""], ["online", ""], ["offline", ""]]
	_equal(told.items, all, "told")
