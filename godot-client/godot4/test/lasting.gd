extends "res://test/state_rooms.gd"
## What outlasts a session: who a Godot 4 game's player is, and channels. Tickets and tokens come
## from the studio of test/support/studio.ts; Bob chats along.

const _SCOPES: Array[String] = [
	"read:players", "write:players", "read:channels", "write:channels", "write:notifications",
	"write:match",
]


func _signs_in() -> void:
	var ada: Dictionary = await _call_company("alias", ["ada"])
	var alias: int = ada["alias"]
	var token: String = ada["token"]
	var ticket := str(await _call_company("ticket"))
	var network := await _open("tickets")
	_fails(await network.players.identify(), EstragonProtocol.TICKET_REQUIRED, "without a ticket")
	_fails(await network.players.get_player(), EstragonProtocol.TICKET_REQUIRED, "the rest, too")
	var signed := await network.players.identify_as(alias, token, "Ada", ticket)
	_check(signed.ok, "signed in: %s" % signed)
	_equal(network.players.me, {"id": ada["player"], "name": "Ada", "guest": false}, "we are")
	_equal(signed.data.get("scopes"), _SCOPES, "scopes")
	var told: Dictionary = signed.data.get("alias", {})
	_equal([told.get("id"), told.get("identifier")], [alias, "ada"], "alias")
	var again := await _open("tickets")
	var used := await again.players.identify("", "", ticket)
	_fails(used, EstragonProtocol.INVALID_TICKET, "a used ticket")
	var old := await again.players.identify("", "", str(await _call_company("old_ticket")))
	_fails(old, EstragonProtocol.INVALID_TICKET, "an old ticket")
	_equal(again.players.me, {}, "nobody yet")
	await _brings_a_ticket(again)


## A guest whose key the server does not know, with a ticket that does not allow much.
func _brings_a_ticket(network: Network) -> void:
	var path := "user://test_guests.cfg"
	var kept := ConfigFile.new()
	kept.set_value(" estranged".uri_encode(), "guest_key", "made up")
	kept.save(path)
	var players := EstragonPlayers.new(network.session, path)
	var ticket := str(await _call_company("ticket", ["read:players"]))
	var entered := await players.identify("Gogo", "estranged", ticket)
	_check(entered.ok, "a guest by ticket: %s" % entered)
	_check(entered.data.has("guest_key"), "a new one")
	_equal([players.me.get("name"), players.me.get("guest")], ["Gogo", true], "it is")
	_equal(entered.data.get("scopes"), ["read:players"], "scopes")
	_fails(await players.update({"name": "Didi"}), EstragonProtocol.MISSING_SCOPE, "to write")
	_fails(await network.channels.list(), EstragonProtocol.MISSING_SCOPE, "to read channels")


func _shows_a_token() -> void:
	var bob: Dictionary = await _call_company("alias", ["bob"])
	var old: Dictionary = await _call_company("old_alias", ["ada"])
	var alias: int = old["alias"]
	var network := await _open("tickets")
	var ticket := str(await _call_company("ticket"))
	var tokens := {
		"made up": "made.up", "another's": str(bob["token"]), "too old": str(old["token"]),
	}
	for what: String in tokens:
		var token: String = tokens[what]
		var refused := await network.players.identify_as(alias, token, "", ticket)
		_fails(refused, EstragonProtocol.INVALID_SOCKET_TOKEN, what)
		ticket = "" # It was taken with the first.
	_equal(network.players.me, {}, "nobody yet")
	var ada: Dictionary = await _call_company("alias", ["ada"])
	var signed := await network.players.identify_as(alias, str(ada["token"]))
	_check(signed.ok, "signed in: %s" % signed)
	_equal(network.players.me.get("id"), ada["player"], "we are")


func _keeps_props() -> void:
	var network := await _open("main")
	var players := network.players
	_fails(await players.get_player(), EstragonProtocol.NO_PLAYER_FOUND, "before identifying")
	await players.identify("Gogo", "props")
	var hat := {"brim": [1.5, null]}
	var changed := await players.update({"name": "  Didi ", "props": {"hat": hat, "level": 7}})
	_check(changed.ok, "changed: %s" % changed)
	_equal(players.me.get("name"), "Didi", "called")
	_equal(players.props, {"hat": hat, "level": 7.0}, "props")
	var removed := await players.update({"props": {"hat": null, "boots": 2}})
	_equal(players.props, {"boots": 2.0, "level": 7.0}, "props later: %s" % removed)
	var other := await _open("main")
	await other.players.identify("", "props")
	_equal(other.players.props, {}, "props that nobody asked for")
	var got := await other.players.get_player()
	_equal(other.players.me, players.me, "the same elsewhere")
	_equal(other.players.props, players.props, "the same props")
	var profile: Dictionary = got.data.get("player", {})
	_equal([profile.get("id"), profile.get("dev")], [players.me["id"], false], "profile")
	await players.update({"name": "x".repeat(25)})
	_equal(players.me.get("name"), "x".repeat(24), "a long name is cut")
	_fails(await players.update({"props": {1: 2}}), EstragonProtocol.INVALID_MESSAGE_DATA, "keys")
	var many := {}
	for number: int in EstragonProtocol.LIMIT_PROPS:
		many[str(number)] = number
	_fails(await players.update({"props": many}), EstragonProtocol.TOO_MANY_PROPS, "too many")
	_equal(players.props.size(), 2, "props after what was refused")
	for half in 2:
		var large := {}
		for number in 20:
			large["large %d %d" % [half, number]] = "x".repeat(2000)
		var stored := await players.update({"props": large})
		_check(stored.ok, "large props")
	_equal(players.props.size(), 42, "props in pages")
	var whole := await players.get_player()
	var pages: Array = whole.data["player"]["props"]
	_equal(pages.size(), 42, "a profile in pages")


func _chats() -> void:
	var network := await _identified("Ada")
	var heard := _listen(network)
	var told: Array = []
	network.channels.joined.connect(
		func(id: int, _player: String, name: String) -> void: told.append(["joined", id, name])
	)
	var made := await network.channels.create("tavern", {"beer": "dark"})
	_check(made.ok, "made: %s" % made)
	var channel := made.channel
	var about := [channel.name, channel.owner, channel.props, channel.members, channel.offset]
	_equal(about, ["tavern", network.players.me["id"], {"beer": "dark"}, 1, 0], "the channel")
	var other := await _identified("Dan")
	var heard_there := _listen(other)
	var joined := await other.channels.join(channel.id)
	_equal(joined.channel.members if joined.ok else 0, 2, "members: %s" % joined)
	await _do("chat", [channel.id])
	await _until(func() -> bool: return told.size() == 2, "saw others join")
	_equal(told, [["joined", channel.id, "Dan"], ["joined", channel.id, "Bob"]], "saw")
	await _say_all_at_once([network, other], channel.id)
	var expected := await _until_all_heard(channel.id, heard, 15)
	_equal(heard, expected, "heard by Ada")
	await _until(func() -> bool: return heard_there.size() == 15, "heard by Dan")
	_equal(heard_there, expected, "heard by Dan")
	for name: String in ["Ada", "Dan", "Bob"]:
		var own := expected.filter(func(said: Array) -> bool: return said[1] == name)
		var texts := own.map(func(said: Array) -> Variant: return said[2])
		_equal(texts, [1.0, 2.0, 3.0, 4.0, 5.0], "in the order that %s said them" % name)
	await _administers(network, other, channel)


## Five messages of each, while Bob says five of his.
func _say_all_at_once(networks: Array[Network], channel: int) -> void:
	var answered: Array[EstragonResult] = []
	var send := func(network: Network, number: int) -> void:
		answered.append(await network.channels.send(channel, number))
	for number: int in range(1, 6):
		for network: Network in networks:
			send.call(network, number)
	await _do("chat", [channel, 1, 2, 3, 4, 5])
	await _until(func() -> bool: return answered.size() == 10, "all were sent")
	_check(answered.all(func(one: EstragonResult) -> bool: return one.ok), "sent: %s" % [answered])


## What Bob heard in a channel, once as much came to us and to him.
func _until_all_heard(channel: int, heard: Array, count: int) -> Array:
	await _until(func() -> bool: return heard.size() == count, "%d were heard" % count)
	var told: Array = await _call_company("chatted", [channel])
	var offsets := told.map(func(said: Array) -> int: return said[0])
	_equal(offsets, range(1, count + 1), "offsets")
	return told.map(
		func(said: Array) -> Array:
			var offset: int = said[0]
			return [offset, said[1], said[2]]
	)


## What only its owner may do, and what becomes of the others.
func _administers(network: Network, other: Network, channel: EstragonChannel) -> void:
	var told: Array = []
	var channels := network.channels
	channels.left.connect(func(id: int, player: String) -> void: told.append(["left", id, player]))
	other.channels.updated.connect(
		func(about: EstragonChannel) -> void: told.append([about.id, about.name, about.props])
	)
	other.channels.deleted.connect(func(id: int) -> void: told.append(["deleted", id]))
	var id := channel.id
	var members := await channels.members(id)
	var players: Array = members.data.get("players", [])
	_equal(players.size(), 3, "members: %s" % members)
	var dan: String = other.players.me["id"]
	_check(dan in players, "Dan is one")
	_fails(await other.channels.update(id, {"name": "inn"}), EstragonProtocol.NOT_CHANNEL_OWNER, "Dan")
	var updated := await channels.update(id, {"name": "inn", "props": {"beer": null}})
	_equal(updated.channel.name if updated.ok else "", "inn", "updated: %s" % updated)
	var mine := await channels.list({"mine": true})
	var names := mine.channels.map(func(one: EstragonChannel) -> String: return one.name)
	_check("inn" in names, "listed as mine: %s" % mine)
	_check((await other.channels.leave(id)).ok, "Dan left")
	_fails(await other.channels.send(id, "hi"), EstragonProtocol.NOT_IN_CHANNEL, "from outside")
	_fails(await other.channels.history(id), EstragonProtocol.NOT_IN_CHANNEL, "history outside")
	await other.channels.join(id)
	_fails(await other.channels.delete(id), EstragonProtocol.NOT_CHANNEL_OWNER, "Dan")
	_check((await channels.delete(id)).ok, "deleted")
	_fails(await channels.join(id), EstragonProtocol.CHANNEL_NOT_FOUND, "once it is gone")
	var expected := [[id, "inn", {"beer": null}], ["left", id, dan], ["deleted", id]]
	await _until(func() -> bool: return told.size() == 3, "told: %s" % [told])
	_equal(told, expected, "told")


func _catches_up() -> void:
	var network := await _identified("Ada")
	var made := await network.channels.create("tavern")
	var id := made.channel.id
	await _do("chat", [id, 1, 2])
	network.disconnect_from_server()
	await _do("chat", [id, 3, 4, 5])
	var later := await _identified("Ada")
	var heard := _listen(later)
	var page := await later.channels.history(id, {"after": 2, "limit": 2})
	var said := page.messages.map(_brief)
	_equal(said, [[3, "Bob", 3.0], [4, "Bob", 4.0]], "history: %s" % page)
	_equal(page.data.get("next"), 4.0, "there is more")
	var rest := await later.channels.history(id, {"after": 4})
	_equal(rest.messages.map(_brief), [[5, "Bob", 5.0]], "the rest: %s" % rest)
	_equal(rest.data.get("next", 0), null, "there is no more")
	var caught := await later.channels.catch_up(id, 3)
	_equal(caught.data.get("count"), 2, "caught up: %s" % caught)
	_equal(heard, [[4, "Bob", 4.0], [5, "Bob", 5.0]], "told")
	_fails(await later.channels.catch_up(99_999), EstragonProtocol.CHANNEL_NOT_FOUND, "no such")
	await _is_reset(later, id, heard)


## What is lost with the counts is told before what comes next.
func _is_reset(network: Network, channel: int, heard: Array) -> void:
	var resets: Array[String] = []
	network.session_reset.connect(resets.append)
	network.session._resume.received += 100 # More than the server sent: the counts begin again.
	network.session.cut()
	network.set_process(false)
	await _do("chat", [channel, 6, 7])
	network.set_process(true)
	await _until(func() -> bool: return not resets.is_empty(), "was reset")
	_equal(heard.size(), 2, "told meanwhile")
	await _do("chat", [channel, 8])
	await _until(func() -> bool: return heard.size() >= 5, "what was missed is told: %s" % [heard])
	_equal(heard.map(func(one: Array) -> int: return one[0]), [4, 5, 6, 7, 8], "in order, once")
	var caught := await network.channels.catch_up(channel)
	_equal(caught.data.get("count"), 0, "nothing is missing: %s" % caught)
	await _is_lost(network, channel, heard)


## What is said to who has lost the session is told once it has identified again.
func _is_lost(network: Network, channel: int, heard: Array) -> void:
	var losses: Array[String] = []
	network.session_lost.connect(losses.append)
	network.session._resume.token = "made up"
	network.session.cut()
	await _until(func() -> bool: return not losses.is_empty(), "the session was lost")
	await _do("chat", [channel, 9])
	_fails(await network.channels.catch_up(channel), EstragonProtocol.NO_PLAYER_FOUND, "nobody")
	await network.players.identify("", "Ada")
	await _do("chat", [channel, 10])
	await _until(func() -> bool: return heard.size() >= 7, "both are told: %s" % [heard])
	_equal(heard.map(func(one: Array) -> int: return one[0]), range(4, 11), "in order, once")
	await _is_small(network, channel, heard)


## What is more than a client takes is passed over, and hides nothing behind it.
func _is_small(network: Network, channel: int, heard: Array) -> void:
	var skipped := []
	network.channels.skipped.connect(
		func(where: int, offset: int) -> void: skipped.append([where, offset])
	)
	var hello := {"receive_bytes": 1_024, "fingerprint": EstragonProtocol.FINGERPRINT}
	network.session._resume._outgoing.write({"type": "session.hello", "data": hello})
	await _do("chat", [channel, "x".repeat(1_100), 12])
	await _until(func() -> bool: return heard.size() >= 8, "what follows is told: %s" % [heard])
	_equal(skipped, [[channel, 11]], "what was passed over")
	_equal(heard.back(), [12, "Bob", 12.0], "and on")


func _identified(name: String) -> Network:
	var network := await _open("main")
	var identified := await network.players.identify(name, name)
	_check(identified.ok, "identified: %s" % identified)
	return network


## What its channels tell from now on.
func _listen(network: Network) -> Array:
	var heard: Array = []
	network.channels.message_received.connect(
		func(said: EstragonChannelMessage) -> void: heard.append(_brief(said))
	)
	return heard


func _brief(said: EstragonChannelMessage) -> Array:
	return [said.offset, said.name, said.message]


func _befriends() -> void:
	var network := await _enter("main")
	var friends := network.friends
	await network.players.identify("Ada")
	var me := str(network.players.me["id"])
	var told: Array = []
	friends.changed.connect(func(one: Dictionary) -> void: told.append([one["name"], one["standing"]]))
	friends.removed.connect(func(_player: String) -> void: told.append(["removed"]))
	var bob := str(await _please(network, ["befriend", me]))
	var accepted := await friends.accept(bob)
	_equal(accepted.data["friend"]["standing"], "friend", "accepted")
	var listed := await friends.list({"standing": "friend"})
	_equal(listed.data["friends"][0]["player"], bob, "listed")
	var blocked := await friends.block(bob)
	_equal(blocked.data["friend"]["standing"], "blocked", "blocked")
	var refused: Dictionary = await _please(network, ["befriend", me])
	_equal(refused["code"], "BLOCKED", "asks again")
	_check((await friends.unblock(bob)).ok, "let in again")
	var left := await friends.list()
	_equal(left.data["friends"], [], "nobody")
	_fails(await friends.accept(bob), EstragonProtocol.NOT_ASKED, "nobody asks")
	_equal(
		told, [["Bob", "asking"], ["Bob", "friend"], ["Bob", "blocked"], ["removed"]], "told"
	)


func _is_seen() -> void:
	var network := await _enter("main")
	var presence := network.presence
	await network.players.identify("Ada")
	var told: Array = []
	presence.changed.connect(func(one: Dictionary) -> void: told.append([one["status"], one["text"]]))
	var bob := str(await _please(network, ["befriend", network.players.me["id"]]))
	await network.friends.accept(bob)
	await _please(network, ["pose", {"status": "away", "text": "tea", "data": {"cup": 1}}])
	await _until(func() -> bool: return told.size() == 2, "Bob is away")
	_equal(presence.of(bob)["data"], {"cup": 1.0}, "says")
	await _please(network, ["pose", {"status": "invisible", "text": "", "data": {}}])
	await _until(func() -> bool: return told.size() == 3, "Bob hides")
	_equal(presence.all, {}, "nobody")
	await network.friends.remove(bob)
	_fails(await presence.follow(bob), EstragonProtocol.INVALID_TARGET, "who hides")
	await _please(network, ["pose", {"status": "online"}])
	_check((await presence.follow(bob)).ok, "follows")
	_check((await presence.unfollow(bob)).ok, "follows no longer")
	_check((await presence.update({"text": "here"})).ok, "says")
	await _until(
		func() -> bool: return told.size() == 5 and presence.own["text"] == "here", "all was told"
	)
	_equal(
		told,
		[["online", ""], ["away", "tea"], ["offline", ""], ["online", ""], ["offline", ""]],
		"told"
	)
