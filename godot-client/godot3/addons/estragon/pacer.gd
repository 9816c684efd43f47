# When what is charged to a class of messages may go, so that it is never too fast for its server. A
# bucket of tokens is known by when it is full again (the generic cell rate algorithm).
class_name EstragonPacer
extends Reference

const EstragonProtocol := preload("protocol.gd")

# By class: how many at once, and the milliseconds from one to the next.
var _paces: Dictionary = {}
# By class, when its bucket is full again.
var _full_at: Dictionary = {}


# `rates` as a welcome tells them.
func _init(rates: Dictionary = EstragonProtocol.RATES) -> void:
	set_rates(rates)


# What a message of this type is charged to.
static func rate_of(type: String) -> String:
	return EstragonProtocol.MESSAGES.get(type, {}).get("rate", EstragonProtocol.OTHER_RATE)


# The server admits so much from now on; a class that `rates` does not name is not limited.
func set_rates(rates: Dictionary) -> void:
	_paces.clear()
	for name in rates:
		var kept: float = rates[name]["per_second"] * EstragonProtocol.PACE
		var most: float = rates[name]["burst"] - kept * EstragonProtocol.SLACK_MS / 1000.0
		_paces[name] = [most if most > 1.0 else 1.0, 1000.0 / kept]


# When the next of this class may go, `now` or later, behind those that were taken.
func next(name: String, now: float) -> float:
	if not _paces.has(name):
		return now
	var pace: Array = _paces[name]
	return _later(now, _full_at.get(name, 0.0) - (pace[0] - 1.0) * pace[1])


# One of this class goes at `at`.
func take(name: String, at: float) -> void:
	if _paces.has(name):
		_full_at[name] = _later(_full_at.get(name, 0.0), at) + _paces[name][1]


# Another session: nothing was charged to it yet.
func forget() -> void:
	_full_at.clear()


# In Godot 3.2 `max` knows seven digits of a time.
static func _later(one: float, other: float) -> float:
	return one if one > other else other
