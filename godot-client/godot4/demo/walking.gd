extends RefCounted
## Where keys and pointer lead.

## Units a second: the plaza's width in five seconds.
const SPEED := 320.0
## A tick of the plaza, in seconds.
const TICK := 0.05
## The plaza without the margin that a body needs.
const _INSIDE := Rect2(24.0, 24.0, 1552.0, 852.0)
## Less than that apart is the same place.
const _NEAR := 0.05
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


## What an input makes of who walks: the same as the server has it, in protocol/plaza.ts.
func step(walker: Dictionary, input: Dictionary, seconds: float) -> void:
	var ahead: float = input["x"]
	var aside: float = input["y"]
	var x: float = walker["x"]
	var y: float = walker["y"]
	var far := SPEED * seconds / maxf(1.0, sqrt(ahead * ahead + aside * aside))
	walker["x"] = clampf(_tenths(x + ahead * far), _INSIDE.position.x, _INSIDE.end.x)
	walker["y"] = clampf(_tenths(y + aside * far), _INSIDE.position.y, _INSIDE.end.y)


## Whether we walk from where we will be: until the server, too, has us there, at [param known].
func walks(at: Vector2, known: Vector2, has_keys: bool) -> bool:
	if has_keys and _direction():
		goal = Vector2.INF
		return true
	if goal.is_finite() and maxf(_left(at).length(), _left(known).length()) < _NEAR:
		goal = Vector2.INF
	return goal.is_finite()


## Which way, for one tick.
func way(at: Vector2) -> Vector2:
	if not goal.is_finite():
		return _direction()
	return _left(at) / maxf(_left(at).length(), SPEED * TICK)


func _direction() -> Vector2:
	var sum := Vector2.ZERO
	for key: Key in _KEYS:
		if Input.is_physical_key_pressed(key):
			var side: Vector2 = _KEYS[key]
			sum += side
	return sum.sign().normalized()


## What is left to the nearest place to the goal where somebody can stand: on the ground, to the
## tenth.
func _left(at: Vector2) -> Vector2:
	return goal.snapped(Vector2(0.1, 0.1)).clamp(_INSIDE.position, _INSIDE.end) - at


func _tenths(value: float) -> float:
	return roundf(value * 10.0) / 10.0
