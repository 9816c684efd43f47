extends RefCounted
## Where keys and pointer lead.

## Units a second: the plaza's width in five seconds.
const SPEED := 320.0
## The plaza without the margin that a body needs.
const _INSIDE := Rect2(24.0, 24.0, 1552.0, 852.0)
const _KEYS: Dictionary = {
	KEY_LEFT: Vector2.LEFT, KEY_A: Vector2.LEFT,
	KEY_RIGHT: Vector2.RIGHT, KEY_D: Vector2.RIGHT,
	KEY_UP: Vector2.UP, KEY_W: Vector2.UP,
	KEY_DOWN: Vector2.DOWN, KEY_S: Vector2.DOWN,
}

## Where the pointer sent us; [constant Vector2.INF] when nowhere.
var goal: Vector2 = Vector2.INF


## Whether this is a phone, say, or a tablet: no keys, and a finger for a pointer.
static func is_by_touch() -> bool:
	if OS.has_feature("web"):
		return JavaScriptBridge.eval("matchMedia('(pointer: coarse)').matches")
	return OS.has_feature("mobile")


## Whether this key, by its place on the keyboard, is one to walk with.
func leads(physical_key: Key) -> bool:
	return _KEYS.has(physical_key)


## Where we are [param delta] seconds after we were [param at].
func step(at: Vector2, delta: float, has_keys: bool) -> Vector2:
	var ahead := _direction() if has_keys else Vector2.ZERO
	if ahead:
		goal = Vector2.INF
		return _inside(at + ahead * SPEED * delta)
	if not goal.is_finite():
		return at
	var next := at.move_toward(_inside(goal), SPEED * delta)
	if next == _inside(goal):
		goal = Vector2.INF
	return next


func _direction() -> Vector2:
	var sum := Vector2.ZERO
	for key: Key in _KEYS:
		if Input.is_physical_key_pressed(key):
			var way: Vector2 = _KEYS[key]
			sum += way
	return sum.sign().normalized()


func _inside(at: Vector2) -> Vector2:
	return at.clamp(_INSIDE.position, _INSIDE.end)
