# A connection to an Estragon server that comes back by itself: the `Network` autoload.
#
#     var joined = yield(Network.connect_to_server("ws://127.0.0.1:1234"), "completed")
#     var entered = yield(Network.rooms.join_or_create("plaza"), "completed")
#     Network.events.on("plaza.wave", self, "_on_wave") # _on_wave(args, from)
#     yield(Network.events.emit("plaza.wave"), "completed")
#
# Every function that is awaited yields at least once, whatever becomes of it.
extends Node

# warning-ignore-all:return_value_discarded

# `state` is another; `code` and `reason` are those of the close that led to it, see the close
# codes of EstragonProtocol.
signal state_changed(state, code, reason)
# The connection dropped, and comes back by itself in so many seconds.
signal returning(seconds)
# The counts began again: requests in flight failed with OUTCOME_UNKNOWN; player and rooms stay.
signal session_reset(reason)
# The session is another, without player or rooms: identify and join again.
signal session_lost(reason)
# Something was refused and nobody looked: what was no request, or one whose result nobody looked at,
# with the `place` of its call where that is known. `error` is an EstragonError. Where nobody listens,
# it is a warning in the editor's output.
signal error_received(error)
# Something its developer should know.
signal warned(text)

const EstragonChannels := preload("channels.gd")
const EstragonClock := preload("clock.gd")
const EstragonError := preload("error.gd")
const EstragonEvents := preload("events.gd")
const EstragonFriends := preload("friends.gd")
const EstragonFunctions := preload("functions.gd")
const EstragonKeep := preload("keep.gd")
const EstragonLink := preload("link.gd")
const EstragonMatchmaking := preload("matchmaking.gd")
const EstragonNotifications := preload("notifications.gd")
const EstragonOptions := preload("options.gd")
const EstragonParties := preload("parties.gd")
const EstragonPlayers := preload("players.gd")
const EstragonPackets := preload("packets.gd")
const EstragonPopup := preload("popup.gd")
const EstragonPrompt := preload("prompt.gd")
const EstragonPresence := preload("presence.gd")
const EstragonQueries := preload("queries.gd")
const EstragonResult := preload("result.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSession := preload("session.gd")
const EstragonTab := preload("tab.gd")
const EstragonWindow := preload("window.gd")
# The states by name: Network.State.OPEN.
const State := EstragonSession.State
const _DEFAULT_URL := "ws://127.0.0.1:1234"
const _SESSIONS := "user://estragon_sessions.cfg"

# What the connection is doing: a value of State.
var state: int setget , _get_state
# The session underneath.
var session := EstragonSession.new()
var _window := EstragonWindow.new(session.world)
# Who we are.
var players := EstragonPlayers.new(session, EstragonPlayers.KEYS, _window)
# The rooms we are in.
var rooms := EstragonRooms.new(session)
# Messages to and from others in a room.
var events := EstragonEvents.new(session, rooms)
# Questions to and from others in a room, each with one answer.
var queries := EstragonQueries.new(session, rooms)
# Registered names that others may execute.
var functions := EstragonFunctions.new(session, rooms, players)
# Strangers who find each other.
var matchmaking := EstragonMatchmaking.new(session, rooms)
# Friends and blocks.
var friends := EstragonFriends.new(session)
# How friends are, and others whom we follow.
var presence := EstragonPresence.new(session)
# Players who go together.
var parties := EstragonParties.new(session, rooms, players)
# Lasting topics with members and history.
var channels := EstragonChannels.new(session)
# What services tell us.
var notifications := EstragonNotifications.new(session)
# Small messages whose shapes the game defines.
var packets := EstragonPackets.new(session, rooms)
# The server's clock and the round trip to it.
var clock: EstragonClock = session.clock
# Whether the session outlasts this game: started again within the time that the server keeps a seat, it
# goes on in its rooms as who it was, and `players.me` is known once `connect_to_server` has succeeded.
# A second window begins its own. Set before connecting; the project setting
# `estragon/persist_session` unless set.
var persist_session: bool = _setting("estragon/persist_session", false)

# Shows a `dialog` or a `confirm`; null before the first.
var popup: EstragonPopup

# How often connect_to_server was called: a later call overrules an earlier one.
var _connects: int = 0


func _init() -> void:
	pause_mode = Node.PAUSE_MODE_PROCESS
	session.connect("state_changed", self, "_on_state_changed")
	session.connect("returning", self, "_on_returning")
	session.connect("was_reset", self, "_on_reset")
	session.connect("was_lost", self, "_on_lost")
	session.connect("error_received", self, "_on_error")
	session.connect("warned", self, "_on_warned")
	queries.presenter = funcref(self, "_present")


func _process(_delta: float) -> void:
	session.poll()
	rooms.poll()
	_window.poll()


func _exit_tree() -> void:
	if persist_session:
		session.suspend()
	else:
		session.close()
	_window.release()


func _notification(what: int) -> void:
	if what == NOTIFICATION_APP_RESUMED or what == NOTIFICATION_WM_FOCUS_IN:
		session.wake()


# Where connect_to_server() connects unless it is told: the project setting estragon/url. While that is
# as it was, a web export connects to the server that its page came from.
func default_url() -> String:
	var url := str(_setting("estragon/url", _DEFAULT_URL))
	var of_page: String = EstragonTab.new().server() if OS.has_feature("JavaScript") else ""
	return of_page if of_page and url == _DEFAULT_URL else url


# Connects and waits for the server's welcome. `options` may hold the names of EstragonOptions; the
# others follow the project settings. Fails with CONNECT_FAILED, or with REFUSED where the server's
# close code says not to come back; the error's `cause` is that code.
func connect_to_server(url: String = "", options: Dictionary = {}) -> EstragonResult:
	var address := EstragonLink.address(url if url else default_url())
	players.use_server(address)
	_connects += 1
	var mine := _connects
	while persist_session and not _window.seek():
		yield(Engine.get_main_loop(), "idle_frame")
	session.keep = null
	if persist_session:
		session.keep = EstragonKeep.new(_SESSIONS, _window.own(address), "token", true)
	session.open(address, EstragonOptions.new(options))
	# Not for state_changed: in Godot 3 who awaits a signal must not cause the same signal again.
	yield(Engine.get_main_loop(), "idle_frame")
	while mine == _connects and _is_connecting():
		yield(Engine.get_main_loop(), "idle_frame")
	if mine == _connects and session.state == State.OPEN:
		return EstragonResult.new({"session": session.id})
	return EstragonResult.new({}, session.last_error)


# Leaves for good: the session ends at once.
func disconnect_from_server() -> void:
	session.close()


# Makes the network worse, to see how the game bears it: `Network.lag({"delay": 80, "jitter": 20,
# "cut": 0.01, "stall": 0.02, "seed": 1})`. What goes either way arrives late and in order, and is
# never lost: `delay` milliseconds, `jitter` more or less; `cut` and `stall` are the chances, each
# second, that the connection is cut and that everything waits for half a second. The same `seed`
# does the same again; `warned` tells it. What is not named is 0, and `Network.lag({})` ends it.
# Returns what is wrong with `options`, or null.
func lag(options: Dictionary) -> EstragonError:
	return session.lag(options)


# Sends a request of MESSAGES.md by its type.
func request(type: String, data: Dictionary = {}, envelope: Dictionary = {}) -> EstragonResult:
	return yield(session.request(type, data, envelope), "completed")


func _present(prompt: EstragonPrompt) -> void:
	if not popup:
		popup = EstragonPopup.new()
		add_child(popup)
	popup.present(prompt)


# Whether nothing is known yet of what became of it, or of the seats that it goes on in.
func _is_connecting() -> bool:
	if session.state == State.CLOSED:
		return false
	return session.state == State.CONNECTING or session.awaits_snapshot


static func _setting(name: String, otherwise):
	return ProjectSettings.get_setting(name) if ProjectSettings.has_setting(name) else otherwise


func _get_state() -> int:
	return session.state


func _on_state_changed(its_state: int, code: int, reason: String) -> void:
	emit_signal("state_changed", its_state, code, reason)


func _on_returning(seconds: float) -> void:
	emit_signal("returning", seconds)


func _on_reset(reason: String) -> void:
	emit_signal("session_reset", reason)


func _on_lost(reason: String) -> void:
	emit_signal("session_lost", reason)


func _on_error(error: EstragonError) -> void:
	emit_signal("error_received", error)
	if get_signal_connection_list("error_received").empty():
		push_warning(error.in_full())


func _on_warned(text: String) -> void:
	emit_signal("warned", text)
