# How scenarios are told: on the stage that test/support/director.ts sets, as TAP.
extends SceneTree

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const Network := preload("res://addons/estragon/network.gd")
const EstragonSession := preload("res://addons/estragon/session.gd")
const State := EstragonSession.State
const _PATIENCE_MS := 15000

var _places: Dictionary = {}
var _networks: Array = []
var _problems: Array = []
var _told: int = 0
var _failed: int = 0


# Remembers what it is told, for a scenario to look at.
class Heard:
	extends Reference

	var items: Array = []

	func on_event(args: Array, from) -> void:
		items.append([args, from.name])

	func on_number(args: Array, _from) -> void:
		items.append(int(args[0]))

	func on_state(state: int, code: int, _reason: String) -> void:
		items.append([state, code])

	func on_text(text: String) -> void:
		items.append(text)

	func on_error(error) -> void:
		items.append([error.code, error.request])

	func on_member(member, what: String) -> void:
		if member.name == "Visitor":
			items.append(what + (" (away)" if member.away else ""))

	func on_left(member, reason: String) -> void:
		if member.name == "Visitor":
			items.append("left (%s)" % reason)

	func on_result(result) -> void:
		items.append(result)

	func has_count(count: int) -> bool:
		return items.size() >= count


# Where everybody is in the plaza that a network sits in.
class Places extends Reference:
	var _room: Reference
	var _players: Reference
	var _seen: Array = []

	func _init(network: Node) -> void:
		_room = network.get("rooms").room()
		_players = _room.get("state").table("players")

	func has_own() -> bool:
		return _players.call("mine") != null

	func has_other(x: float, y: float) -> bool:
		for row in _players.call("rows"):
			if row.owner != _room.get("you") and row.get("x") == x and row.get("y") == y:
				return true
		return false

	# Where our own figure is.
	func place() -> Array:
		var row = _players.call("mine")
		return [row.get("x"), row.get("y")] if row else []

	# Our own figure goes that way, once the room has told of it.
	func stroll(way: float) -> void:
		_room.get("state").input({"x": way, "y": 0.0})

	func rest() -> void:
		_room.get("state").rest()
		_seen = []

	func has_gone(from: Array) -> bool:
		return abs(place()[0] - from[0]) > 10.0

	# It has been in the same place for forty frames.
	func stands() -> bool:
		_seen.append(place()[0])
		if _seen.size() <= 40:
			return false
		for x in _seen.slice(_seen.size() - 40, _seen.size() - 1):
			if x != _seen.back():
				return false
		return true


func _initialize() -> void:
	_places = JSON.parse(OS.get_environment("ESTRAGON_STAGE")).result
	_run()


# Tells the scenarios, each a name and a method.
func _tell_all(scenarios: Array) -> void:
	yield(self, "idle_frame")
	print("TAP version 14")
	var only := OS.get_environment("ESTRAGON_ONLY")
	for scenario in scenarios:
		if not only or only in scenario[0]:
			yield(_tell(scenario[0], scenario[1]), "completed")
	print("1..%d" % _told)
	quit(1 if _failed > 0 else 0)


func _run() -> void:
	pass


# Asks the director for something; what its answer says.
func _please(network: Network, request: Array):
	var answers := Heard.new()
	var you: int = network.rooms.room().you
	network.events.on("plaza.done", answers, "on_event")
	var asked = yield(network.events.emit("plaza.please", request), "completed")
	_check(asked.ok, "asked %s: %s" % [request, asked])
	var patience := OS.get_ticks_msec() + _PATIENCE_MS
	while OS.get_ticks_msec() < patience:
		for answer in answers.items:
			if answer[0][0] == request[0] and int(answer[0][2]) == you:
				network.events.off("plaza.done", answers, "on_event")
				return answer[0][1]
		yield(self, "idle_frame")
	_check(false, "not in time: the director did %s" % [request])
	return null


func _make() -> Network:
	var network := Network.new()
	root.add_child(network)
	_networks.append(network)
	return network


func _open(where: String, options: Dictionary = {}):
	var network := _make()
	var joined = yield(network.connect_to_server(_place(where), options), "completed")
	_check(joined.ok, "connected to %s: %s" % [where, joined])
	return network


func _enter(where: String):
	var network = yield(_open(where), "completed")
	var entered = yield(network.rooms.join_or_create("plaza"), "completed")
	_check(entered.ok, "entered: %s" % entered)
	return network


func _place(where: String) -> String:
	return str(_places[where])


func _code(result) -> String:
	return "" if result.ok else result.error.code


func _until(target: Object, method: String, args: Array, what: String) -> void:
	var patience := OS.get_ticks_msec() + _PATIENCE_MS
	yield(self, "idle_frame")
	while not target.callv(method, args):
		if OS.get_ticks_msec() > patience:
			_check(false, "not in time: " + what)
			return
		yield(self, "idle_frame")


func _equal(got, expected, what: String) -> void:
	# Godot 3 compares dictionaries by identity.
	var is_container: bool = typeof(got) == TYPE_DICTIONARY or typeof(got) == TYPE_ARRAY
	var is_equal: bool = typeof(got) == typeof(expected) and (
		JSON.print(got) == JSON.print(expected) if is_container else got == expected
	)
	_check(is_equal, "%s: %s, expected %s" % [what, got, expected])


func _check(is_true: bool, what: String) -> void:
	if not is_true:
		_problems.append(what)


func _tell(name: String, method: String) -> void:
	_problems.clear()
	yield(call(method), "completed")
	for network in _networks:
		network.disconnect_from_server()
		network.queue_free()
	_networks.clear()
	yield(self, "idle_frame")
	_told += 1
	if _problems.empty():
		print("ok %d - %s" % [_told, name])
		return
	_failed += 1
	print("not ok %d - %s" % [_told, name])
	for problem in _problems:
		print("# " + problem)
