class_name EstragonLuck
extends RefCounted
## What befalls one connection over a bad network, from a seed: how long messages take, and what
## each second brings. Three streams of chance (mulberry32), none of which draws on another; the
## same in every client and in the server.

const _MASK := 0xffff_ffff
const _STREAMS := 3

var _lag: EstragonLag
var _states: PackedInt64Array = PackedInt64Array()


## Of the [param connection]th connection (1, 2, …).
func _init(lag: EstragonLag, connection: int) -> void:
	_lag = lag
	for stream: int in range(1, _STREAMS + 1):
		_states.append((lag.its_seed + (connection * _STREAMS + stream) * 0x9e37_79b9) & _MASK)


## How long the next message takes to the server, in milliseconds.
func up() -> int:
	return _wait(0)


## How long the next one takes from the server.
func down() -> int:
	return _wait(1)


## What the next second brings: [code]cut[/code], [code]stall[/code] or [code]none[/code].
func second() -> String:
	var chances := [_chance(2), _chance(2)]
	if chances[0] < _lag.cut:
		return "cut"
	return "stall" if chances[1] < _lag.stall else "none"


func _wait(stream: int) -> int:
	return maxi(0, _lag.delay - _lag.jitter + int(_chance(stream) * (2 * _lag.jitter + 1)))


func _chance(stream: int) -> float:
	var state := (_states[stream] + 0x6d2b_79f5) & _MASK
	_states[stream] = state
	var mixed := ((state ^ (state >> 15)) * (state | 1)) & _MASK
	mixed ^= (mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)) & _MASK
	return (mixed ^ (mixed >> 14)) / 4_294_967_296.0
