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
var _players: EstragonStateTable
## Where we stood in the room before, until we stand there again.
var _stood: Vector2 = Vector2.INF


## Where everybody is shown, [x, y] by name.
func places() -> Dictionary:
	var places_ := {}
	for figure: Figure in _figures.values():
		if figure.is_placed:
			places_[figure.title] = [snappedf(figure.at.x, 0.1), snappedf(figure.at.y, 0.1)]
	return places_


## A new room: only its members are here. We stand where we stood before, if anywhere.
func begin(room: EstragonRoom) -> void:
	var you := _figure(_you)
	_stood = you.at if you and you.is_placed else Vector2.INF
	for number: int in _figures.keys():
		_forget(number)
	_you = room.you
	_players = room.state.table("players")
	sync(room)


## We have left; where we stood is of no meaning any more.
func clear() -> void:
	for number: int in _figures.keys():
		_forget(number)
	_players = null
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
	if not _players:
		return
	for row: EstragonRow in _players.rows():
		var figure := _figure(row.owner)
		if figure:
			if row.owner == _you:
				_walk(row, minf(delta, _LONGEST_STEP))
			var x: float = row.smooth("x")
			var y: float = row.smooth("y")
			figure.put(Vector2(x, y))
			figure.settle(size, _unit())


## Our own row is where we say.
func _walk(row: EstragonRow, delta: float) -> void:
	var x: float = row.get("x")
	var y: float = row.get("y")
	var at := _stood if _stood.is_finite() else Vector2(x, y)
	_stood = Vector2.INF
	at = walking.step(at, delta, has_focus())
	row.set("x", at.x)
	row.set("y", at.y)


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
