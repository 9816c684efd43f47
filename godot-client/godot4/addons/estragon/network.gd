extends Node
## A connection to an Estragon server that comes back by itself: the [code]Network[/code] autoload.
##
## [codeblock]
## var joined := await Network.connect_to_server("ws://127.0.0.1:1234")
## var entered := await Network.rooms.join_or_create("plaza")
## Network.events.on("plaza.wave", func(_args: Array, from: EstragonMember) -> void: print(from.name))
## await Network.events.emit("plaza.wave")
## [/codeblock]

## [param state] is another; [param code] and [param reason] are those of the close that led to it,
## see the close codes of [EstragonProtocol].
signal state_changed(state: EstragonSession.State, code: int, reason: String)
## The connection dropped, and comes back by itself in so many seconds.
signal returning(seconds: float)
## The counts began again: requests in flight failed with OUTCOME_UNKNOWN; player and rooms stay.
signal session_reset(reason: String)
## The session is another, without player or rooms: identify and join again.
signal session_lost(reason: String)
## Something was refused and nobody looked: what was no request, or one whose result nobody looked at,
## with the [member EstragonError.place] of its call where that is known. Or a message came that nothing
## here handles. Where nobody listens, it is a warning in the editor's output.
signal error_received(error: EstragonError)
## Something its developer should know.
signal warned(text: String)

## What the connection is doing.
var state: EstragonSession.State:
	get:
		return session.state
## The session underneath.
var session: EstragonSession = EstragonSession.new()
var _window: EstragonWindow = EstragonWindow.new(session.world)
## Who we are.
var players: EstragonPlayers = EstragonPlayers.new(session, EstragonPlayers.KEYS, _window)
## The rooms we are in.
var rooms: EstragonRooms = EstragonRooms.new(session)
## Messages to and from others in a room.
var events: EstragonEvents = EstragonEvents.new(session, rooms)
## Questions to and from others in a room.
var queries: EstragonQueries = EstragonQueries.new(session, rooms)
## Names that others may execute.
var functions: EstragonFunctions = EstragonFunctions.new(session, rooms, players)
## Strangers who find each other.
var matchmaking: EstragonMatchmaking = EstragonMatchmaking.new(session, rooms)
## Friends and blocks.
var friends: EstragonFriends = EstragonFriends.new(session)
## How friends are, and others whom we follow.
var presence: EstragonPresence = EstragonPresence.new(session)
## Players who go together.
var parties: EstragonParties = EstragonParties.new(session, rooms, players)
## Lasting topics with members and history.
var channels: EstragonChannels = EstragonChannels.new(session)
## What services tell us.
var notifications: EstragonNotifications = EstragonNotifications.new(session)
## Small messages whose shapes the game defines.
var packets: EstragonPackets = EstragonPackets.new(session, rooms)
## The server's clock and the round trip to it.
var clock: EstragonClock = session.clock

## Whether the session outlasts this game: started again within the time that the server keeps a seat,
## it goes on in its rooms as who it was, and [member EstragonPlayers.me] is known once
## [method connect_to_server] has succeeded. A second window begins its own. Set before connecting;
## the project setting [code]estragon/persist_session[/code] unless set.
var persist_session: bool = ProjectSettings.get_setting("estragon/persist_session", false)

var _popup: EstragonPopup = EstragonPopup.new()


func _init() -> void:
	process_mode = Node.PROCESS_MODE_ALWAYS
	session.state_changed.connect(state_changed.emit)
	session.returning.connect(returning.emit)
	session.was_reset.connect(session_reset.emit)
	session.was_lost.connect(session_lost.emit)
	session.error_received.connect(_on_error)
	session.warned.connect(warned.emit)
	queries.prompts.presenter = _popup.present
	add_child(_popup)


func _process(_delta: float) -> void:
	if not rooms.is_polled():
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
	if what == NOTIFICATION_APPLICATION_RESUMED or what == NOTIFICATION_APPLICATION_FOCUS_IN:
		session.wake()


## Where [method connect_to_server] connects unless it is told: the project setting
## [code]estragon/url[/code]. While that is as it was, a web export connects to the server that its
## page came from.
func default_url() -> String:
	var url := str(ProjectSettings.get_setting("estragon/url", _DEFAULT_URL))
	var of_page := EstragonTab.new().server() if OS.has_feature("web") else ""
	return of_page if of_page and url == _DEFAULT_URL else url


## Connects and waits for the server's welcome. [param options] may hold the names of
## [EstragonOptions]; the others follow the project settings. Fails with CONNECT_FAILED, or with
## REFUSED where the server's close code says not to come back; [member EstragonError.cause] is
## that code.
func connect_to_server(url: String = "", options: Dictionary = {}) -> EstragonResult:
	var address := EstragonLink.address(url if url else default_url())
	players.use_server(address)
	session.keep = null
	if persist_session:
		while not _window.seek():
			await get_tree().process_frame
		session.keep = EstragonKeep.new(_SESSIONS, _window.own(address), "token", true)
	session.open(address, EstragonOptions.from(options))
	while session.state == EstragonSession.State.CONNECTING:
		await session.state_changed
	while session.awaits_snapshot and session.state != EstragonSession.State.CLOSED:
		await get_tree().process_frame
	if session.state == EstragonSession.State.OPEN:
		return EstragonResult.success({"session": session.id})
	return EstragonResult.failure(session.last_error)


## Leaves for good: the session ends at once.
func disconnect_from_server() -> void:
	session.close()


## Makes the network worse, to see what the game makes of it: every message, each way, takes
## [code]delay[/code] milliseconds, [code]jitter[/code] more or less, but none is lost or overtakes
## another; each second, [code]cut[/code] and [code]stall[/code] are the chances that the connection
## is cut, or that everything waits for half a second. The same [code]seed[/code] brings the same
## again. An empty dictionary ends it. Returns what is wrong with the options; [code]null[/code] where
## nothing is.
## [codeblock]
## Network.lag({"delay": 80, "jitter": 20, "cut": 0.01, "stall": 0.02, "seed": 1})
## [/codeblock]
func lag(options: Dictionary) -> EstragonError:
	return session.connections.lag(options)


## Sends a request of MESSAGES.md by its type.
func request(type: String, data: Dictionary = {}, envelope: Dictionary = {}) -> EstragonResult:
	return await session.request(type, data, envelope)


func _on_error(error: EstragonError) -> void:
	error_received.emit(error)
	if error_received.get_connections().is_empty():
		push_warning(error.in_full())


const _DEFAULT_URL := "ws://127.0.0.1:1234"
const _SESSIONS := "user://estragon_sessions.cfg"
