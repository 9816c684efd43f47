class_name EstragonPacer
extends RefCounted
## When what is charged to a class of messages may go, so that it is never too fast for its server.
##
## A bucket of tokens is known by when it is full again (the generic cell rate algorithm).

## By class: how many at once, and the milliseconds from one to the next.
var _paces: Dictionary = {}
## By class, when its bucket is full again.
var _full_at: Dictionary = {}


## [param rates] as a welcome tells them.
func _init(rates: Dictionary = EstragonProtocol.RATES) -> void:
	set_rates(rates)


## What a message of this type is charged to.
static func rate_of(type: String) -> String:
	var line: Dictionary = EstragonProtocol.MESSAGES.get(type, {})
	var other: String = EstragonProtocol.BINARY_RATES.get(type, EstragonProtocol.OTHER_RATE)
	return line.get("rate", other)


## The server admits so much from now on; a class that [param rates] does not name is not limited.
func set_rates(rates: Dictionary) -> void:
	_paces.clear()
	for name: String in rates:
		var rate: Dictionary = rates[name]
		var per_second: float = rate["per_second"]
		var burst: float = rate["burst"]
		var kept := per_second * EstragonProtocol.PACE
		var most := maxf(1.0, burst - kept * EstragonProtocol.SLACK_MS / 1000.0)
		_paces[name] = PackedFloat64Array([most, 1000.0 / kept])


## When the next of this class may go, [param now] or later, behind those that were taken.
func next(name: String, now: float) -> float:
	if not _paces.has(name):
		return now
	var pace: PackedFloat64Array = _paces[name]
	var full_at: float = _full_at.get(name, 0.0)
	return maxf(now, full_at - (pace[0] - 1.0) * pace[1])


## One of this class goes at [param at].
func take(name: String, at: float) -> void:
	if not _paces.has(name):
		return
	var pace: PackedFloat64Array = _paces[name]
	var full_at: float = _full_at.get(name, 0.0)
	_full_at[name] = maxf(full_at, at) + pace[1]


## Another session: nothing was charged to it yet.
func forget() -> void:
	_full_at.clear()
