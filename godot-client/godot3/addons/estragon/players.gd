# Who this game's player is.
#
#     yield(Network.players.identify("Ada"), "completed")           # a guest, the same every time
#     yield(Network.players.identify_as(alias, token), "completed") # whom your own service says
#     yield(Network.players.update({"props": {"level": 7, "hat": null}}), "completed")
#     print(Network.players.me["name"], Network.players.props)
class_name EstragonPlayers
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonKeep := preload("keep.gd")
const EstragonMessage := preload("message.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")
const EstragonWindow := preload("window.gd")
# Where guest keys are kept unless said.
const KEYS := "user://estragon_guests.cfg"

# The player this session is: `id`, `name`, `guest`; empty before `identify` or `identify_as`.
var me: Dictionary = {}
# What the server keeps about us: values by key, as `get_player` or `update` last told; empty
# before.
var props: Dictionary = {}

var _session: EstragonSession
var _path: String
var _window: EstragonWindow
var _server: String = ""


# `path` is where guest keys are kept, `window` which window this is, if it matters.
func _init(
	session: EstragonSession, path: String = KEYS, window: EstragonWindow = null
) -> void:
	_session = session
	_path = path
	_window = window
	_session.connect("was_lost", self, "_on_lost")
	_session.connect("snapshot_received", self, "_on_snapshot")
	_session.connect("message_received", self, "_on_message")


# Says who we are. The first time we become a new guest, whose key is kept in `user://` for this
# server; from then on we come back as the same guest. `profile` tells several guests of one machine
# apart; without one, each of several windows of this game that run at once is a guest of its own. A key the server no longer knows is replaced by a new guest's. `ticket`, which your own
# service asks the server for, fixes what this session may do: the result's data holds these
# `scopes`. It is good for one session; TICKET_REQUIRED says that one is needed, INVALID_TICKET that
# it is too old or was used.
func identify(name: String = "", profile: String = "", ticket: String = "") -> EstragonResult:
	var server := _server
	var whose := profile
	while not profile and _window and not _window.seek():
		yield(Engine.get_main_loop(), "idle_frame")
	if not profile and _window:
		whose = _window.own("").strip_edges()
	var keep := EstragonKeep.new(_path, "%s %s" % [server, whose], "guest_key")
	var key := keep.recall()
	var who := {"name": name, "guest_key": key, "ticket": ticket}
	var result: EstragonResult = yield(_identify(who), "completed")
	var refusal := result.peek()
	if refusal and refusal.code == EstragonProtocol.INVALID_GUEST_KEY:
		result.unseen = null
		# The ticket was taken all the same.
		result = yield(_identify({"name": name}), "completed")
	if not result.peek() and result.data.has("guest_key"):
		var trouble := keep.put(str(result.data["guest_key"]))
		if trouble:
			_session.emit_signal("warned", trouble)
	return result


# Says that we are the player behind `alias`, which `token` proves: your own service asks the server
# for both, and for the `ticket`, see `identify`. The result's data holds the `alias`. Fails with
# INVALID_SOCKET_TOKEN where the token is another's, older than an hour, or replaced by a newer one.
# With 0 for `alias` we are whoever a backend says that the token is.
func identify_as(
	alias: int, token: String, name: String = "", ticket: String = ""
) -> EstragonResult:
	var who := {"alias": alias, "token": token, "name": name, "ticket": ticket}
	return yield(_identify(who), "completed")


# Asks for all that is known of us: the result's data holds it as `player`; `me` and `props` follow,
# save props that are more than this client takes, whose keys are `too_large`. (Every object has a
# `get` already.)
func get_player() -> EstragonResult:
	var known = _known(yield(_session.request("player.get", {}), "completed"))
	return yield(known, "completed") if known is GDScriptFunctionState else known


# Changes what is known of us: `changes` may hold `name`, and `props`, values by key that are merged
# into what is there (null removes one). The result is that of `get_player`.
func update(changes: Dictionary) -> EstragonResult:
	var asked := changes.duplicate()
	if typeof(changes.get("props")) == TYPE_DICTIONARY:
		asked["props"] = []
		for key in changes["props"]:
			asked["props"].append({"key": key, "value": changes["props"][key]})
	var known = _known(yield(_session.request("player.update", asked), "completed"))
	return yield(known, "completed") if known is GDScriptFunctionState else known


# The server whose guest keys are looked up from now on.
func use_server(url: String) -> void:
	_server = url
	_know({})


# Identifies with what is not empty of `who`.
func _identify(who: Dictionary) -> EstragonResult:
	var data := {}
	for field in who:
		if who[field]:
			data[field] = who[field]
	var result: EstragonResult = yield(_session.request("player.identify", data), "completed")
	if not result.peek():
		_know(result.data["player"])
	return result


# Takes over what a profile says, and asks for the props that its first page has no room for.
func _known(result: EstragonResult) -> EstragonResult:
	if result.peek():
		return result
	var profile: Dictionary = result.data["player"]
	var next = result.data["next"]
	while next != null:
		var page: EstragonResult = yield(
			_session.request("player.get", {"after": next}), "completed"
		)
		if page.peek():
			return page
		profile["props"].append_array(page.data["player"]["props"])
		var too_large: Array = page.data.get("too_large", [])
		result.data["too_large"] = result.data.get("too_large", []) + too_large
		next = page.data["next"]
	me = {"id": profile["id"], "name": profile["name"], "guest": profile["guest"]}
	props = {}
	for prop in profile["props"]:
		props[prop["key"]] = prop["value"]
	return result


# Another player's props are none of ours.
func _know(player: Dictionary) -> void:
	if me.get("id") != player.get("id"):
		props = {}
	me = player


func _on_lost(_reason: String) -> void:
	_know({})


func _on_snapshot(pages: Array) -> void:
	var player = pages[0]["player"]
	_know({} if player == null else player)


# A backend has said, unasked, who we are.
func _on_message(message: EstragonMessage) -> void:
	if message.type == "player.identified":
		_know(message.data["player"])
