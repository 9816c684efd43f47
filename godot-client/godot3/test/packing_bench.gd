# What a packet costs beside its JSON, in nanoseconds. The environment variable ESTRAGON_PACKETS holds
# the packets as in scenarios.gd, a `packet` and the `text` that says the same. Prints one line of
# JSON.
extends SceneTree

# warning-ignore-all:return_value_discarded

const EstragonMessage := preload("res://addons/estragon/message.gd")
const EstragonPacketSet := preload("res://addons/estragon/packet_set.gd")
const EstragonText := preload("res://addons/estragon/text.gd")
const _TIMES := 20000

var _packets: EstragonPacketSet
var _packet: Reference
var _frame: PoolByteArray
var _message: Dictionary
var _text: String


func _init() -> void:
	var about: Dictionary = JSON.parse(OS.get_environment("ESTRAGON_PACKETS")).result
	_packets = EstragonPacketSet.new(about["hash"], about["types"])
	_packet = EstragonPacketSet.packet_of(about["packet"])
	_frame = _packets.frame(-1, "", [], _packet)
	_text = about["text"]
	_message = JSON.parse(_text).result
	print(JSON.print({
		"bytes": _frame.size(),
		"pack": _measure("_pack"),
		"stringify": _measure("_stringify"),
		"unpack": _measure("_unpack"),
		"parse": _measure("_parse"),
		"receive": _measure("_receive"),
		"agreed": _measure("_receive_agreed"),
	}))
	quit()


func _pack() -> void:
	_packets.frame(-1, "", [], _packet)


func _stringify() -> void:
	EstragonText.of(_message)


func _unpack() -> void:
	_packets.open(_frame)


func _parse() -> void:
	JSON.parse(_text)


# All that the add-on does about a packet in JSON.
func _receive() -> void:
	var message := EstragonMessage.new(JSON.parse(_text).result)
	_packets.from_json(message.data["name"], message.data["data"])


# The same of a server that agrees.
func _receive_agreed() -> void:
	var message := EstragonMessage.new(JSON.parse(_text).result, true)
	_packets.from_json(message.data["name"], message.data["data"], true)


# The median of five runs, for one call.
func _measure(what: String) -> float:
	var costs := []
	for _run in 5:
		var before := OS.get_ticks_usec()
		for _time in _TIMES:
			call(what)
		costs.append((OS.get_ticks_usec() - before) * 1000.0 / _TIMES)
	costs.sort()
	return costs[2]
