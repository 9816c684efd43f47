# One connection after another, each an EstragonLink: opens the next some time after the last is
# gone.
class_name EstragonConnections
extends Reference

# warning-ignore-all:return_value_discarded

# A connection begins: `link` is an EstragonLink, or what stands in its place.
signal begun(link)
# Its developer should know that a lag is on.
signal warned(text)
# It is gone, or never opened; `code` is -1 where the peer gave none.
signal closed(code, reason)

const EstragonError := preload("error.gd")
const EstragonLag := preload("lag.gd")
const EstragonLaggingLink := preload("lagging_link.gd")
const EstragonLink := preload("link.gd")
const EstragonOptions := preload("options.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonWorld := preload("world.gd")
const _NEVER := -1.0
# A device says several things at once when it is back.
const _SOONEST_MS := 1000

# For how long after a drop the server keeps the seat.
var kept_ms: float = 0.0
# The connection there is; null for none.
var link: Reference

var _world: EstragonWorld
var _factory: FuncRef
var _url: String
var _options: EstragonOptions
# The link that is saying goodbye.
var _leaving: Reference
var _lag: EstragonLag
var _tries: int = 0
var _retry_at: float = _NEVER
var _tried_at: float = -INF
# When the first of those was lost that did not succeed.
var _lost_at: float = _NEVER
# Whether the server said how long to wait.
var _is_paused: bool = false
var _pause_ms: float = 0.0
# When the connection there was last became good; _NEVER where it had been none.
var _good_at: float = _NEVER


# `factory` makes an EstragonLink of a URL, options and a world; null for the ordinary one.
func _init(world: EstragonWorld, factory: FuncRef) -> void:
	_world = world
	_factory = factory


# Opens the first.
func open(url: String, options: EstragonOptions) -> void:
	_url = url
	_options = options
	_tries = 0
	_lost_at = _NEVER
	_pause_ms = 0.0
	_good_at = _NEVER
	_begin()


# Drives the connection there is, and opens the next when it is time.
func poll() -> void:
	var its_link := link # Keeps it alive while it tells that it has closed.
	if its_link:
		its_link.call("poll")
	elif _retry_at != _NEVER and _world.now() >= _retry_at:
		_begin()
	if _leaving:
		_leaving.call("poll")
		if _leaving.call("is_finished"):
			_leaving = null


# This one is good: the first try after it comes soon.
func succeed() -> void:
	_tries = 0
	_lost_at = _NEVER
	_good_at = _world.now()


# The next opens after a while, the longer the more did not succeed, if a close with `code`
# allows it; returns after how many milliseconds, -1 for never.
func come_back(code: int) -> float:
	var action: String = EstragonProtocol.CLOSE_ACTIONS.get(code, "return")
	if action == "refused" or code == EstragonProtocol.CLOSE_NORMAL:
		return _NEVER
	_is_paused = action == "pause"
	if _is_paused and _options.pause <= 0.0:
		return _NEVER
	var wait_ms := _pause() if _is_paused else _backoff()
	_retry_at = _world.now() + wait_ms
	return wait_ms


# The next opens after so many milliseconds, as the server said.
func come_back_after(wait_ms: float) -> void:
	_is_paused = true
	_retry_at = _world.now() + wait_ms


# Whether `hurry` would do good: the next is not to wait, and was not only just tried.
func may_hurry() -> bool:
	return not _is_paused and _world.now() - _tried_at >= _SOONEST_MS


# Opens the next a second after the last, which was in vain, unless it is to wait.
func hurry_soon() -> void:
	if not _is_paused and _retry_at != _NEVER:
		_retry_at = min(_retry_at, _tried_at + _SOONEST_MS)


# Opens the next at once, in place of one that has not got anywhere.
func hurry() -> void:
	if link:
		link.call("cut")
	_tries = 0
	_begin()


# Does not wait for the connection to say that it is gone.
func give_up(code: int, reason: String) -> void:
	if link:
		link.call("cut")
	_on_closed(code, reason)


# Says goodbye, and listens for a while to the answer; none opens any more.
func leave(code: int, reason: String) -> void:
	if link:
		_leaving = link
		link.call("close", code, reason)
	forget()


# None opens any more.
func forget() -> void:
	link = null
	_retry_at = _NEVER


# Makes this connection, and those after it, as bad as `options` say; empty ones end that. Returns
# what is wrong with them.
func lag(options: Dictionary) -> EstragonError:
	var problem := EstragonLag.problem(options)
	if problem:
		return EstragonError.new(EstragonProtocol.INVALID_MESSAGE_DATA, problem)
	_lag = null if options.empty() else EstragonLag.new(options, _world.chance())
	if link and _lag and not link is EstragonLaggingLink:
		link = EstragonLaggingLink.new(link, _world)
	if link is EstragonLaggingLink:
		link.call("suffer", _lag.next_luck() if _lag else null)
	if _lag:
		emit_signal("warned", str(_lag))
	if _lag and OS.has_feature("editor"):
		push_warning(str(_lag))
	return null


# Why there is no connection any more.
func error_of(code: int, reason: String) -> EstragonError:
	var error_code := EstragonProtocol.CONNECT_FAILED
	var action: String = EstragonProtocol.CLOSE_ACTIONS.get(code, "return")
	if action == "refused" or action == "pause":
		error_code = EstragonProtocol.REFUSED
	elif code == EstragonProtocol.CLOSE_NORMAL:
		error_code = EstragonProtocol.CLOSED
	var text := reason if reason else "no server answered"
	var error := EstragonError.new(error_code, "%s: %s (%d)" % [_url, text, code])
	error.cause = code
	if action == "pause":
		var pause_ms: float = _options.pause * 1000.0
		error.retry_ms = int(round(pause_ms)) if pause_ms > 0.0 else EstragonProtocol.PAUSE_MS
	return error


func _backoff() -> float:
	_tries += 1
	var now := _world.now()
	if _lost_at == _NEVER:
		_lost_at = now
	var is_kept := now - _lost_at < kept_ms
	return _options.backoff(_tries, _world.chance(), is_kept) * 1000.0


# Twice the pause before, unless what came between lasted longer than that.
func _pause() -> float:
	var first := _options.pause * 1000.0
	var is_one_more := _good_at == _NEVER or _world.now() - _good_at < _pause_ms
	var most := max(first, EstragonProtocol.LONGEST_PAUSE_MS)
	_pause_ms = min(2.0 * _pause_ms, most) if is_one_more and _pause_ms > 0.0 else first
	_good_at = _NEVER
	return _pause_ms


func _begin() -> void:
	_retry_at = _NEVER
	_is_paused = false
	_tried_at = _world.now()
	if _factory:
		link = _factory.call_func(_url, _options, _world)
	else:
		link = EstragonLink.new(_url, _options, _world)
	if _lag:
		link = EstragonLaggingLink.new(link, _world)
		link.call("suffer", _lag.next_luck())
	link.connect("closed", self, "_on_closed")
	emit_signal("begun", link)


func _on_closed(code: int, reason: String) -> void:
	link = null
	emit_signal("closed", code, reason)
