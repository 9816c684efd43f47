class_name EstragonRooms
extends RefCounted
## The rooms this session sits in.

## We took a seat.
signal joined(room: EstragonRoom)
## We are no longer in it: left, kicked, the seat taken over, or the session lost.
signal left(room: EstragonRoom)
## The host of a room is another, for who was connected by [method multiplayer_peer]: the engine has
## freed what was spawned, and [param peer] goes on with everybody who is left. Assign it, and where
## [method MultiplayerAPI.is_server] is true restore the game from [param handover], what the host
## before said last by [method hand_over] ([code]null[/code]: nothing). [param ids] has the numbers of
## those who have another now, by what they were. A dedicated peer 1 is told as well where one before
## it handed something over; [param room] is [code]null[/code] for it.
## [codeblock]
## Network.rooms.host_migrated.connect(func(_room, peer, handover, ids):
##     multiplayer.multiplayer_peer = peer
##     if multiplayer.is_server(): restore(handover, ids))
## [/codeblock]
signal host_migrated(
	room: EstragonRoom, peer: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary
)

const _MAKING: Array[String] = ["kind", "capacity", "listed", "properties"]
const _JOINS: Array[String] = ["room.create", "room.join", "room.join_or_create"]

static var _gap := RegEx.create_from_string("[\\s\\-\\x{00a0}\\x{2010}-\\x{2015}]+")

## The rooms we are in: [EstragonRoom] by code.
var all: Dictionary = {}

var _session: EstragonSession
## The room that we made last: nobody else was its host before us.
var _made: String = ""
var _relay: EstragonRelay
## What rooms know, by its hash.
var _schemas: Dictionary = {}


func _init(session: EstragonSession) -> void:
	_session = session
	_session.answered.connect(_on_answered)
	_session.message_received.connect(_on_message)
	_session.bytes_received.connect(_on_bytes)
	_session.snapshot_received.connect(_on_snapshot)
	_session.was_lost.connect(_close_all.unbind(1))
	_session.state_changed.connect(_on_state_changed)
	_relay = EstragonRelay.new(_session)
	_relay.migrated.connect(_on_migrated)


## Makes a room of this kind and takes its first seat, usually as its host. On success
## [member EstragonResult.room] is the room. [param options] may hold [code]capacity[/code],
## [code]listed[/code], [code]properties[/code], [code]state[/code] (what a room of the kind
## [code]open[/code] knows), and [code]name[/code] and [code]data[/code] as for
## [method join_or_create].
func create(kind: String, options: Dictionary = {}) -> EstragonResult:
	var asked := options.duplicate()
	asked["kind"] = kind
	return _seated(await _session.request("room.create", asked))


## Takes a seat in a listed room of this kind that says these [param properties], made if there is
## none with a free one. [param name] is what the others know us by; [param data] is what the kind
## asks of who joins. In place of [param name] stands a [Dictionary] with any of [code]name[/code],
## [code]data[/code], [code]properties[/code], and [code]state[/code], what a new room of the kind
## [code]open[/code] knows.
func join_or_create(
	kind: String, name: Variant = "", data: Variant = null, properties: Dictionary = {}
) -> EstragonResult:
	var asked := _joining(name, data)
	asked["kind"] = kind
	if properties:
		asked["properties"] = properties
	return _seated(await _session.request("room.join_or_create", asked))


## Takes a seat in the room with this code, as people type it: in either case, with blanks or
## dashes. In place of [param name] a [Dictionary] may have [code]name[/code] and [code]data[/code].
func join(code: String, name: Variant = "", data: Variant = null) -> EstragonResult:
	var asked := _joining(name, data)
	asked["code"] = _gap.sub(code, "", true).to_upper()
	return _seated(await _session.request("room.join", asked))


## The listed rooms, the oldest first: the result's data holds [code]rooms[/code], and
## [code]next[/code], which asks for the next page as [code]after[/code]. [param filter] may hold
## [code]kind[/code], [code]properties[/code] that a room must say, [code]after[/code] and
## [code]limit[/code].
func list(filter: Dictionary = {}) -> EstragonResult:
	return await _session.request("room.list", filter)


## The room with this code; without one, the only room we are in. [code]null[/code] if there is
## none.
func room(code: String = "") -> EstragonRoom:
	if code:
		return all.get(code)
	return all.values()[0] if all.size() == 1 else null


## Godot's own multiplayer among those who sit in a room, for
## [member MultiplayerAPI.multiplayer_peer]: the room of [param options]' [code]room[/code], a code, or
## the only one we are in, or else the next that we join: it has failed to connect where that fails. The
## room's host is peer 1; in a room that we have made it is so at once, as with
## [method ENetMultiplayerPeer.create_server]. As host, [code]mode[/code] is [code]"mesh"[/code] (all see all) unless it says [code]"star"[/code] (the
## others see the host only, by way of which everything goes). The one made before is over.
func multiplayer_peer(options: Dictionary = {}) -> EstragonMultiplayerPeer:
	var code: String = options.get("room", "")
	var mode: String = options.get("mode", "")
	var its_room := room(code)
	if its_room == null:
		return _relay.make("", mode)
	return _relay.make(its_room.code, mode, its_room.code == _made and its_room.is_host)


## For a game without a player, such as a headless one: makes a room in which nobody sits yet and is
## peer 1 of its relay, whoever becomes its host, without a seat there. On success
## [member EstragonResult.peer] is to be assigned, and [code]data["room"]["code"][/code] is the code.
## The room stays as long as that peer does; all that is heard of it comes by Godot's own multiplayer.
## [param options] may hold [code]kind[/code] ([code]"open"[/code] unless said), [code]capacity[/code],
## [code]listed[/code] and [code]properties[/code]; or [code]room[/code], the code of a room that is
## there; [code]mode[/code] as for [method multiplayer_peer]; and [code]secret[/code], by which a
## server without [code]--dev[/code] takes this session for a backend's.
## [codeblock]
## var dedicated := await Network.rooms.dedicate({"secret": OS.get_environment("ESTRAGON_SECRET")})
## multiplayer.multiplayer_peer = dedicated.peer
## [/codeblock]
func dedicate(options: Dictionary = {}) -> EstragonResult:
	if options.has("secret"):
		var secret := {"secret": options["secret"]}
		var admitted := await _session.request("backend.connect", secret)
		if admitted.peek():
			return admitted
	var making := {"kind": "open"}
	for field: String in _MAKING:
		if options.has(field):
			making[field] = options[field]
	var code: String = options.get("room", "")
	var mode: String = options.get("mode", "")
	return await _relay.dedicate(code, making, mode)


## As host, says what the next one goes on from, as often as you like: the newest counts. Takes what
## [code]var_to_bytes[/code] takes, 64 KiB of it.
func hand_over(value: Variant) -> EstragonResult:
	return await _relay.hand_over(value)


## Whether the engine's own poll of a peer has driven the session in this frame.
func is_polled() -> bool:
	return _relay.polled_in == Engine.get_process_frames()


## Looks once a frame whether the engine still has its peer, and moves what rooms show.
func poll() -> void:
	_relay.look()
	var now := _session.world.now()
	for code: String in all:
		var its_room: EstragonRoom = all[code]
		its_room.state.poll(now)


## Who sent a message, as a member of its room; see [EstragonMember] for what no member sent.
func sender(message: EstragonMessage) -> EstragonMember:
	var number := EstragonMember.number_of(message.from)
	var its_room := room(message.room)
	if its_room and its_room.members.has(number):
		return its_room.members[number]
	return EstragonMember.from_data(message.from)


func _joining(name: Variant, data: Variant) -> Dictionary:
	if typeof(name) == TYPE_DICTIONARY:
		var options: Dictionary = name
		return options.duplicate()
	var asked := {}
	if name:
		asked["name"] = name
	if data != null:
		asked["data"] = data
	return asked


func _seated(result: EstragonResult) -> EstragonResult:
	if result.peek():
		_relay.miss()
		return result
	var about: Dictionary = result.data["room"]
	result.room = all.get(about["code"])
	return result


## Takes the seat when its reply comes, before what the server says of that room next.
func _on_answered(type: String, result: EstragonResult) -> void:
	if result.peek() or not type in _JOINS:
		return
	var added := _add(result.data)
	var infos: Array = result.data["members"]
	added.fill(infos)
	if type == "room.create":
		_made = added.code
	_relay.enter(added.code, added.code == _made and added.is_host)
	joined.emit(added)


## The seat a join's reply or a snapshot tells of.
func _add(seat: Dictionary) -> EstragonRoom:
	var about: Dictionary = seat["room"]
	var code: String = about["code"]
	if all.has(code):
		return all[code]
	var added := EstragonRoom.new(_session, seat, _schemas)
	all[code] = added
	added.closed.connect(_on_closed.bind(code))
	return added


func _on_message(message: EstragonMessage) -> void:
	var its_room: EstragonRoom = all.get(message.room)
	if its_room:
		its_room.apply(message)


func _on_bytes(frame: PackedByteArray) -> void:
	if frame.size() == 0 or frame[0] & EstragonProtocol.KIND_MASK != EstragonProtocol.STATE_DOWN_KIND:
		return
	var number := EstragonStateFrame.room_of(frame)
	for code: String in all:
		var its_room: EstragonRoom = all[code]
		if its_room.state.number == number:
			its_room.state.receive(frame)
			_session.states[number] = its_room.state.have


func _on_snapshot(pages: Array[Dictionary]) -> void:
	var known := all.keys()
	var seats_by_code := {}
	for page: Dictionary in pages:
		for seat: Dictionary in page["rooms"]:
			var its_room := _add(seat)
			if not seats_by_code.has(its_room.code):
				seats_by_code[its_room.code] = [] as Array[Dictionary]
			var seats: Array[Dictionary] = seats_by_code[its_room.code]
			seats.append(seat)
	for code: String in all.keys():
		var its_room: EstragonRoom = all[code]
		if seats_by_code.has(code):
			var seats: Array[Dictionary] = seats_by_code[code]
			its_room.renew(seats)
			if not code in known:
				_relay.enter(code, false)
				joined.emit(its_room)
		else:
			its_room.closed.emit()


func _on_state_changed(state: EstragonSession.State, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CLOSED:
		_close_all()
	elif state == EstragonSession.State.OPEN:
		for code: String in all:
			var its_room: EstragonRoom = all[code]
			its_room.state.resume()


func _close_all() -> void:
	for its_room: EstragonRoom in all.values():
		its_room.closed.emit()


func _on_closed(code: String) -> void:
	var closed: EstragonRoom = all.get(code)
	if closed:
		all.erase(code)
		_session.states.erase(closed.state.number)
		_relay.leave(code)
		left.emit(closed)


func _on_migrated(
	code: String, peer: EstragonMultiplayerPeer, handover: Variant, ids: Dictionary
) -> void:
	var its_room: EstragonRoom = all.get(code)
	host_migrated.emit(its_room, peer, handover, ids)
