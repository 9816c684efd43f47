# The ground of the plaza and everybody on it.
extends Control

# warning-ignore-all:return_value_discarded

const Drawing := preload("drawing.gd")
const Figure := preload("figure.gd")
const Walking := preload("walking.gd")
# A game that was stopped for a while does not walk all the way at once.
const _LONGEST_STEP := 0.1

# Where keys and pointer lead us.
var walking := Walking.new()
# Who is here: a Figure by member number.
var figures: Dictionary = {}

var _you: int = 0
# An EstragonStateTable; null in no room.
var _players: Reference
# Where we stood in the room before, until we stand there again.
var _stood: Vector2
var _has_stood: bool = false
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


# A new room, an EstragonRoom: only its members are here. We stand where we stood, if anywhere.
func begin(room: Reference) -> void:
	var before := you()
	_has_stood = before != null
	_stood = before.at if before else Vector2.ZERO
	figures.clear()
	_you = room.get("you")
	_players = room.get("state").table("players")
	sync_with(room)


# We have left; where we stood is of no meaning any more.
func clear() -> void:
	figures.clear()
	_players = null
	walking.stop()


# Those here are the room's members, no more and no fewer.
func sync_with(room: Reference) -> void:
	var members: Dictionary = room.get("members")
	for number in figures.keys():
		if not members.has(number):
			figures.erase(number)
	for number in members:
		if not figures.has(number):
			figures[number] = Figure.new(members[number], number == _you)
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
	var key := event as InputEventKey
	if key and walking.leads(key.scancode):
		accept_event() # or the arrow keys would move the focus


func _process(delta: float) -> void:
	if not is_visible_in_tree() or not _players:
		return
	for row in _players.call("rows"):
		var figure: Figure = figures.get(row.owner)
		if figure:
			if figure.is_you:
				_walk(row, min(delta, _LONGEST_STEP))
			figure.put(Vector2(row.smooth("x"), row.smooth("y")))
	update()


# Our own row, an EstragonRow, is where we say.
func _walk(row: Reference, seconds: float) -> void:
	var at := _stood if _has_stood else Vector2(row.get("x"), row.get("y"))
	_has_stood = false
	at = walking.step(at, seconds, has_focus())
	row.set("x", at.x)
	row.set("y", at.y)


func _draw() -> void:
	_drawing.draw(self, figures.values())
