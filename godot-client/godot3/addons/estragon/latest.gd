# The *latest* messages that wait: of each key the newest, until its class has a turn for it.
class_name EstragonLatest
extends Reference

const EstragonPacer := preload("pacer.gd")
const EstragonProtocol := preload("protocol.gd")

var _pacer: EstragonPacer
# When the next of a class may go.
var _turns: Dictionary = {}
# Those that wait, with their classes, by their keys.
var _held: Dictionary = {}


func _init(pacer: EstragonPacer) -> void:
	_pacer = pacer


# Keeps a message in place of an older one of its key: behind all others that wait, unless they wait for
# their turns, of which every key is to have one. A room keeps no more of one member for others, so
# neither do we.
func hold(key: String, rate: String, text: String, now: float) -> void:
	if _turns.get(rate, 0.0) <= now:
		# warning-ignore:return_value_discarded
		_held.erase(key)
	_held[key] = [rate, text]
	if _held.size() > EstragonProtocol.LIMIT_LATEST_KEYS:
		# warning-ignore:return_value_discarded
		_held.erase(_held.keys()[0])


# The keys of those that wait, the oldest first.
func keys() -> Array:
	return _held.keys()


# What waits under this key.
func text_of(key: String) -> String:
	return _held[key][1]


# Whether what waits under this key may go; if not, its class has its turn.
func is_due(key: String, now: float) -> bool:
	var rate: String = _held[key][0]
	if not _turns.has(rate):
		var next := _pacer.next(rate, now)
		_pacer.take(rate, next)
		_turns[rate] = next
	return _turns[rate] <= now


# It is on its way.
func went(key: String) -> void:
	# warning-ignore:return_value_discarded
	_turns.erase(_held[key][0])
	# warning-ignore:return_value_discarded
	_held.erase(key)


# Another session: nothing waits.
func forget() -> void:
	_held.clear()
	_turns.clear()
