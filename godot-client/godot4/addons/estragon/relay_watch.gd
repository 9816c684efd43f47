class_name EstragonRelayWatch
extends RefCounted
## Whether the engine still has its peer, which it polls in every frame.

## A peer that the engine did not poll for so long is held by nothing but a variable of the game's.
const _UNPOLLED_MS := 1_000.0
## And so often may it have been looked at.
const _LOOKS := 10

var _world: EstragonWorld
var _polled_at: float = 0.0
var _looks: int = 0


func _init(world: EstragonWorld) -> void:
	_world = world


## It was polled, or need not be.
func note() -> void:
	_polled_at = _world.now()
	_looks = 0


## To be called once a frame: whether it was let go of.
func look() -> bool:
	_looks += 1
	return _looks > _LOOKS and _world.now() - _polled_at > _UNPOLLED_MS
