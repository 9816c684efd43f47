# Which time of a room is shown: a clock of its own that does not pass the newest frame.
#
# How far behind it is follows from how late frames came. A room's time is its ticks times its step,
# in milliseconds.
class_name EstragonPlayback
extends Reference

const EstragonProtocol := preload("protocol.gd")

# The time that is shown.
var shown: float = 0.0
# The time of the newest frame; -INF before the first.
var newest: float = -INF
# How far what is shown is behind the newest that could be known, in milliseconds.
var delay: float setget , _get_delay

var _step: float
# When frames arrived, and our clock less the room's then.
var _arrived: Array = []
var _offsets: Array = []
# That at the soonest arrival, and at one that is late.
var _soonest: float = 0.0
var _late: float = 0.0
# The ends of a while in which nothing changed.
var _still_from: float = 0.0
var _still_to: float = 0.0
# When we looked last, and for how long the clock has waited for a frame.
var _looked: float = 0.0
var _waited: float = 0.0


func _init(step_ms: float) -> void:
	_step = step_ms


# The frame of `tick` has arrived at `at`; until the tick `since` nothing had changed.
func frame(tick: int, since: int, at: float) -> void:
	var time := tick * _step
	if time <= newest:
		return
	var was_busy := newest > -INF and at - _looked > EstragonProtocol.PLAYBACK_HITCH_MS
	if not was_busy or _arrived.empty():
		_learn(at, at - time)
	if newest > -INF:
		_still_from = newest
		_still_to = since * _step
	else:
		shown = _ideal(at)
		_looked = at
	newest = time


# It is `now`: the time to show.
func look(now: float) -> float:
	var elapsed := _later(now - _looked, 0.0)
	_looked = _later(_looked, now)
	if newest == -INF:
		return shown
	var behind := _ideal(_looked) - shown - elapsed
	var before := shown
	if abs(behind) > EstragonProtocol.PLAYBACK_SNAP_MS:
		shown = _ideal(_looked)
	else:
		shown += elapsed * _rate(behind)
	if before >= _still_from and before < _still_to:
		shown = _later(shown, _sooner(_ideal(_looked), _still_to))
	_wait(before, elapsed)
	return shown


# Begins anew: what comes is of another time.
func clear() -> void:
	_arrived.clear()
	_offsets.clear()
	newest = -INF


func _get_delay() -> float:
	return _looked - _soonest - shown if newest > -INF else 0.0


func _learn(at: float, offset: float) -> void:
	_arrived.append(at)
	_offsets.append(offset)
	while (
		_arrived.size() > EstragonProtocol.PLAYBACK_WINDOW
		or at - _arrived[0] >= EstragonProtocol.PLAYBACK_STALE_MS
	):
		_arrived.pop_front()
		_offsets.pop_front()
	var sorted := _offsets.duplicate()
	sorted.sort()
	_soonest = sorted[0]
	_late = sorted[int(ceil(sorted.size() * EstragonProtocol.PLAYBACK_PART)) - 1]


# What should be shown at a time of ours.
func _ideal(now: float) -> float:
	var late: float = _late + _step + EstragonProtocol.PLAYBACK_MARGIN_MS
	return now - _sooner(late, _soonest + EstragonProtocol.PLAYBACK_MOST_DELAY_MS)


# The clock stops a little beyond the newest frame; where none comes, nothing moves any more.
func _wait(before: float, elapsed: float) -> void:
	var end: float = newest + EstragonProtocol.PLAYBACK_EXTRAPOLATE_MS
	_waited = 0.0 if shown < end else _waited + elapsed
	shown = _sooner(shown, end)
	if _waited > EstragonProtocol.PLAYBACK_WAIT_MS:
		shown = _later(newest, before - elapsed * EstragonProtocol.PLAYBACK_MOST_FASTER)


# How fast the clock runs that is so many milliseconds behind.
static func _rate(behind: float) -> float:
	if abs(behind) <= EstragonProtocol.PLAYBACK_TOLERANCE_MS:
		return 1.0
	var most: float = EstragonProtocol.PLAYBACK_MOST_FASTER
	var least: float = -EstragonProtocol.PLAYBACK_MOST_SLOWER
	return 1.0 + _later(least, _sooner(behind / EstragonProtocol.PLAYBACK_EASE_MS, most))


# In Godot 3.2 `min` and `max` know seven digits of a time.
static func _sooner(one: float, other: float) -> float:
	return one if one < other else other


static func _later(one: float, other: float) -> float:
	return one if one > other else other
