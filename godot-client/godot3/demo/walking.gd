# Where keys and pointer lead us.
extends Reference

# The ground in the plaza's units.
const EXTENT := Vector2(1600.0, 900.0)
# How wide a body is, in units.
const BODY := 48.0
# Units a second: the plaza's width in five seconds.
const _SPEED := 320.0
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
	_goal = _inside(place)
	_has_goal = true


# Goes nowhere any more.
func stop() -> void:
	_has_goal = false


# Whether this key leads anywhere.
func leads(key: int) -> bool:
	return _KEYS.has(key)


# Where we are `seconds` after we were `at`; `listens` says whether keys lead us.
func step(at: Vector2, seconds: float, listens: bool) -> Vector2:
	var far := _SPEED * seconds
	var ahead := _direction() if listens else Vector2.ZERO
	if ahead != Vector2.ZERO:
		_has_goal = false
		return _inside(at + ahead * far)
	if not _has_goal:
		return at
	_has_goal = at.distance_to(_goal) > far
	return _inside(at.move_toward(_goal, far))


# Of length 1, or zero when no key leads anywhere.
func _direction() -> Vector2:
	var sum := Vector2.ZERO
	for key in _KEYS:
		if Input.is_key_pressed(key):
			sum += _KEYS[key]
	# Not sum.sign(): in Godot 3 the sign of 0 is 1.
	return Vector2(clamp(sum.x, -1.0, 1.0), clamp(sum.y, -1.0, 1.0)).normalized()


func _inside(place: Vector2) -> Vector2:
	var margin := BODY / 2.0
	return Vector2(
		clamp(place.x, margin, EXTENT.x - margin), clamp(place.y, margin, EXTENT.y - margin)
	)
