class_name EstragonConnections
extends RefCounted
## One connection after another, each an [EstragonLink]: opens the next some time after the last is
## gone.

## A connection begins.
signal begun(link: EstragonLink)
## Another link takes the place of the one of this connection.
signal replaced(link: EstragonLink)
## It is gone, or never opened; [param code] is -1 where the peer gave none.
signal closed(code: int, reason: String)
## The next opens after so many seconds.
signal returning(seconds: float)
## The network is made worse, so that nobody ships that by accident.
signal warned(text: String)

## A device says several things at once when it is back.
const _SOONEST_MS := 1_000.0
## What is told where it would not come back by itself.
const _USUAL_PAUSE_MS := float(EstragonProtocol.PAUSE_MS)

## Where they lead.
var url: String = ""
## For how long after a drop the server keeps the seat.
var kept_ms: float = 0.0

var _world: EstragonWorld
var _make: Callable
var _options := EstragonOptions.new()
var _link: EstragonLink
var _tries: int = 0
var _retry_at: float = -1.0
var _tried_at: float = -INF
## When the first of those was lost that did not succeed; -1 where there is none.
var _lost_at: float = -1.0
## Whether the server said how long to wait.
var _is_paused: bool = false
var _pause_ms: float = 0.0
## When the connection there was last became good; -1 where it had been none.
var _good_at: float = -1.0
var _lag: EstragonLag
## How many connections it befell.
var _lagged: int = 0


## [param make] makes an [EstragonLink] of a URL, options and a world.
func _init(world: EstragonWorld, make: Callable) -> void:
	_world = world
	_make = make


## Opens the first.
func open(to: String, options: EstragonOptions) -> void:
	url = to
	_options = options
	_tries = 0
	_lost_at = -1.0
	_pause_ms = 0.0
	_good_at = -1.0
	_begin()


## Drives the connection there is, and opens the next when it is time.
func poll() -> void:
	var link := _link # Keeps it alive while it tells that it has closed.
	if link:
		link.poll()
	elif _retry_at >= 0.0 and _world.now() >= _retry_at:
		_begin()


## This one is good: the first try after it comes soon.
func succeed() -> void:
	_tries = 0
	_lost_at = -1.0
	_good_at = _world.now()


## The next opens after a while, the longer the more did not succeed, if a close with [param code]
## allows it; returns after how many milliseconds, -1 for never.
func come_back(code: int) -> float:
	var action: String = EstragonProtocol.CLOSE_ACTIONS.get(code, "return")
	if action == "refused" or code == EstragonProtocol.CLOSE_NORMAL:
		return -1.0
	_is_paused = action == "pause"
	if _is_paused and _options.pause <= 0.0:
		return -1.0
	var wait_ms := _pause() if _is_paused else _backoff()
	_retry_at = _world.now() + wait_ms
	return wait_ms


## The server refused what was said on this one; another, after [param retry_ms] where it is not -1.
func come_back_later(retry_ms: int) -> void:
	give_up(EstragonLink.LOST, "claim refused")
	if retry_ms >= 0:
		_is_paused = true
		_retry_at = _world.now() + retry_ms
		returning.emit(retry_ms / 1000.0)


## Whether [method hurry] would do good: the next is not to wait, and was not only just tried.
func may_hurry() -> bool:
	return not _is_paused and _world.now() - _tried_at >= _SOONEST_MS


## Opens the next a second after the last, which was in vain, unless it is to wait.
func hurry_soon() -> void:
	if not _is_paused and _retry_at >= 0.0:
		_retry_at = minf(_retry_at, _tried_at + _SOONEST_MS)


## Opens the next at once, in place of one that has not got anywhere.
func hurry() -> void:
	if _link:
		_link.cut()
	_tries = 0
	_begin()


## Makes the network worse from now on, as [param values] say, or good again where they are empty,
## see [EstragonLag]; returns what is wrong with them.
func lag(values: Dictionary) -> EstragonError:
	var problem := EstragonLag.problem(values)
	if problem:
		return EstragonError.local(EstragonProtocol.INVALID_MESSAGE_DATA, problem)
	_lag = EstragonLag.from(values, _world) if values else null
	_lagged = 0
	if _link:
		_suffer()
		replaced.emit(_link)
	if _lag:
		_tell("lag is on: %s" % _lag)
	return null


## Does not wait for the connection to say that it is gone.
func give_up(code: int, reason: String) -> void:
	if _link:
		_link.cut()
	_on_closed(code, reason)


## Says goodbye; none opens any more.
func leave(code: int, reason: String) -> void:
	if _link:
		_link.close(code, reason)
	forget()


## None opens any more.
func forget() -> void:
	_link = null
	_retry_at = -1.0


## Why there is no connection any more.
func error_of(code: int, reason: String) -> EstragonError:
	var pause_ms := _options.pause * 1000.0 if _options.pause > 0.0 else _USUAL_PAUSE_MS
	return EstragonError.closed(url, code, reason, pause_ms)


func _backoff() -> float:
	_tries += 1
	var now := _world.now()
	_lost_at = now if _lost_at < 0.0 else _lost_at
	var is_kept := now - _lost_at < kept_ms
	return _options.backoff(_tries, _world.chance(), is_kept) * 1000.0


## Twice the pause before, unless what came between lasted longer than that.
func _pause() -> float:
	var first := _options.pause * 1000.0
	var is_one_more := _good_at < 0.0 or _world.now() - _good_at < _pause_ms
	var most := maxf(first, EstragonProtocol.LONGEST_PAUSE_MS)
	_pause_ms = minf(2.0 * _pause_ms, most) if is_one_more and _pause_ms > 0.0 else first
	_good_at = -1.0
	return _pause_ms


func _begin() -> void:
	_retry_at = -1.0
	_is_paused = false
	_tried_at = _world.now()
	_link = _make.call(url, _options, _world)
	_link.closed.connect(_on_closed)
	if _lag:
		_suffer()
	begun.emit(_link)


func _suffer() -> void:
	var lagging := _link as EstragonLaggingLink
	if not lagging:
		lagging = EstragonLaggingLink.new(_link, _world)
		_link = lagging
	_lagged += 1
	lagging.suffer(_lag, _lagged)


func _on_closed(code: int, reason: String) -> void:
	_link = null
	closed.emit(code, reason)


func _tell(text: String) -> void:
	warned.emit(text)
	if OS.has_feature("editor"):
		push_warning(text)
