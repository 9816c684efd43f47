# What befalls one connection over a bad network, from a seed: how long messages take, and what each
# second brings. Three streams of chance (mulberry32), none of which draws on another; the same in
# every client and in the server.
class_name EstragonLuck
extends Reference

const _BITS := 0xffffffff
const _STREAMS := 3

# Whether its seconds bring anything.
var has_fate: bool

# An EstragonLag.
var _lag: Reference
var _states: Array = []


# Of the connection of this number (1, 2, …) under `lag`, an EstragonLag.
func _init(lag: Reference, connection: int) -> void:
	_lag = lag
	has_fate = lag.get("cut") > 0.0 or lag.get("stall") > 0.0
	for stream in range(1, _STREAMS + 1):
		_states.append((lag.get("its_seed") + (connection * _STREAMS + stream) * 0x9e3779b9) & _BITS)


# How long the next message takes to the server, in milliseconds.
func up() -> int:
	return _wait(0)


# How long the next one takes from the server.
func down() -> int:
	return _wait(1)


# What the next second brings: "cut", "stall" or "none".
func second() -> String:
	var first := _chance(2)
	var then := _chance(2)
	if first < _lag.get("cut"):
		return "cut"
	return "stall" if then < _lag.get("stall") else "none"


func _wait(stream: int) -> int:
	var jitter: int = _lag.get("jitter")
	return int(max(0, _lag.get("delay") - jitter + floor(_chance(stream) * (2 * jitter + 1))))


# The next number from 0 up to 1 of a stream.
func _chance(stream: int) -> float:
	var state: int = (_states[stream] + 0x6d2b79f5) & _BITS
	_states[stream] = state
	var mixed := ((state ^ (state >> 15)) * (state | 1)) & _BITS
	mixed = (mixed ^ (mixed + (mixed ^ (mixed >> 7)) * (mixed | 61))) & _BITS
	return (mixed ^ (mixed >> 14)) / 4294967296.0
