# What we do in a room whose server is a test: one input a tick, sent once, and again after a drop.
extends Reference

# warning-ignore-all:return_value_discarded

const FakeHere := preload("res://test/fake_here.gd")
const Message := preload("res://addons/estragon/message.gd")
const State := preload("res://addons/estragon/state.gd")
const _SCHEMA := {
	"hash": "0123456789abcdef",
	"number": 7,
	"tick_hz": 20,
	"tables": [{"name": "players", "rows": "members", "fields": [{"name": "x", "type": "int16"}]}],
	"inputs": [{"name": "x", "type": "int8"}, {"name": "fire", "type": "bool"}],
}
# Our row, in slot 0; and then that it is at 10, after the first input.
const _FIRST := [0x93, 7, 1, 0, 2, 6, 0, 0x80, 2, 0, 0]
const _SECOND := [0x92, 7, 2, 1, 3, 6, 5, 0x80, 0x14, 0, 0x80, 2]

var _here: FakeHere = FakeHere.new()
var _state: State = State.new(_here, {})
var _wrong: Array = []


# What is wrong.
func run() -> Array:
	_state.input({"x": 1})
	_state.apply(Message.new({"type": "state.schema", "data": _SCHEMA}))
	_state.predict("players", self, "_step")
	_state.receive(PoolByteArray(_FIRST))
	var row = _state.table("players").mine()
	_poll(0.0, ["0101" + "8002" + "00"], "the first input")
	_expect([row.x, row.predicted.x], [0, 10], "it is done at once")
	_poll(25.0, [], "not twice in a tick")
	_expect(row.smooth("x"), 5.0, "between two states")
	_state.input({"fire": true})
	_state.input({"fire": false})
	_poll(25.0, ["0201" + "8002" + "8002"], "pressed for a moment")
	_poll(50.0, ["0301" + "8002" + "00"], "and only once")
	_here.refuses = true
	_poll(50.0, [], "nothing can be sent")
	_here.refuses = false
	_poll(1.0, ["0401" + "8002" + "00"], "it goes when that is possible")
	_state.receive(PoolByteArray(_SECOND))
	var prediction = _state.prediction
	_expect([prediction.acknowledged, prediction.corrected], [1, 0], "it was as predicted")
	_expect([row.x, row.predicted.x], [10, 40], "it is done no more")
	_state.resume()
	_poll(1.0, ["0203" + "8002" + "0101"], "after a drop all of them again")
	_stands()
	return _wrong


func _stands() -> void:
	_here.paused = true
	_poll(500.0, [], "nothing while it is paused")
	_here.paused = false
	_poll(50.0, ["0501" + "8002" + "00"], "then one, whatever passed")
	_state.rest()
	_poll(100.0, [], "who rests does nothing")
	_state.input({"x": 1000, "y": 1})
	var codes := []
	for error in _here.told:
		codes.append(error.code)
	_expect(codes, ["INVALID_MESSAGE_DATA"], "there is no such field")
	_poll(50.0, ["0601" + "80fe01" + "00"], "what is out of its bounds is at them")


func _step(player: Dictionary, input: Dictionary, _seconds: float) -> void:
	player.x += input.x * 10


# So much later these are sent: from the number of the first of their inputs on.
func _poll(ms: float, wanted: Array, title: String) -> void:
	_here.time += ms
	_here.sent.clear()
	_state.poll(_here.time)
	var found := []
	for frame in _here.sent:
		var text := ""
		for index in range(4, frame.size()):
			text += "%02x" % frame[index]
		found.append(text)
	_expect(found, wanted, title)


func _expect(found, wanted, title: String) -> void:
	if str(found) != str(wanted):
		_wrong.append([title, found, wanted])
