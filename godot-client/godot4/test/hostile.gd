extends "res://test/scripted.gd"
## What a game survives that a server says which claims to have the same tables.

const _ROOM := "K7QF2M"
const _WHOLE: Array[String] = [
	"int8", "uint8", "int16", "uint16", "int32", "uint32", "varuint", "varint"
]
## What may stand where something else should.
const _WRONG: Array = [null, true, 1.5, 1e300, "text", [[]], {}]

const _GARBAGE := 4_000
const _FRAMES: Array[String] = [
	"d0000101000000aabb", "d10280010ed0e270aabb", "a0000109000000aabbccdd", "a1ffffffff0f0107000000aa",
]

var _rooms: EstragonRooms
## Everything that hears messages.
var _features: Array[RefCounted] = []
var _warnings: int = 0


func _run() -> void:
	_tell("what has a wrong type is never data, and the rest is read alike", _typed)
	_tell("a wrong type is told, and the game goes on", _survives)
	_tell("garbage of a relay never reaches the engine, and what is whole does", _relays)


func _typed() -> void:
	var count := 0
	for frame: Dictionary in _frames():
		for changed: Dictionary in _changed(frame):
			var strict := EstragonMessage.read(changed.duplicate(true))
			var loose := EstragonMessage.read(changed.duplicate(true), true)
			count += 1
			if not strict.problem:
				_equal([loose.problem, loose.data], ["", strict.data], str(changed))
			elif not loose.problem:
				_equal(_is_typed(_schema(changed), loose.data), true, "types of %s" % changed)
	_equal(count > 2_000, true, "%d were tried" % count)


func _survives() -> void:
	_open_all()
	for frame: Dictionary in _frames():
		if frame.has("re") or frame["type"] == "welcome":
			continue
		for changed: Dictionary in _changed(frame):
			_sit()
			_link().say(changed)
		for stamp: Variant in _stamps():
			_sit()
			frame["from"] = stamp
			_link().say(frame)
	_equal(_session.state, State.OPEN, "state")
	_equal(_warnings > 500, true, "%d warnings" % _warnings)
	_session.close()


func _relays() -> void:
	_open_all()
	_sit()
	var peer := _rooms.multiplayer_peer()
	var asked: Dictionary = _link().take()[-1]
	var peers := [{"peer": 1, "number": 1}, {"peer": 9, "number": 2}]
	var opened := {"peer": 9, "epoch": 1, "mode": "mesh", "peers": peers, "handover": 0}
	_link().say({"type": "relay.open", "re": asked["id"], "data": opened})
	peer.poll()
	var random := RandomNumberGenerator.new()
	random.seed = 1
	var whole := 0
	for count: int in _GARBAGE:
		_link().received_bytes.emit(_garbage(random))
		_link().received_bytes.emit("d0030101000000ff".hex_decode())
		peer.poll()
		while peer.get_available_packet_count() > 0:
			var from := peer.get_packet_peer()
			var is_right := from > 0 and peer.get_packet_channel() >= 0
			var packet := peer.get_packet()
			if not is_right or packet.is_empty():
				_equal([from, packet.hex_encode()], [], "a packet")
			whole += 1 if packet == PackedByteArray([255]) else 0
	_equal(whole >= _GARBAGE, true, "%d of %d whole ones" % [whole, _GARBAGE])
	_equal([_session.state, peer.get_connection_status()], [State.OPEN, 2], "it goes on")
	_equal(_warnings > 500, true, "%d warnings" % _warnings)
	_session.close()


## A frame of a relay, and often not quite.
func _garbage(random: RandomNumberGenerator) -> PackedByteArray:
	var frame := _FRAMES[random.randi() % _FRAMES.size()].hex_decode()
	match random.randi() % 4:
		0:
			frame = frame.slice(0, random.randi() % (frame.size() + 1))
		1:
			frame[0] = frame[0] | random.randi() % 16
		2:
			frame.insert(random.randi() % frame.size(), random.randi() % 256)
		3:
			for _times: int in 3:
				frame[random.randi() % frame.size()] = random.randi() % 256
	return frame


## Senders that no server stamps.
func _stamps() -> Array:
	var stamps: Array = []
	for name: String in ["member", "session", "player", "name", "role", "away", "data"]:
		for wrong: Variant in _WRONG:
			stamps.append({"member": 2.0, "name": "Bob", "role": "player", name: wrong})
	return stamps


func _open_all() -> void:
	_rooms = EstragonRooms.new(_session)
	var players := EstragonPlayers.new(_session)
	_features = [
		players,
		EstragonEvents.new(_session, _rooms),
		EstragonQueries.new(_session, _rooms),
		EstragonFunctions.new(_session, _rooms, players),
		EstragonChannels.new(_session),
		EstragonNotifications.new(_session),
		EstragonPackets.new(_session, _rooms),
		EstragonMatchmaking.new(_session, _rooms),
		EstragonFriends.new(_session),
		EstragonPresence.new(_session),
		EstragonParties.new(_session, _rooms, players),
	]
	_session.warned.connect(func(_text: String) -> void: _warnings += 1)
	_opened()


## In a room, however often one is thrown out.
func _sit() -> void:
	if _rooms.room(_ROOM):
		return
	_link().take()
	_rooms.join(_ROOM)
	var asked: Dictionary = _link().take()[-1]
	var schema: Dictionary = EstragonProtocol.MESSAGES["room.join"]["reply"]
	var seat: Dictionary = _values(schema)[0]
	seat["room"]["code"] = _ROOM
	_link().say({"type": "room.join", "re": asked["id"], "data": seat})


## One of each message that a server sends, and of each reply.
func _frames() -> Array[Dictionary]:
	var frames: Array[Dictionary] = []
	for type: String in EstragonProtocol.MESSAGES:
		var line: Dictionary = EstragonProtocol.MESSAGES[type]
		if line["direction"] != "to_server":
			var data: Dictionary = line["data"]
			frames.append({"type": type, "room": _ROOM, "data": _values(data)[0]})
		if line.has("reply"):
			var reply: Dictionary = line["reply"]
			frames.append({"type": type, "re": "1", "data": _values(reply)[0]})
	return frames


## The same with other data: its own, and each part of it in turn wrong or missing.
func _changed(frame: Dictionary) -> Array[Dictionary]:
	var all: Array[Dictionary] = []
	for data: Variant in _values(_schema(frame)):
		var changed := frame.duplicate()
		changed["data"] = data
		all.append(changed)
	return all


func _schema(frame: Dictionary) -> Dictionary:
	var line: Dictionary = EstragonProtocol.MESSAGES[frame["type"]]
	return line["reply"] if frame.has("re") else line["data"]


## What fits, and then what has one part that does not; as JSON brings it.
func _values(schema: Dictionary) -> Array:
	var all: Array = []
	match schema["kind"]:
		"object":
			var fields: Dictionary = schema["fields"]
			var right := {}
			for name: String in fields:
				var field: Dictionary = fields[name]
				right[name] = _values(field)[0]
			all.append(right)
			for name: String in fields:
				var field: Dictionary = fields[name]
				for value: Variant in _values(field).slice(1):
					var changed := right.duplicate(true)
					changed[name] = value
					all.append(changed)
				var missing := right.duplicate(true)
				missing.erase(name)
				all.append(missing)
		"array":
			var of: Dictionary = schema["of"]
			for value: Variant in _values(of):
				all.append([value])
			all.append([])
		"tuple":
			var items: Array = schema["of"]
			var right: Array = items.map(func(item: Dictionary) -> Variant: return _values(item)[0])
			all.append(right)
			for index: int in items.size():
				var item: Dictionary = items[index]
				for value: Variant in _values(item).slice(1):
					var changed := right.duplicate(true)
					changed[index] = value
					all.append(changed)
			all.append(right.slice(1))
		"nullable":
			var inner: Dictionary = schema["of"]
			return _values(inner) + [null]
		_:
			all.append(_right(schema))
	return all + _WRONG


func _right(schema: Dictionary) -> Variant:
	match schema["kind"]:
		"bool":
			return false
		"string":
			return "game.wave" if schema.has("pattern") else "K7QF2M"
		"choice":
			return schema["values"][0]
		"json":
			return ["any"]
		"record":
			return {"any": 1.0}
	return schema.get("min", 3.0) * 1.0


## Whether it is what a game may rely on.
func _is_typed(schema: Dictionary, value: Variant) -> bool:
	var kind: String = schema["kind"]
	match kind:
		"json":
			return true
		"nullable":
			var inner: Dictionary = schema["of"]
			return value == null or _is_typed(inner, value)
		"bool":
			return typeof(value) == TYPE_BOOL
		"string", "choice":
			return typeof(value) == TYPE_STRING
		"record":
			return typeof(value) == TYPE_DICTIONARY
		"object":
			if typeof(value) != TYPE_DICTIONARY:
				return false
			var fields: Dictionary = schema["fields"]
			var object: Dictionary = value
			for name: String in fields:
				var field: Dictionary = fields[name]
				var is_there := object.has(name)
				if not (_is_typed(field, object[name]) if is_there else field.get("optional", false)):
					return false
			return true
		"array", "tuple":
			if typeof(value) != TYPE_ARRAY:
				return false
			var items: Array = value
			var first: Array = schema["of"] if kind == "tuple" else []
			for index: int in items.size():
				var item: Dictionary = first[index] if index < first.size() else schema["of"]
				if not _is_typed(item, items[index]):
					return false
			return items.size() >= first.size()
	return typeof(value) == (TYPE_INT if kind in _WHOLE else TYPE_FLOAT)
