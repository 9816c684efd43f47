class_name EstragonPlayers
extends RefCounted
## Who this game's player is.

const _KEYS := "user://estragon_guests.cfg"

## The player this session is: [code]id[/code], [code]name[/code], [code]guest[/code]; empty before
## [method identify].
var me: Dictionary = {}

var _session: EstragonSession
var _path: String
var _server: String = ""


## [param path] is where guest keys are kept.
func _init(session: EstragonSession, path: String = _KEYS) -> void:
	_session = session
	_path = path
	_session.was_lost.connect(_on_lost.unbind(1))
	_session.snapshot_received.connect(_on_snapshot)


## Says who we are. The first time we become a new guest, whose key is kept in [code]user://[/code]
## for this server; from then on we come back as the same guest. [param profile] tells several
## guests of one machine apart. A key the server no longer knows is replaced by a new guest's.
func identify(name: String = "", profile: String = "") -> EstragonResult:
	var section := ("%s %s" % [_server, profile]).uri_encode()
	var kept := ConfigFile.new()
	kept.load(_path)
	var key: String = kept.get_value(section, "guest_key", "")
	var result := await _identify(name, key)
	if not result.ok and result.error.code == EstragonProtocol.INVALID_GUEST_KEY:
		result = await _identify(name, "")
	if not result.ok:
		return result
	me = result.data["player"]
	if result.data.has("guest_key"):
		kept.set_value(section, "guest_key", result.data["guest_key"])
		if kept.save(_path) != OK:
			_session.warned.emit("the guest key could not be kept in %s" % _path)
	return result


## The server whose guest keys are looked up from now on.
func use_server(url: String) -> void:
	_server = url
	me = {}


func _identify(name: String, key: String) -> EstragonResult:
	var data := {}
	if name:
		data["name"] = name
	if key:
		data["guest_key"] = key
	return await _session.request("player.identify", data)


func _on_lost() -> void:
	me = {}


func _on_snapshot(pages: Array[Dictionary]) -> void:
	var player: Variant = pages[0]["player"]
	if player == null:
		me = {}
	else:
		me = player
