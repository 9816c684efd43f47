extends Node
## Brings a game of puppet.gd into surviving.tscn, and remembers what happens there while hosts come
## and go, and the scene as well.

const Network := preload("res://addons/estragon/network.gd")
const Surviving := preload("res://test/surviving.gd")
const _SCENE := "res://test/surviving.tscn"

## What becomes of the scene under another host.
var mode: EstragonMigration.Mode = EstragonMigration.Mode.RESTORE

## What happened: in which frame, at which millisecond, and a word for it.
var _told: Array = []
## The last number in each epoch, from whom.
var _heard: Dictionary = {}
## The last number in each epoch of our own.
var _spoken: Dictionary = {}
## Of calls: those of another epoch, those out of order, and what the engine said of our own.
var _late: int = 0
var _skipped: int = 0
var _failed: int = 0
var _number: int = 0
## Of the peer there is.
var _epoch: int = 0
var _game: Surviving

@onready var _network: Network = get_node(^"/root/Network")


func _ready() -> void:
	_network.rooms.host_migrated.connect(_on_migrated)


## Opens a room, a new one where there is no [param code]; returns its code.
func sit(url: String, code: String = "") -> String:
	await _network.connect_to_server(url)
	var seated := (
		await _network.rooms.join(code) if code else await _network.rooms.create("arena")
	)
	if not seated.ok:
		return str(seated)
	get_tree().change_scene_to_file(_SCENE)
	await get_tree().process_frame
	await get_tree().process_frame
	_epoch = seated.room.epoch
	multiplayer.multiplayer_peer = _network.rooms.multiplayer_peer()
	seated.room.member_away.connect(note.bind("away").unbind(1))
	while multiplayer.multiplayer_peer.get_connection_status() == 1:
		await get_tree().process_frame
	return seated.room.code


## As host, makes the game.
func begin(mark: String) -> void:
	_game.begin(mark)


## Returns what was handed over, once it was.
func hand_over() -> Dictionary:
	var state := _game.state()
	var handed := await _network.rooms.hand_over(state)
	return state if handed.ok else {}


func prefer(name: String) -> void:
	mode = EstragonMigration.Mode[name]
	_game.migration.mode = mode


## What there is to see.
func look() -> Dictionary:
	var beacon := _game.beacon() if _game else null
	return {
		"id": multiplayer.get_unique_id(),
		"peers": Array(multiplayer.get_peers()),
		"names": _game.field.get_children().map(func(child: Node) -> String: return str(child.name)),
		"mark": beacon.text if beacon else "",
		"beat": beacon.position.x if beacon else -1.0,
		"own": _own(),
		"epoch": _epoch,
		"heard": _heard,
		"spoken": _spoken,
		"told": _told,
		"late": _late,
		"skipped": _skipped,
		"failed": _failed,
		"nodes": Performance.get_monitor(Performance.OBJECT_NODE_COUNT),
		"orphans": Performance.get_monitor(Performance.OBJECT_ORPHAN_NODE_COUNT),
	}


func forget() -> void:
	_told.clear()


func leave() -> void:
	get_tree().quit.call_deferred()


## A game is there, anew.
func enter(game: Surviving) -> void:
	_game = game


func note(what: String) -> void:
	_told.append([Engine.get_process_frames(), Time.get_ticks_msec(), what])


## A call to all others, in every frame.
func call_all(game: Surviving) -> void:
	_number += 1
	_spoken[_epoch] = _number
	for error: Error in [
		game.rpc(&"call_reliably", _epoch, _number), game.rpc(&"call_unreliably", _epoch)
	]:
		if error != OK:
			_failed += 1


func hear(from: int, epoch: int, number: int) -> void:
	if epoch != _epoch:
		_late += 1
	if number < 0:
		return
	if not _heard.has(_epoch):
		_heard[_epoch] = {}
	var numbers: Dictionary = _heard[_epoch]
	var last: int = numbers.get(from, number - 1)
	if number != last + 1:
		_skipped += 1
	numbers[from] = number


func _own() -> float:
	var own := _game.figure(multiplayer.get_unique_id())
	return own.position.x if own else -1.0


func _on_migrated(
	room: EstragonRoom, _peer: EstragonMultiplayerPeer, _handover: Variant, _ids: Dictionary
) -> void:
	note("migrated")
	_epoch = room.epoch
