class_name EstragonRelayWatch
extends RefCounted
## The engine's polls of its peer, one in every frame: they drive the session, and tell whether the
## engine still has that peer.

## A peer that the engine did not poll for so long is held by nothing but a variable of the game's.
const _UNPOLLED_MS := 1_000.0
## And so often may it have been looked at.
const _LOOKS := 10

## The peer there is, by its instance; 0 for none.
var current: int = 0
## The frame in which the engine last polled a peer, and the session with it.
var polled_in: int = -1

var _session: EstragonSession
## Whether the peer was polled since it was last looked at.
var _is_polled: bool = false
var _polled_at: float = 0.0
var _looks: int = 0
var _is_pumping: bool = false


func _init(session: EstragonSession) -> void:
	_session = session


## This peer is the one there is from now on.
func begin(id: int) -> void:
	current = id
	_is_polled = true


## The engine has polled the peer [param id]: what came is brought to it.
func poll(id: int) -> void:
	if id == current:
		_is_polled = true
	if _is_pumping:
		return
	_is_pumping = true
	polled_in = Engine.get_process_frames()
	_session.poll()
	_is_pumping = false


## To be called once a frame: whether the engine has let go of the peer, which it need not poll unless
## it [param is_met].
func look(is_met: bool) -> bool:
	if _is_polled or not is_met:
		_is_polled = false
		_polled_at = _session.world.now()
		_looks = 0
	_looks += 1
	return _looks > _LOOKS and _session.world.now() - _polled_at > _UNPOLLED_MS
