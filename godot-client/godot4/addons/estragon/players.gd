class_name EstragonPlayers
extends RefCounted
## Who this game's player is.
##
## [codeblock]
## await Network.players.identify("Ada")                      # a guest, the same one every time
## await Network.players.identify_as(alias, token)            # who your own service says we are
## await Network.players.update({"props": {"level": 7, "hat": null}})
## print(Network.players.me["name"], Network.players.props)
## [/codeblock]

## Where guest keys are kept unless said.
const KEYS := "user://estragon_guests.cfg"

## The player this session is: [code]id[/code], [code]name[/code], [code]guest[/code]; empty before
## [method identify] or [method identify_as].
var me: Dictionary = {}
## What the server keeps about us: values by key, as [method get_player] or [method update] last
## told; empty before.
var props: Dictionary = {}

var _session: EstragonSession
var _path: String
var _window: EstragonWindow
var _server: String = ""


## [param path] is where guest keys are kept, [param window] which window this is, if it matters.
func _init(
	session: EstragonSession, path: String = KEYS, window: EstragonWindow = null
) -> void:
	_session = session
	_path = path
	_window = window
	_session.was_lost.connect(_on_lost.unbind(1))
	_session.snapshot_received.connect(_on_snapshot)
	_session.message_received.connect(_on_message)


## Says who we are. The first time we become a new guest, whose key is kept in [code]user://[/code]
## for this server; from then on we come back as the same guest. [param profile] tells several
## guests of one machine apart; without one, each of several windows of this game that run at once is a
## guest of its own. A key the server no longer knows is replaced by a new guest's.
## [param ticket], which your own service asks the server for, fixes what this session may do: the
## result's data holds these [code]scopes[/code]. It is good for one session; TICKET_REQUIRED says
## that one is needed, INVALID_TICKET that it is too old or was used.
func identify(name: String = "", profile: String = "", ticket: String = "") -> EstragonResult:
	var server := _server
	var whose := profile
	while not profile and _window and not _window.seek():
		await (Engine.get_main_loop() as SceneTree).process_frame
	if not profile and _window:
		whose = _window.own("").strip_edges()
	var keep := EstragonKeep.new(_path, "%s %s" % [server, whose], "guest_key")
	var key := keep.recall()
	var result := await _identify({"name": name, "guest_key": key, "ticket": ticket})
	var refusal := result.peek()
	if refusal and refusal.code == EstragonProtocol.INVALID_GUEST_KEY:
		result.unseen = Callable()
		result = await _identify({"name": name}) # The ticket was taken all the same.
	if not result.peek() and result.data.has("guest_key"):
		var trouble := keep.put(str(result.data["guest_key"]))
		if trouble:
			_session.warned.emit(trouble)
	return result


## Says that we are the player behind [param alias], which [param token] proves: your own service
## asks the server for both, and for the [param ticket], see [method identify]. The result's data
## holds the [code]alias[/code]. Fails with INVALID_SOCKET_TOKEN where the token is another's, older
## than an hour, or replaced by a newer one. With 0 for [param alias] we are whoever a backend says
## that the token is.
func identify_as(
	alias: int, token: String, name: String = "", ticket: String = ""
) -> EstragonResult:
	return await _identify({"alias": alias, "token": token, "name": name, "ticket": ticket})


## Asks for all that is known of us: the result's data holds it as [code]player[/code];
## [member me] and [member props] follow, save props that are more than this client takes, whose keys
## are [code]too_large[/code]. (Every object has a [code]get[/code] already.)
func get_player() -> EstragonResult:
	return await _known(await _session.request("player.get", {}))


## Changes what is known of us: [param changes] may hold [code]name[/code], and [code]props[/code],
## values by key that are merged into what is there ([code]null[/code] removes one). The result is
## that of [method get_player].
func update(changes: Dictionary) -> EstragonResult:
	var asked := changes.duplicate()
	if typeof(changes.get("props")) == TYPE_DICTIONARY:
		var changed: Dictionary = changes["props"]
		asked["props"] = changed.keys().map(
			func(key: Variant) -> Dictionary: return {"key": key, "value": changed[key]}
		)
	return await _known(await _session.request("player.update", asked))


## The server whose guest keys are looked up from now on.
func use_server(url: String) -> void:
	_server = url
	_know({})


## Identifies with what is not empty of [param who].
func _identify(who: Dictionary) -> EstragonResult:
	var data := {}
	for field: String in who:
		if who[field]:
			data[field] = who[field]
	var result := await _session.request("player.identify", data)
	if not result.peek():
		var player: Dictionary = result.data["player"]
		_know(player)
	return result


## Takes over what a profile says, and asks for the props that its first page has no room for.
func _known(result: EstragonResult) -> EstragonResult:
	if result.peek():
		return result
	var profile: Dictionary = result.data["player"]
	var all: Array = profile["props"]
	var next: Variant = result.data["next"]
	while next != null:
		var page := await _session.request("player.get", {"after": next})
		if page.peek():
			return page
		var more: Array = page.data["player"]["props"]
		all.append_array(more)
		var too_large: Array = page.data.get("too_large", [])
		result.data["too_large"] = result.data.get("too_large", []) + too_large
		next = page.data["next"]
	me = {"id": profile["id"], "name": profile["name"], "guest": profile["guest"]}
	props = {}
	for prop: Dictionary in profile["props"]:
		props[prop["key"]] = prop["value"]
	return result


## Another player's props are none of ours.
func _know(player: Dictionary) -> void:
	if me.get("id") != player.get("id"):
		props = {}
	me = player


func _on_lost() -> void:
	_know({})


func _on_snapshot(pages: Array[Dictionary]) -> void:
	var told: Variant = pages[0]["player"]
	var player: Dictionary = told if told != null else {}
	_know(player)


## A backend has said, unasked, who we are.
func _on_message(message: EstragonMessage) -> void:
	if message.type == "player.identified":
		var player: Dictionary = message.data["player"]
		_know(player)
