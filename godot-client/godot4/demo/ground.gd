extends Control
## The ground of the plaza and everybody on it.

const Figure := preload("figure.gd")
const Look := preload("look.gd")
const Walking := preload("walking.gd")
## The ground in the plaza's units.
const EXTENT := Vector2(1600.0, 900.0)
const _PAVING := 100.0
## A game that was stopped for a while does not walk all the way at once.
const _LONGEST_STEP := 0.1

## Where keys and pointer lead us.
var walking: Walking = Walking.new()

var _figures: Dictionary = {}
var _you: int = 0


## Where we are; [constant Vector2.INF] until the server has said it.
func place_of_you() -> Vector2:
	var you := _figure(_you)
	return you.at if you and you.is_placed else Vector2.INF


## Where everybody is shown, [x, y] by name.
func places() -> Dictionary:
	var places_ := {}
	for figure: Figure in _figures.values():
		if figure.is_placed:
			places_[figure.title] = [snappedf(figure.at.x, 0.1), snappedf(figure.at.y, 0.1)]
	return places_


## A new room: only its members are here. We stand where we stood before, if anywhere.
func begin(room: EstragonRoom) -> void:
	var stood := place_of_you()
	for number: int in _figures.keys():
		_forget(number)
	_you = room.you
	sync(room)
	if stood.is_finite():
		_figure(_you).put(stood)


## We have left; where we stood is of no meaning any more.
func clear() -> void:
	for number: int in _figures.keys():
		_forget(number)
	walking.goal = Vector2.INF


## Those here are the room's members, no more and no fewer.
func sync(room: EstragonRoom) -> void:
	for number: int in _figures.keys():
		if not room.members.has(number):
			_forget(number)
	for member: EstragonMember in room.members.values():
		if not _figures.has(member.number):
			_figures[member.number] = Figure.new(member, member.number == _you)
			add_child(_figure(member.number))
		_figure(member.number).show_away(member.away)


## Everybody was here when the server's clock said [param time]. Of ourselves we know better.
func aim(rows: Array, time: float) -> void:
	for row: Array in rows:
		var number: int = row[0]
		var x: float = row[1]
		var y: float = row[2]
		var figure := _figure(number)
		if figure and not (number == _you and figure.is_placed):
			figure.aim(Vector2(x, y), time, Network.clock.now())


## Lets a member say something.
func say(number: int, text: String) -> void:
	if _figures.has(number):
		_figure(number).say(text)


## Lets a member wave.
func wave(number: int) -> void:
	if _figures.has(number):
		_figure(number).wave()


func _gui_input(event: InputEvent) -> void:
	var click := event as InputEventMouseButton
	if click and click.pressed and click.button_index == MOUSE_BUTTON_LEFT:
		walking.goal = click.position / _unit()
	var key := event as InputEventKey
	if key and walking.leads(key.physical_keycode):
		accept_event() # or the arrow keys would move the focus


func _process(delta: float) -> void:
	var now := Network.clock.now()
	for number: int in _figures:
		var figure := _figure(number)
		if number != _you:
			figure.step(now)
		elif figure.is_placed:
			figure.at = walking.step(figure.at, minf(delta, _LONGEST_STEP), has_focus())
		figure.settle(size, _unit())


func _draw() -> void:
	var frame := Rect2(Vector2.ZERO, size)
	var paving := get_theme_color("paving", "Plaza")
	var paper := get_theme_color("paper", "Plaza")
	draw_style_box(Look.box(paving, paving, 0, 12), frame)
	for column: int in range(1, int(EXTENT.x / _PAVING)):
		var x := column * _PAVING * _unit()
		draw_line(Vector2(x, 0.0), Vector2(x, size.y), paper, 2.0)
	for line: int in range(1, int(EXTENT.y / _PAVING)):
		var y := line * _PAVING * _unit()
		draw_line(Vector2(0.0, y), Vector2(size.x, y), paper, 2.0)
	var is_focused := has_focus()
	var edge := get_theme_color("accent" if is_focused else "line", "Plaza")
	var border := Look.box(Color.TRANSPARENT, edge, 2 if is_focused else 1, 12)
	border.draw_center = false
	draw_style_box(border, frame)


func _unit() -> float:
	return size.x / EXTENT.x


func _figure(number: int) -> Figure:
	return _figures.get(number)


func _forget(number: int) -> void:
	_figure(number).queue_free()
	_figures.erase(number)
