# What a Godot 3 game sends and gets as packets; they are those of test/support/stage-packets.ts.
extends "res://test/lasting.gd"

# warning-ignore-all:function_may_yield
# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const EstragonPacket := preload("res://addons/estragon/packet.gd")
const EstragonPacketSet := preload("res://addons/estragon/packet_set.gd")
const EstragonText := preload("res://addons/estragon/text.gd")

const _PLAYER := {
	"health": 4000,
	"jumping": false,
	"position": [-540, 343, 1201],
	"attributes": {"str": 87, "agi": 42, "int": 22},
}
# 20, 23 and 26, each deeper than the one before: 69.
const _ADDS := ["Bundle", [
	["Action", {"payload": 20, "type": "ADD"}],
	["Bundle", [
		["Action", {"payload": 23, "type": "ADD"}],
		["Bundle", [["Action", {"payload": 26, "type": "ADD"}]]],
	]],
]]


# Handles packets, and remembers what it is told.
class Handler:
	extends Reference

	const Packets := preload("res://addons/estragon/packets.gd")

	var items: Array = []
	var total: int = 0
	var tree: SceneTree

	func on_player(data, from) -> void:
		items.append([data["health"], data["position"], Array(data["icon"]), from.number])

	func add(data, _from) -> int:
		total += data["payload"]
		return total

	func double(data, _from):
		yield(tree, "idle_frame")
		return data["number"] * 2

	func judge(data, _from):
		return Packets.refusal(418, "too little") if data["number"] < 0 else null

	func on_refreshed() -> void:
		items.append("refreshed")

	func on_redirected(address: String) -> void:
		items.append(address)

	func has_count(count: int) -> bool:
		return items.size() >= count

	# Notes the answer of what is asked.
	func note(asking) -> void:
		var answer = yield(asking, "completed")
		items.append(answer.value)


func _structures() -> void:
	var ada = yield(_open_with_packets("main"), "completed")
	var bob = yield(_open_with_packets("main"), "completed")
	var plain = yield(_open("main"), "completed")
	_check(ada.packets.is_binary() and not plain.packets.is_binary(), "who has them sends bytes")
	var made = yield(ada.rooms.create("stage", {"name": "Ada"}), "completed")
	yield(bob.rooms.join(made.room.code), "completed")
	yield(plain.rooms.join(made.room.code), "completed")
	var handler := Handler.new()
	bob.packets.on("Player", handler, "on_player")
	var player := _PLAYER.duplicate()
	player["icon"] = PoolByteArray([0, 1, 255])
	var packet := EstragonPacket.new("Player", player)
	var answer = yield(ada.packets.ask(packet), "completed")
	_alike(answer.value, _PLAYER["position"], "the server answered")
	answer = yield(ada.packets.ask(packet, {"to": "others"}), "completed")
	_alike(answer.value, {"delivered": 2}, "Ada sent")
	var as_json := _PLAYER.duplicate()
	as_json["icon"] = "AAH/"
	answer = yield(plain.packets.ask(["Player", as_json], {"to": "others"}), "completed")
	_alike(answer.value, {"delivered": 2}, "who has no packets sent")
	yield(_until(handler, "has_count", [2], "Bob heard both"), "completed")
	var heard := [4000, [-540, 343, 1201], [0, 1, 255]]
	_alike(handler.items, [heard + [1], heard + [3]], "Bob heard")
	player["health"] = -1
	var error = ada.packets.send(["Player", player])
	_check(error and error.code == EstragonProtocol.INVALID_MESSAGE_DATA, str(error))
	_check(error and error.message.begins_with("Player.health: expected"), str(error))
	error = ada.packets.send(["Slop"])
	_check(error and error.code == EstragonProtocol.UNKNOWN_PACKET, str(error))
	answer = yield(ada.packets.ask(["Slop"]), "completed")
	_equal(_code(answer), EstragonProtocol.UNKNOWN_PACKET, "asked with an unknown packet")


func _bundles() -> void:
	var network = yield(_open_with_packets("main"), "completed")
	var handler := Handler.new()
	network.packets.on("Action", handler, "add")
	var answer = yield(network.packets.ask(_ADDS), "completed")
	_alike(answer.value, [20, [43, [69]]], "the server's sums")
	answer = yield(network.packets.ask(["BundleMe"]), "completed")
	_alike(answer.value, [20, [43, [69]]], "our sums")
	_equal(handler.total, 69, "in all")


func _responses() -> void:
	var binary = yield(_open_with_packets("main"), "completed")
	yield(_respond_to(binary.packets), "completed")
	var plain = yield(_open("main"), "completed")
	yield(_respond_to(plain.packets), "completed")


func _respond_to(packets) -> void:
	var value := {"text": "ünï", "list": [1, -2.5, null, true], "deep": {"a": []}}
	var answer = yield(packets.ask(["Echo", value]), "completed")
	_alike(answer.value, value, "echoed")
	for name in ["Nothing", "Slap"]:
		answer = yield(packets.ask([name]), "completed")
		_check(answer.ok and answer.value == null, "%s: %s" % [name, answer])
	answer = yield(packets.ask(["Guarded", {"word": "please"}]), "completed")
	_equal(answer.value, "PLEASE", "guarded")
	answer = yield(packets.ask(["Guarded", {"word": "no"}]), "completed")
	_equal(_code(answer), EstragonProtocol.VALIDATION_FAILED, "an unwanted word")
	_alike(answer.error.cause, {"code": 404, "reason": "no such word"}, "why")


func _awaited() -> void:
	var network = yield(_open_with_packets("main"), "completed")
	var handler := Handler.new()
	handler.tree = self
	network.packets.on("Double", handler, "double", "judge")
	var answer = yield(network.packets.ask(["AskMe", {"number": 21}]), "completed")
	_alike(answer.value, {"answer": 42}, "answered")
	answer = yield(network.packets.ask(["AskMe", {"number": -1}]), "completed")
	_alike(answer.value, {"refused": 418}, "refused")
	var silent = yield(_open_with_packets("main"), "completed")
	answer = yield(silent.packets.ask(["AskMe", {"number": 21}]), "completed")
	_alike(answer.value, {"answer": null}, "without a handler")
	yield(_outlives_a_cut(network), "completed")


# What was sent in bytes while away arrives, in order and once.
func _outlives_a_cut(network) -> void:
	var notes := Handler.new()
	network.session.cut()
	for payload in [1, 2, 3]:
		notes.note(network.packets.ask(["Action", {"payload": payload, "type": "ADD"}]))
	yield(_until(notes, "has_count", [3], "answered after the cut"), "completed")
	_alike(notes.items, [1, 3, 6], "sums over a cut")


func _directions() -> void:
	var network = yield(_open_with_packets("main"), "completed")
	var handler := Handler.new()
	network.packets.connect("refreshed", handler, "on_refreshed")
	network.packets.connect("redirected", handler, "on_redirected")
	yield(network.packets.ask(["Reload", "/elsewhere"]), "completed")
	_equal(handler.items, ["refreshed", "/elsewhere"], "told to")


func _open_with_packets(where: String):
	var about: Dictionary = JSON.parse(OS.get_environment("ESTRAGON_PACKETS")).result
	var network := _make()
	network.packets.use(EstragonPacketSet.new(about["hash"], about["types"]))
	var joined = yield(
		network.connect_to_server(_place(where), {"first_wait": 0.01}), "completed"
	)
	_check(joined.ok, "connected to %s: %s" % [where, joined])
	return network


# As JSON has it, in which 3 and 3.0 are one number, whatever order the fields have.
func _alike(got, expected, what: String) -> void:
	var is_alike := EstragonText.of(_ordered(got)) == EstragonText.of(_ordered(expected))
	_check(is_alike, "%s: %s, expected %s" % [what, got, expected])


func _ordered(value):
	if typeof(value) == TYPE_ARRAY:
		var items := []
		for item in value:
			items.append(_ordered(item))
		return items
	if typeof(value) != TYPE_DICTIONARY:
		return value
	var names: Array = value.keys()
	names.sort()
	var fields := {}
	for name in names:
		fields[name] = _ordered(value[name])
	return fields
