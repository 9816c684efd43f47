# Strangers who find each other, by the rules of a queue that the game declares.
#
#     Network.matchmaking.connect("started", self, "_on_match") # _on_match(room, found)
#     yield(Network.matchmaking.find("duel", {"properties": {"rating": 1200}}), "completed")
#
# A search lasts as long as the session, over drops, and ends with `started` or `ended`.
class_name EstragonMatchmaking
extends Reference

# warning-ignore-all:return_value_discarded

# We search, as the leader of our party, or a service, began it for us.
signal searching(queue)
# How the search stands, every few seconds: how many search in this queue, how long we have, and how
# long one waits of late, in milliseconds; negative while there were too few matches to say.
signal waiting(queue, count, waited_ms, estimate_ms)
# A match is made, and our seat is being taken: `found` has the `queue`, the code of the `room`, our
# `team`, numbered from 0, and the `players`, each with `session`, `name` and `team`.
signal found(found)
# All who play sit in the match's room, an EstragonRoom; `found` is as that signal told.
signal started(room, found)
# The match does not come about, and our seat in it is gone: we search on, with what we have waited.
# `reason` is "missed", as somebody did not come, or "refused".
signal again(reason, queue)
# We search no longer, and play no match: "nobody" was there in time, we "missed" our seat, the room
# "refused" us, somebody of our "party" does not search any more, or the session was "lost".
signal ended(reason, queue)

const EstragonMessage := preload("message.gd")
const EstragonResult := preload("result.gd")
const EstragonRooms := preload("rooms.gd")
const EstragonSession := preload("session.gd")

# The queue that we search in; empty while we do not.
var queue: String = ""

var _session: EstragonSession
var _rooms: EstragonRooms
# What the room's kind asks of who joins.
var _data = null
# What was found, until all sit.
var _found: Dictionary = {}


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_session = session
	_rooms = rooms
	_session.connect("message_received", self, "_on_message")
	_session.connect("was_lost", self, "_on_lost")


# Searches in a queue. `options` may hold `properties`, which the queue's rules look at, `name`, what
# the others know us by, `data`, which the room's kind asks of who joins, and `party`: true where our
# whole party searches, which we lead. The result's data holds how many are `searching` and the
# `estimate_ms`, null for none. Fails with UNKNOWN_QUEUE or ALREADY_SEARCHING, among others.
func find(name: String, options: Dictionary = {}) -> EstragonResult:
	var asked := {"queue": name}
	for what in ["properties", "name", "party"]:
		if options.has(what):
			asked[what] = options[what]
	var before := [queue, _data]
	queue = name
	_data = options.get("data")
	var result: EstragonResult = yield(_session.request("match.find", asked), "completed")
	if result.peek():
		queue = before[0]
		_data = before[1]
	return result


# Searches no longer, or gives up the seat that was found. Fails with NOT_SEARCHING.
func leave() -> EstragonResult:
	queue = ""
	return yield(_session.request("match.leave", {}), "completed")


func _on_message(message: EstragonMessage) -> void:
	match message.type:
		"party.searching":
			_begin(message.data["queue"])
		"match.waiting":
			var said: Dictionary = message.data
			_begin(said["queue"])
			var estimate = said["estimate_ms"]
			emit_signal(
				"waiting",
				said["queue"],
				said["searching"],
				said["waited_ms"],
				-1.0 if estimate == null else estimate
			)
		"match.found":
			_take(message.data)
		"match.started":
			_start()
		"match.again":
			_found = {}
			emit_signal("again", message.data["reason"], message.data["queue"])
		"match.ended":
			_end(message.data["reason"])


# Others may have begun a search for us, even while the session was reset.
func _begin(name: String) -> void:
	if queue != name:
		queue = name
		emit_signal("searching", name)


# Takes the seat that is kept for us; where that fails the server says what becomes of the search.
func _take(told: Dictionary) -> void:
	_found = told
	queue = told["queue"]
	emit_signal("found", told)
	var name := ""
	for player in told["players"]:
		if player["session"] == _session.id:
			name = player["name"]
	yield(_rooms.join(told["room"], name, _data), "completed").ignore()


func _start() -> void:
	var told := _found
	queue = ""
	_found = {}
	if not told.empty() and _rooms.all.has(told["room"]):
		emit_signal("started", _rooms.all[told["room"]], told)


func _on_lost(_reason: String) -> void:
	_end("lost")


func _end(reason: String) -> void:
	var name := queue
	queue = ""
	_found = {}
	if name:
		emit_signal("ended", reason, name)
