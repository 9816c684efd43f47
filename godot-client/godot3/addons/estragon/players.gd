# Who this game's player is.
class_name EstragonPlayers
extends Reference

# warning-ignore-all:return_value_discarded

const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")
const _KEYS := "user://estragon_guests.cfg"

# The player this session is: `id`, `name`, `guest`; empty before `identify`.
var me: Dictionary = {}

var _session: EstragonSession
var _path: String
var _server: String = ""


# `path` is where guest keys are kept.
func _init(session: EstragonSession, path: String = _KEYS) -> void:
	_session = session
	_path = path
	_session.connect("was_lost", self, "_on_lost")
	_session.connect("snapshot_received", self, "_on_snapshot")


# Says who we are. The first time we become a new guest, whose key is kept in `user://` for this
# server; from then on we come back as the same guest. `profile` tells several guests of one machine
# apart. A key the server no longer knows is replaced by a new guest's.
func identify(name: String = "", profile: String = "") -> EstragonResult:
	var section := ("%s %s" % [_server, profile]).percent_encode()
	var kept := ConfigFile.new()
	kept.load(_path)
	var key: String = kept.get_value(section, "guest_key", "")
	var result: EstragonResult = yield(_identify(name, key), "completed")
	if not result.ok and result.error.code == EstragonProtocol.INVALID_GUEST_KEY:
		result = yield(_identify(name, ""), "completed")
	if not result.ok:
		return result
	me = result.data["player"]
	if result.data.has("guest_key"):
		kept.set_value(section, "guest_key", result.data["guest_key"])
		if kept.save(_path) != OK:
			_session.emit_signal("warned", "the guest key could not be kept in %s" % _path)
	return result


# The server whose guest keys are looked up from now on.
func use_server(url: String) -> void:
	_server = url
	me = {}


func _identify(name: String, key: String) -> EstragonResult:
	var data := {}
	if name:
		data["name"] = name
	if key:
		data["guest_key"] = key
	return yield(_session.request("player.identify", data), "completed")


func _on_lost(_reason: String) -> void:
	me = {}


func _on_snapshot(pages: Array) -> void:
	var player = pages[0]["player"]
	me = {} if player == null else player
