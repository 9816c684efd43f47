extends Node2D
## Ducks on a pond who are after bread. The game itself, which leaves it to the lobby how its players
## come together: the host throws the bread and sees who gets it, everybody steers a duck.

const Duck := preload("duck.gd")
const Lobby := preload("lobby.gd")

const WATER := Rect2(0.0, 0.0, 1280.0, 720.0)
const CRUMBS := 7
## How near to a crumb a duck has it.
const _REACH := 42.0
const _DUCK := preload("duck.tscn")
const _CRUMB := preload("crumb.tscn")
const _DEEP := Color("2f6f7a")
const _SHALLOW := Color("5aa3a3")
const _LEAF := Color("5d8a4a")
const _LEAVES: Array[Vector3] = [
	Vector3(150, 130, 46), Vector3(230, 96, 30), Vector3(1100, 590, 52), Vector3(1010, 640, 34),
	Vector3(1150, 150, 38), Vector3(120, 600, 40), Vector3(640, 660, 28),
]

var _chance: RandomNumberGenerator = RandomNumberGenerator.new()
var _crumbs_thrown: int = 0

@onready var _lobby: Lobby = $Lobby
@onready var _ducks: Node2D = $Ducks
@onready var _crumbs: Node2D = $Crumbs
@onready var _duck_spawner: MultiplayerSpawner = $DuckSpawner
@onready var _crumb_spawner: MultiplayerSpawner = $CrumbSpawner


func _ready() -> void:
	_duck_spawner.spawn_function = _make_duck
	_crumb_spawner.spawn_function = _make_crumb
	_lobby.started.connect(_begin)
	_lobby.player_came.connect(_add_duck)
	_lobby.player_left.connect(_remove_duck)
	_lobby.ended.connect(_clear)


func _physics_process(_delta: float) -> void:
	if not _lobby.is_playing or not multiplayer.is_server():
		return
	for crumb: Node2D in _crumbs.get_children():
		for duck: Duck in _ducks.get_children():
			if duck.position.distance_to(crumb.position) < _REACH:
				duck.eaten += 1
				crumb.queue_free()
				_throw()
				break


func _draw() -> void:
	draw_rect(WATER, _DEEP)
	for ring: int in 9:
		var radius := 700.0 - 70.0 * ring
		draw_circle(WATER.get_center(), radius, _DEEP.lerp(_SHALLOW, ring / 9.0))
	for leaf: Vector3 in _LEAVES:
		var at := Vector2(leaf.x, leaf.y)
		draw_circle(at + Vector2(3, 5), leaf.z, Color(_DEEP, 0.5))
		draw_circle(at, leaf.z, _LEAF)
		draw_line(at, at + Vector2(leaf.z, -leaf.z * 0.4), _DEEP, 5.0)


## The host has started: it puts on the pond what is to be there.
func _begin() -> void:
	if not multiplayer.is_server():
		return
	for id: int in _lobby.players:
		_add_duck(id)
	for _number: int in CRUMBS:
		_throw()


func _add_duck(id: int) -> void:
	if not _ducks.has_node(str(id)):
		var at := Vector2(_chance.randf_range(300, 980), _chance.randf_range(200, 520))
		_duck_spawner.spawn({"id": id, "name": _lobby.players[id], "at": at})


func _remove_duck(id: int) -> void:
	if _ducks.has_node(str(id)):
		_ducks.get_node(str(id)).queue_free()


func _throw() -> void:
	_crumbs_thrown += 1
	var at := Vector2(_chance.randf_range(80, 1200), _chance.randf_range(80, 640))
	_crumb_spawner.spawn({"number": _crumbs_thrown, "at": at})


func _make_duck(data: Dictionary) -> Node:
	var id: int = data["id"]
	var duck: Duck = _DUCK.instantiate()
	duck.name = str(id)
	duck.title = data["name"]
	duck.position = data["at"]
	# Its player says where it swims, the host what it has eaten.
	duck.set_multiplayer_authority(id)
	duck.get_node("Growth").set_multiplayer_authority(1)
	return duck


func _make_crumb(data: Dictionary) -> Node:
	var crumb: Node2D = _CRUMB.instantiate()
	crumb.name = "crumb%d" % data["number"]
	crumb.position = data["at"]
	return crumb


func _clear() -> void:
	for child: Node in _ducks.get_children() + _crumbs.get_children():
		child.queue_free()
