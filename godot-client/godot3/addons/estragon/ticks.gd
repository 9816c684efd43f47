# The ticks of who predicts: on an absolute schedule, from the first look on.
class_name EstragonTicks
extends Reference

const EstragonProtocol := preload("protocol.gd")

var _step_ms: float
var _next: float = -INF


func _init(step_ms: float) -> void:
	_step_ms = step_ms


# When those were that are due; who has not looked for long misses them all but one.
func due(now: float) -> Array:
	if _next < now - EstragonProtocol.PREDICTION_MOST_LATE * _step_ms:
		_next = now
	var times := []
	while _next <= now:
		times.append(_next)
		_next += _step_ms
	return times
