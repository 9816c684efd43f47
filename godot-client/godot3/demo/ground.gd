# The ground of the plaza and everybody on it.
extends Control

# Something has happened to us: the name of a tune of sounds.gd.
signal happened(what)

# warning-ignore-all:return_value_discarded

const Drawing := preload("drawing.gd")
const Figure := preload("figure.gd")
const Walking := preload("walking.gd")

# Where keys and pointer lead us.
var walking := Walking.new()
# Who is here: a Figure by member number.
var figures: Dictionary = {}

var _you: int = 0
# An EstragonState; null in no room.
var _state: Reference
# By row, the figures of those who are no members.
var _bots: Dictionary = {}
var _drawing := Drawing.new()


# Ourselves as shown; null before the server has said where we are.
func you() -> Figure:
	var figure: Figure = figures.get(_you)
	return figure if figure and figure.is_placed else null


# Where everybody is shown, [x, y] by name.
func places() -> Dictionary:
	var places := {}
	for figure in figures.values():
		if figure.is_placed:
			places[figure.name] = [stepify(figure.at.x, 0.1), stepify(figure.at.y, 0.1)]
	return places


# A new room, an EstragonRoom: only its members are here. We go where we stood, if anywhere.
func begin(room: Reference) -> void:
	var before := you()
	if before:
		walking.go_to(before.at)
	figures.clear()
	_you = room.get("you")
	_let_go()
	_state = room.get("state")
	_state.call("predict", "players", walking)
	_state.connect("sampling", self, "_steer")
	_bots.clear()
	sync_with(room)


# We have left; where we stood is of no meaning any more.
func clear() -> void:
	figures.clear()
	_let_go()
	_bots.clear()
	walking.stop()


# Those here are the room's members, no more and no fewer.
func sync_with(room: Reference) -> void:
	var members: Dictionary = room.get("members")
	for number in figures.keys():
		if not members.has(number):
			figures.erase(number)
	for number in members:
		if not figures.has(number):
			var colour := Figure.colour_of(members[number].data)
			figures[number] = Figure.new(members[number].name, colour, number == _you)
		figures[number].away = members[number].away


# Lets a member say something.
func say(number: int, text: String) -> void:
	if figures.has(number):
		figures[number].say(text)


# Lets a member wave.
func wave(number: int) -> void:
	if figures.has(number):
		figures[number].wave()


func _gui_input(event: InputEvent) -> void:
	var click := event as InputEventMouseButton
	if click and click.pressed and click.button_index == BUTTON_LEFT:
		walking.go_to(Drawing.place_at(click.position, rect_size))
	var drag := event as InputEventMouseMotion
	if drag and drag.button_mask & BUTTON_MASK_LEFT:
		walking.go_to(Drawing.place_at(drag.position, rect_size))
	var key := event as InputEventKey
	if key and walking.leads(key.scancode):
		accept_event() # or the arrow keys would move the focus


func _process(_delta: float) -> void:
	if not is_visible_in_tree() or not _state:
		return
	_steer()
	for row in _state.call("table", "players").rows():
		var figure: Figure = figures.get(row.owner)
		if not figure:
			continue
		var news := figure.take(row)
		if news and figure.is_you:
			emit_signal("happened", news)
	_play_bots(_state.call("table", "bots").rows())
	update()


func _play_bots(rows: Array) -> void:
	for row in _bots.keys():
		if not row in rows:
			_bots.erase(row)
	for row in rows:
		if not _bots.has(row):
			_bots[row] = Figure.new(row.get("name"), Color(row.get("colour")), false)
		_bots[row].take(row)


# Says which way we walk from where we will be, or that we stand.
func _steer() -> void:
	# An EstragonRow.
	var row = _state.call("table", "players").mine()
	if not row:
		return
	var known := Vector2(row.get("x"), row.get("y"))
	var place: Dictionary = row.predicted
	var at := Vector2(place.get("x", known.x), place.get("y", known.y))
	if walking.walks(at, known, has_focus()):
		var way := walking.way(at)
		_state.call("input", {"x": way.x, "y": way.y})
	else:
		_state.call("rest")


# The room that we saw is not ours any more.
func _let_go() -> void:
	if _state:
		_state.disconnect("sampling", self, "_steer")
	_state = null


func _draw() -> void:
	if _state:
		_drawing.draw(self, figures.values() + _bots.values(), _state)
