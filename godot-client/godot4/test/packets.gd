extends "res://test/lasting.gd"
## What a Godot 4 game sends and gets as packets; they are those of test/support/stage-packets.ts.

const _PLAYER: Dictionary = {
	"health": 4_000,
	"jumping": false,
	"position": [-540, 343, 1_201],
	"attributes": {"str": 87, "agi": 42, "int": 22},
}
## 20, 23 and 26, each deeper than the one before: 69.
const _ADDS: Array = ["Bundle", [
	["Action", {"payload": 20, "type": "ADD"}],
	["Bundle", [
		["Action", {"payload": 23, "type": "ADD"}],
		["Bundle", [["Action", {"payload": 26, "type": "ADD"}]]],
	]],
]]


func _structures() -> void:
	var ada := await _open_with_packets("main")
	var bob := await _open_with_packets("main")
	var plain := await _open("main")
	_check(ada.packets.is_binary() and not plain.packets.is_binary(), "only who has them sends bytes")
	var room := (await ada.rooms.create("stage", {"name": "Ada"})).room
	await bob.rooms.join(room.code)
	await plain.rooms.join(room.code)
	var heard: Array = []
	bob.packets.on(
		"Player", func(data: Variant, from: EstragonMember) -> void: heard.append([data, from.number])
	)
	var player := _PLAYER.duplicate()
	player["icon"] = PackedByteArray([0, 1, 255])
	var packet := EstragonPacket.new("Player", player)
	var answer := await ada.packets.ask(packet)
	_equal(answer.value, _PLAYER["position"], "the server answered: %s" % answer)
	var others := {"to": "others"}
	_equal((await ada.packets.ask(packet, others)).value, {"delivered": 2}, "Ada sent")
	var as_json := _PLAYER.duplicate()
	as_json["icon"] = "AAH/"
	var sent := await plain.packets.ask(["Player", as_json], others)
	_equal(sent.value, {"delivered": 2.0}, "who has no packets sent: %s" % sent)
	await _until(func() -> bool: return heard.size() == 2, "Bob heard both")
	_equal(heard, [[player, 1], [player, 3]], "Bob heard")
	player["health"] = -1
	var error := ada.packets.send(["Player", player])
	_check(error != null and error.code == EstragonProtocol.INVALID_MESSAGE_DATA, str(error))
	_check(error != null and error.message.begins_with("Player.health: expected"), str(error))
	error = ada.packets.send(["Slop"])
	_check(error != null and error.code == EstragonProtocol.UNKNOWN_PACKET, str(error))


func _bundles() -> void:
	var network := await _open_with_packets("main")
	var total: Array[int] = [0]
	network.packets.on("Action", func(data: Dictionary, _from: EstragonMember) -> int:
		total[0] += data["payload"]
		return total[0])
	_equal((await network.packets.ask(_ADDS)).value, [20, [43, [69]]], "the server's sums")
	_equal((await network.packets.ask(["BundleMe"])).value, [20, [43, [69]]], "our sums")
	_equal(total[0], 69, "in all")


func _responses() -> void:
	for network: Network in [await _open_with_packets("main"), await _open("main")]:
		var packets := network.packets
		var value := {"text": "ünï", "list": [1, -2.5, null, true], "deep": {"a": []}}
		var echoed := await packets.ask(["Echo", value])
		_check(_alike(echoed.value, value), "echoed: %s" % echoed)
		for name: String in ["Nothing", "Slap"]:
			var nothing := await packets.ask([name])
			_check(nothing.ok and nothing.value == null, "%s: %s" % [name, nothing])
		_equal((await packets.ask(["Guarded", {"word": "please"}])).value, "PLEASE", "guarded")
		var refused := await packets.ask(["Guarded", {"word": "no"}])
		_fails(refused, EstragonProtocol.VALIDATION_FAILED, "an unwanted word")
		_check(_alike(refused.error.cause, {"code": 404, "reason": "no such word"}), "why: %s" % refused)


func _awaited() -> void:
	var network := await _open_with_packets("main")
	network.packets.on(
		"Double",
		func(data: Dictionary, _from: EstragonMember) -> int:
			await create_timer(0.02).timeout
			return data["number"] * 2,
		func(data: Dictionary, _from: EstragonMember) -> EstragonError:
			return EstragonPackets.refusal(418, "too little") if data["number"] < 0 else null
	)
	var answer := await network.packets.ask(["AskMe", {"number": 21}])
	_check(_alike(answer.value, {"answer": 42}), "answered: %s" % answer)
	answer = await network.packets.ask(["AskMe", {"number": -1}])
	_check(_alike(answer.value, {"refused": 418}), "refused: %s" % answer)
	var silent := await _open_with_packets("main")
	answer = await silent.packets.ask(["AskMe", {"number": 21}])
	_check(_alike(answer.value, {"answer": null}), "without a handler: %s" % answer)
	await _outlives_a_cut(network)


## What was sent in bytes while away arrives, in order and once.
func _outlives_a_cut(network: Network) -> void:
	network.session.cut()
	var sums: Array = []
	var add := func(payload: int) -> void:
		var added := await network.packets.ask(["Action", {"payload": payload, "type": "ADD"}])
		sums.append(added.value)
	for payload: int in [1, 2, 3]:
		add.call(payload)
	await _until(func() -> bool: return sums.size() == 3, "answered after the cut")
	_equal(sums, [1, 3, 6], "sums over a cut")


func _directions() -> void:
	var network := await _open_with_packets("main")
	var seen: Array[String] = []
	network.packets.refreshed.connect(func() -> void: seen.append("refreshed"))
	network.packets.redirected.connect(func(address: String) -> void: seen.append(address))
	await network.packets.ask(["Reload", "/elsewhere"])
	_equal(seen, ["refreshed", "/elsewhere"], "told to")


func _open_with_packets(where: String) -> Network:
	var about: Dictionary = JSON.parse_string(OS.get_environment("ESTRAGON_PACKETS"))
	var types: Array = about["types"]
	var network := _make()
	network.packets.use(EstragonPacketSet.new(str(about["hash"]), types))
	var joined := await network.connect_to_server(_place(where), {"first_wait": 0.01})
	_check(joined.ok, "connected to %s: %s" % [where, joined])
	return network


## As JSON has it, in which 3 and 3.0 are one number.
func _alike(one: Variant, other: Variant) -> bool:
	return _same(JSON.parse_string(EstragonMessage.to_text(one)), other)
