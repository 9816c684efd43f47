class_name EstragonClock
extends RefCounted
## The server's clock as seen from here, and how far away it is.
##
## Of the last eight pings the one with the lowest round trip tells the offset (the minimum filter
## of NTP, RFC 5905 section 10).

const _SAMPLES := 8

## The last round trip in milliseconds; -1.0 before the first.
var round_trip: float = -1.0

var _world: EstragonWorld
var _offset: float = 0.0
var _round_trips: PackedFloat64Array = PackedFloat64Array()
var _offsets: PackedFloat64Array = PackedFloat64Array()


## [param world] tells this machine's time.
func _init(world: EstragonWorld = EstragonWorld.new()) -> void:
	_world = world


## The server's monotonic time in milliseconds.
func now() -> float:
	return local_now() + _offset


## This machine's monotonic time in milliseconds.
func local_now() -> float:
	return _world.now()


## A welcome came: good enough until the first ping returns.
func begin(server_time: float) -> void:
	_round_trips.clear()
	_offsets.clear()
	_offset = server_time - local_now()


## A reply that left the server at [param server_time] answers what was sent at [param sent_at].
func add(server_time: float, sent_at: float, received_at: float) -> void:
	round_trip = received_at - sent_at
	_round_trips.append(round_trip)
	_offsets.append(server_time - (sent_at + received_at) / 2.0)
	if _offsets.size() > _SAMPLES:
		_round_trips.remove_at(0)
		_offsets.remove_at(0)
	var best := 0
	for index: int in _round_trips.size():
		if _round_trips[index] < _round_trips[best]:
			best = index
	_offset = _offsets[best]
