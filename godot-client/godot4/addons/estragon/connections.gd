class_name EstragonConnections
extends RefCounted
## One connection after another, each an [EstragonLink]: opens the next some time after the last is
## gone.

## A connection begins.
signal begun(link: EstragonLink)
## It is gone, or never opened; [param code] is -1 where the peer gave none.
signal closed(code: int, reason: String)

## Where they lead.
var url: String = ""

var _world: EstragonWorld
var _make: Callable
var _options: EstragonOptions
var _link: EstragonLink
var _tries: int = 0
var _retry_at: float = -1.0


## [param make] makes an [EstragonLink] of a URL, options and a world.
func _init(world: EstragonWorld, make: Callable) -> void:
	_world = world
	_make = make


## Opens the first.
func open(to: String, options: EstragonOptions) -> void:
	url = to
	_options = options
	_tries = 0
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


## The next opens after a while, the longer the more did not succeed.
func come_back() -> void:
	_tries += 1
	_retry_at = _world.now() + _options.backoff(_tries, _world.chance()) * 1000.0


## The server refused what was said on this one; another, after [param retry_ms] where it is not -1.
func come_back_later(retry_ms: int) -> void:
	give_up(EstragonLink.LOST, "claim refused")
	if retry_ms >= 0:
		_retry_at = _world.now() + retry_ms


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


func _begin() -> void:
	_retry_at = -1.0
	_link = _make.call(url, _options, _world)
	_link.closed.connect(_on_closed)
	begun.emit(_link)


func _on_closed(code: int, reason: String) -> void:
	_link = null
	closed.emit(code, reason)
