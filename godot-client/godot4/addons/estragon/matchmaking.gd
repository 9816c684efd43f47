class_name EstragonMatchmaking
extends RefCounted
## Strangers who find each other, by the rules of a queue that the game declares.
##
## [codeblock]
## Network.matchmaking.started.connect(func(room: EstragonRoom, found: Dictionary) -> void:
##     start(room, found.team))
## await Network.matchmaking.find("duel", {"properties": {"rating": 1200}})
## [/codeblock]
## A search lasts as long as the session, over drops, and ends with [signal started] or [signal ended].

## We search, as the leader of our party, or a service, began it for us.
signal searching(queue: String)
## How the search stands, every few seconds: how many search in this queue, how long we have, and how
## long one waits of late, in milliseconds; negative while there were too few matches to say.
signal waiting(queue: String, count: int, waited_ms: float, estimate_ms: float)
## A match is made, and our seat is being taken: [param found] has the [code]queue[/code], the code of
## the [code]room[/code], our [code]team[/code], numbered from 0, and the [code]players[/code], each with
## [code]session[/code], [code]name[/code] and [code]team[/code].
signal found(found: Dictionary)
## All who play sit in the match's room; [param found] is as [signal found] told.
signal started(room: EstragonRoom, found: Dictionary)
## The match does not come about, and our seat in it is gone: we search on, with what we have waited.
## [param reason] is [code]"missed"[/code], as somebody did not come, or [code]"refused"[/code].
signal again(reason: String, queue: String)
## We search no longer, and play no match: [code]"nobody"[/code] was there in time, we
## [code]"missed"[/code] our seat, the room [code]"refused"[/code] us, somebody of our
## [code]"party"[/code] does not search any more, or the session was [code]"lost"[/code].
signal ended(reason: String, queue: String)

## The queue that we search in; empty while we do not.
var queue: String = ""

var _session: EstragonSession
var _rooms: EstragonRooms
## What the room's kind asks of who joins.
var _data: Variant = null
## What was found, until all sit.
var _found: Dictionary = {}


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_session.message_received.connect(_on_message)
	_session.was_lost.connect(_end.bind("lost").unbind(1))


## Searches in a queue. [param options] may hold [code]properties[/code], which the queue's rules look
## at, [code]name[/code], what the others know us by, [code]data[/code], which the room's kind asks of
## who joins, and [code]party[/code]: [code]true[/code] where our whole party searches, which we lead. The result's data holds how many are [code]searching[/code] and the
## [code]estimate_ms[/code], [code]null[/code] for none. Fails with UNKNOWN_QUEUE or ALREADY_SEARCHING,
## among others.
func find(name: String, options: Dictionary = {}) -> EstragonResult:
	var asked := {"queue": name}
	for what: String in ["properties", "name", "party"]:
		if options.has(what):
			asked[what] = options[what]
	var before := [queue, _data]
	queue = name
	_data = options.get("data")
	var result := await _session.request("match.find", asked)
	if result.peek():
		queue = before[0]
		_data = before[1]
	return result


## Searches no longer, or gives up the seat that was found. Fails with NOT_SEARCHING.
func leave() -> EstragonResult:
	queue = ""
	return await _session.request("match.leave", {})


func _on_message(message: EstragonMessage) -> void:
	var said: Dictionary = message.data if message.data is Dictionary else {}
	match message.type:
		"party.searching":
			_begin(str(said["queue"]))
		"match.waiting":
			var name: String = said["queue"]
			var count: int = said["searching"]
			_begin(name)
			var waited: float = said["waited_ms"]
			var estimate: float = -1.0 if said["estimate_ms"] == null else said["estimate_ms"]
			waiting.emit(name, count, waited, estimate)
		"match.found":
			_take(said)
		"match.started":
			_start()
		"match.again":
			_found = {}
			var reason: String = said["reason"]
			var name: String = said["queue"]
			again.emit(reason, name)
		"match.ended":
			var reason: String = said["reason"]
			_end(reason)


## Others may have begun a search for us, even while the session was reset.
func _begin(name: String) -> void:
	if queue != name:
		queue = name
		searching.emit(name)


## Takes the seat that is kept for us; where that fails the server says what becomes of the search.
func _take(told: Dictionary) -> void:
	_found = told
	queue = told["queue"]
	found.emit(told)
	var name := ""
	for player: Dictionary in told["players"]:
		if player["session"] == _session.id:
			name = player["name"]
	var code: String = told["room"]
	(await _rooms.join(code, name, _data)).ignore()


func _start() -> void:
	var told := _found
	queue = ""
	_found = {}
	var room := _rooms.room(str(told["room"])) if told else null
	if room:
		started.emit(room, told)


func _end(reason: String) -> void:
	var name := queue
	queue = ""
	_found = {}
	if name:
		ended.emit(reason, name)
