extends Control
## The ground of the plaza and everybody on it.

const Figure := preload("figure.gd")
const Fireflies := preload("fireflies.gd")
const Look := preload("look.gd")
const Tree_ := preload("tree.gd")
const Walking := preload("walking.gd")
## The ground in the plaza's units.
const EXTENT := Vector2(1600.0, 900.0)
const _PAVING := 100.0

## Something has happened to us: the name of a tune of [code]sounds.gd[/code].
signal happened(what: String)

## Where keys and pointer lead us.
var walking: Walking = Walking.new()

var _figures: Dictionary = {}
var _you: int = 0
var _state: EstragonState
## By row, the figures of those who are no members.
var _bots: Dictionary = {}
var _tree: Tree_ = Tree_.new()
var _fireflies: Fireflies = Fireflies.new()


## Where everybody is shown, [x, y] by name.
func places() -> Dictionary:
	var places_ := {}
	for figure: Figure in _figures.values():
		if figure.is_placed:
			places_[figure.title] = [snappedf(figure.at.x, 0.1), snappedf(figure.at.y, 0.1)]
	return places_


## A new room: only its members are here. We go where we stood before, if anywhere.
func begin(room: EstragonRoom) -> void:
	var you := _figure(_you)
	if you and you.is_placed:
		walking.goal = you.at
	for number: int in _figures.keys():
		_forget(number)
	_you = room.you
	_let_go()
	_state = room.state
	_state.predict("players", walking.step)
	_state.sampling.connect(_steer)
	_fireflies.follow(_state.table("fireflies"))
	sync(room)


## We have left; where we stood is of no meaning any more.
func clear() -> void:
	for number: int in _figures.keys():
		_forget(number)
	_forget_bots([])
	_fireflies.follow(null)
	_let_go()
	walking.goal = Vector2.INF


## Those here are the room's members, no more and no fewer.
func sync(room: EstragonRoom) -> void:
	for number: int in _figures.keys():
		if not room.members.has(number):
			_forget(number)
	for member: EstragonMember in room.members.values():
		if not _figures.has(member.number):
			var colour := Figure.colour_of(member)
			_figures[member.number] = Figure.new(member.name, colour, member.number == _you)
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
	var drag := event as InputEventMouseMotion
	if drag and drag.button_mask & MOUSE_BUTTON_MASK_LEFT:
		walking.goal = drag.position / _unit()
	var key := event as InputEventKey
	if key and walking.leads(key.physical_keycode):
		accept_event() # or the arrow keys would move the focus


func _process(_delta: float) -> void:
	if not _state:
		return
	_steer()
	for row: EstragonRow in _state.table("players").rows():
		var figure := _figure(row.owner)
		if not figure:
			continue
		var news := figure.take(row)
		if news and row.owner == _you:
			happened.emit(news)
		figure.settle(size, _unit())
	_play_bots()
	var round_ := _state.table("round").row()
	_tree.lights = round_.get("lights") if round_ else 0
	_tree.settle(size, _unit())
	_fireflies.settle(_unit())


func _ready() -> void:
	add_child(_tree)
	add_child(_fireflies)


func _play_bots() -> void:
	var bots := _state.table("bots").rows()
	_forget_bots(bots)
	for row: EstragonRow in bots:
		if not _bots.has(row):
			var colour := Color.from_string(str(row.get("colour")), Color.GRAY)
			_bots[row] = Figure.new(str(row.get("name")), colour, false)
			add_child(_bot(row))
		_bot(row).take(row)
		_bot(row).settle(size, _unit())


func _forget_bots(present: Array[EstragonRow]) -> void:
	for row: EstragonRow in _bots.keys():
		if not present.has(row):
			_bot(row).queue_free()
			_bots.erase(row)


func _bot(row: EstragonRow) -> Figure:
	return _bots[row]


## Says which way we walk from where we will be, or that we stand.
func _steer() -> void:
	var row := _state.table("players").mine()
	if not row:
		return
	var x: float = row.get("x")
	var y: float = row.get("y")
	var ahead_x: float = row.predicted.get("x", x)
	var ahead_y: float = row.predicted.get("y", y)
	var ahead := Vector2(ahead_x, ahead_y)
	if walking.walks(ahead, Vector2(x, y), has_focus()):
		var way := walking.way(ahead)
		_state.input({"x": way.x, "y": way.y})
	else:
		_state.rest()


## The room that we saw is not ours any more.
func _let_go() -> void:
	if _state:
		_state.sampling.disconnect(_steer)
	_state = null


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
