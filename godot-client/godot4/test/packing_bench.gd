extends SceneTree
## What a packet costs beside its JSON, in nanoseconds. The environment variable ESTRAGON_PACKETS holds
## the packets as in scenarios.gd, a [code]packet[/code] and the [code]text[/code] that says the same.
## Prints one line of JSON.

const _TIMES := 20_000

var _packets: EstragonPacketSet
var _packet: EstragonPacket
var _frame: PackedByteArray
var _message: Dictionary
var _text: String


func _init() -> void:
	var about: Dictionary = JSON.parse_string(OS.get_environment("ESTRAGON_PACKETS"))
	var types: Array = about["types"]
	_packets = EstragonPacketSet.new(str(about["hash"]), types)
	_packet = EstragonPacket.of(about["packet"])
	_frame = _packets.frame(-1, "", [], _packet)
	_text = about["text"]
	_message = JSON.parse_string(_text)
	var results := {
		"bytes": _frame.size(),
		"pack": _measure(_pack),
		"stringify": _measure(_stringify),
		"unpack": _measure(_unpack),
		"parse": _measure(_parse),
		"receive": _measure(_receive.bind(false)),
		"agreed": _measure(_receive.bind(true)),
	}
	print(JSON.stringify(results))
	quit()


func _pack() -> void:
	_packets.frame(-1, "", [], _packet)


func _stringify() -> void:
	EstragonMessage.to_text(_message)


func _unpack() -> void:
	_packets.open(_frame)


func _parse() -> void:
	JSON.parse_string(_text)


## All that the add-on does about a packet in JSON, of a server that agrees or not.
func _receive(agrees: bool) -> void:
	var frame: Dictionary = JSON.parse_string(_text)
	var message := EstragonMessage.read(frame, agrees)
	_packets.from_json(str(message.data["name"]), message.data["data"], agrees)


## The median of five runs, for one call.
func _measure(what: Callable) -> float:
	var costs: Array[float] = []
	for _run: int in 5:
		var before := Time.get_ticks_usec()
		for _time: int in _TIMES:
			what.call()
		costs.append((Time.get_ticks_usec() - before) * 1_000.0 / _TIMES)
	costs.sort()
	return costs[2]
