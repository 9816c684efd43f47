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
	figures.clear()
	_you = room.get("you")
	sync_with(room)
	if before:
		figures[_you].put(before.at)


# We have left; where we stood is of no meaning any more.
func clear() -> void:
	figures.clear()
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


# Everybody was here when the server's clock said `time`. Of ourselves we know better.
func aim(rows: Array, time: float) -> void:
	var now: float = Network.clock.now()
	for row in rows:
		var figure: Figure = figures.get(row[0])
		if figure and not (figure.is_you and figure.is_placed):
			figure.aim(Vector2(row[1], row[2]), time, now)


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
	if not is_visible_in_tree():
		return
	var now: float = Network.clock.now()
	for figure in figures.values():
		if not figure.is_you:
			figure.step(now)
		elif figure.is_placed:
			figure.put(walking.step(figure.at, min(delta, _LONGEST_STEP), has_focus()))
	update()


func _draw() -> void:
	_drawing.draw(self, figures.values())
