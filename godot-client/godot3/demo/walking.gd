# Where keys and pointer lead us.
extends Reference

# The ground in the plaza's units.
const EXTENT := Vector2(1600.0, 900.0)
# How wide a body is, in units.
const BODY := 48.0
# Units a second: the plaza's width in five seconds.
const _SPEED := 320.0
# A tick of the plaza, in seconds.
const _TICK := 0.05
# Less than that apart is the same place.
const _NEAR := 0.05
const _KEYS := {
	KEY_LEFT: Vector2.LEFT, KEY_A: Vector2.LEFT,
	KEY_RIGHT: Vector2.RIGHT, KEY_D: Vector2.RIGHT,
	KEY_UP: Vector2.UP, KEY_W: Vector2.UP,
	KEY_DOWN: Vector2.DOWN, KEY_S: Vector2.DOWN,
}

var _goal: Vector2
var _has_goal: bool = false


# Whether this is a phone, say, or a tablet: no keys, and a finger for a pointer.
static func is_by_touch() -> bool:
	if OS.has_feature("JavaScript"):
		var by_finger := "matchMedia('(pointer: coarse)').matches"
		return Engine.get_singleton("JavaScript").call("eval", by_finger)
	return OS.has_feature("mobile")


# Walks to `place` from now on.
func go_to(place: Vector2) -> void:
	_goal = Vector2(_inside(place.x, EXTENT.x), _inside(place.y, EXTENT.y))
	_has_goal = true


# Goes nowhere any more.
func stop() -> void:
	_has_goal = false


# Whether this key leads anywhere.
func leads(key: int) -> bool:
	return _KEYS.has(key)


# What an input makes of who walks: the same as the server has it, in protocol/plaza.ts.
func step(walker: Dictionary, input: Dictionary, seconds: float) -> void:
	var ahead: float = input["x"]
	var aside: float = input["y"]
	var far := _SPEED * seconds / max(1.0, sqrt(ahead * ahead + aside * aside))
	walker["x"] = _inside(walker["x"] + ahead * far, EXTENT.x)
	walker["y"] = _inside(walker["y"] + aside * far, EXTENT.y)


# Whether we walk from where we will be: until the server, too, has us there, at `known`. `listens`
# says whether keys lead us.
func walks(at: Vector2, known: Vector2, listens: bool) -> bool:
	if listens and _direction() != Vector2.ZERO:
		_has_goal = false
		return true
	if max(at.distance_to(_goal), known.distance_to(_goal)) < _NEAR:
		_has_goal = false
	return _has_goal


# Which way, for one tick.
func way(at: Vector2) -> Vector2:
	if not _has_goal:
		return _direction()
	return (_goal - at) / max(at.distance_to(_goal), _SPEED * _TICK)


# Of length 1, or zero when no key leads anywhere.
func _direction() -> Vector2:
	var sum := Vector2.ZERO
	for key in _KEYS:
		if Input.is_key_pressed(key):
			sum += _KEYS[key]
	# Not sum.sign(): in Godot 3 the sign of 0 is 1.
	return Vector2(clamp(sum.x, -1.0, 1.0), clamp(sum.y, -1.0, 1.0)).normalized()


# The nearest place where somebody can stand: on the ground, to the tenth.
func _inside(place: float, extent: float) -> float:
	return clamp(round(place * 10.0) / 10.0, BODY / 2.0, extent - BODY / 2.0)
