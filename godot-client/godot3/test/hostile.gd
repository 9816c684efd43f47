# What a game survives that a server says which claims to have the same tables. Prints TAP.
extends "res://test/cases.gd"

# warning-ignore-all:return_value_discarded

const EstragonChannels := preload("res://addons/estragon/channels.gd")
const EstragonEvents := preload("res://addons/estragon/events.gd")
const EstragonFunctions := preload("res://addons/estragon/functions.gd")
const EstragonFriends := preload("res://addons/estragon/friends.gd")
const EstragonMatchmaking := preload("res://addons/estragon/matchmaking.gd")
const EstragonMessage := preload("res://addons/estragon/message.gd")
const EstragonNotifications := preload("res://addons/estragon/notifications.gd")
const EstragonPackets := preload("res://addons/estragon/packets.gd")
const EstragonParties := preload("res://addons/estragon/parties.gd")
const EstragonPlayers := preload("res://addons/estragon/players.gd")
const EstragonPresence := preload("res://addons/estragon/presence.gd")
const EstragonProtocol := preload("res://addons/estragon/protocol.gd")
const EstragonQueries := preload("res://addons/estragon/queries.gd")
const EstragonRooms := preload("res://addons/estragon/rooms.gd")
const Scripted := preload("res://test/scripted.gd")
const State := preload("res://addons/estragon/session.gd").State

const _ROOM := "K7QF2M"
const _WHOLE := [
	"int8", "uint8", "int16", "uint16", "int32", "uint32", "varuint", "varint"
]
# What may stand where something else should.
const _WRONG := [null, true, 1.5, 1e300, "text", [[]], {}]

# Everything that hears messages.
var _features: Array = []
var _rooms: EstragonRooms
var _warnings: int = 0


func _initialize() -> void:
	_tell_all([
		["what has a wrong type is never data, and the rest is read alike", "_typed"],
		["a wrong type is told, and the game goes on", "_survives"],
	])


func _typed() -> void:
	var count := 0
	for frame in _frames():
		for changed in _changed(frame):
			var strict := EstragonMessage.new(changed.duplicate(true))
			var loose := EstragonMessage.new(changed.duplicate(true), true)
			count += 1
			if not strict.problem:
				_equal([loose.problem, loose.data], ["", strict.data], str(changed))
			elif not loose.problem:
				_check(_is_typed(_schema(changed), loose.data), "types of %s" % changed)
	_check(count > 2000, "%d were tried" % count)


func _survives() -> void:
	var scripted := Scripted.new()
	_open_all(scripted)
	for frame in _frames():
		if frame.has("re") or frame["type"] == "welcome":
			continue
		for changed in _changed(frame):
			_sit(scripted)
			scripted.say(changed)
		for stamp in _stamps():
			_sit(scripted)
			frame["from"] = stamp
			scripted.say(frame)
	_equal(scripted.session.state, State.OPEN, "state")
	_check(_warnings > 500, "%d warnings" % _warnings)
	scripted.session.close()
	_features.clear()


# Senders that no server stamps.
func _stamps() -> Array:
	var stamps := []
	for name in ["member", "session", "player", "name", "role", "away", "data"]:
		for wrong in _WRONG:
			var stamp := {"member": 2.0, "name": "Bob", "role": "player"}
			stamp[name] = wrong
			stamps.append(stamp)
	return stamps


func _open_all(scripted: Scripted) -> void:
	var session := scripted.session
	_rooms = EstragonRooms.new(session)
	var players := EstragonPlayers.new(session)
	_features = [
		players,
		EstragonEvents.new(session, _rooms),
		EstragonQueries.new(session, _rooms),
		EstragonFunctions.new(session, _rooms, players),
		EstragonChannels.new(session),
		EstragonNotifications.new(session),
		EstragonPackets.new(session, _rooms),
		EstragonMatchmaking.new(session, _rooms),
		EstragonFriends.new(session),
		EstragonPresence.new(session),
		EstragonParties.new(session, _rooms, players),
	]
	session.connect("warned", self, "_on_warned")
	scripted.open()
	scripted.greet("first")
	scripted.say({"type": "session.hello", "re": "hello", "data": {"resume": true}})


# In a room, however often one is thrown out.
func _sit(scripted: Scripted) -> void:
	if _rooms.room(_ROOM):
		return
	_rooms.join(_ROOM)
	var asked: Dictionary = scripted.link().sent.back()
	var seat: Dictionary = _values(EstragonProtocol.MESSAGES["room.join"]["reply"])[0]
	seat["room"]["code"] = _ROOM
	scripted.say({"type": "room.join", "re": asked["id"], "data": seat})


func _on_warned(_text: String) -> void:
	_warnings += 1


# One of each message that a server sends, and of each reply.
func _frames() -> Array:
	var frames := []
	for type in EstragonProtocol.MESSAGES:
		var line: Dictionary = EstragonProtocol.MESSAGES[type]
		if line["direction"] != "to_server":
			frames.append({"type": type, "room": _ROOM, "data": _values(line["data"])[0]})
		if line.has("reply"):
			frames.append({"type": type, "re": "1", "data": _values(line["reply"])[0]})
	return frames


# The same with other data: its own, and each part of it in turn wrong or missing.
func _changed(frame: Dictionary) -> Array:
	var all := []
	for data in _values(_schema(frame)):
		var changed := frame.duplicate()
		changed["data"] = data
		all.append(changed)
	return all


func _schema(frame: Dictionary) -> Dictionary:
	var line: Dictionary = EstragonProtocol.MESSAGES[frame["type"]]
	return line["reply"] if frame.has("re") else line["data"]


# What fits, and then what has one part that does not; as JSON brings it.
func _values(schema: Dictionary) -> Array:
	var all := []
	match schema["kind"]:
		"object":
			all = _each_changed({}, schema["fields"], schema["fields"].keys())
		"tuple":
			var nothing := []
			nothing.resize(schema["of"].size())
			all = _each_changed(nothing, schema["of"], range(nothing.size()))
			all.append([])
		"array":
			for value in _values(schema["of"]):
				all.append([value])
			all.append([])
		"nullable":
			return _values(schema["of"]) + [null]
		_:
			all.append(_right(schema))
	return all + _WRONG


func _each_changed(right, schemas, keys: Array) -> Array:
	for key in keys:
		right[key] = _values(schemas[key])[0]
	var all := [right]
	for key in keys:
		var values := _values(schemas[key])
		for index in range(1, values.size()):
			var changed = right.duplicate(true)
			changed[key] = values[index]
			all.append(changed)
		if typeof(right) == TYPE_DICTIONARY:
			var missing: Dictionary = right.duplicate(true)
			missing.erase(key)
			all.append(missing)
	return all


func _right(schema: Dictionary):
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


# Whether it is what a game may rely on.
func _is_typed(schema: Dictionary, value) -> bool:
	match schema["kind"]:
		"json":
			return true
		"nullable":
			return typeof(value) == TYPE_NIL or _is_typed(schema["of"], value)
		"bool":
			return typeof(value) == TYPE_BOOL
		"string", "choice":
			return typeof(value) == TYPE_STRING
		"record":
			return typeof(value) == TYPE_DICTIONARY
		"object":
			return typeof(value) == TYPE_DICTIONARY and _has_fields(schema["fields"], value)
		"array", "tuple":
			return typeof(value) == TYPE_ARRAY and _has_items(schema, value)
	return typeof(value) == (TYPE_INT if schema["kind"] in _WHOLE else TYPE_REAL)


func _has_fields(fields: Dictionary, object: Dictionary) -> bool:
	for name in fields:
		if object.has(name):
			if not _is_typed(fields[name], object[name]):
				return false
		elif not fields[name].get("optional", false):
			return false
	return true


func _has_items(schema: Dictionary, items: Array) -> bool:
	var first: Array = schema["of"] if schema["kind"] == "tuple" else []
	for index in items.size():
		var item: Dictionary = first[index] if index < first.size() else schema["of"]
		if not _is_typed(item, items[index]):
			return false
	return items.size() >= first.size()
