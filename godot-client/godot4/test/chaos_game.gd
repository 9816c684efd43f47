extends "res://test/peer_game.gd"
## A game that never stops talking, moving and spawning, and counts what the others say. What is
## reliable is numbered from 1 for all, and for each other game; what is not, by the frame.

const _FRAMES_A_CALL := 6
const _FRAMES_A_COIN := 20
const _MOST_COINS := 8

var _is_playing: bool = false
var _frame: int = 0
var _coins: int = 0
## What was said to all, 0, or to one.
var _said: Dictionary = {}
## What came last for all, and for us alone, by who said it.
var _last: Dictionary = {}
## The frames of which something unreliable came, by who and how.
var _seen: Dictionary = {}
var _wrongs: PackedStringArray = PackedStringArray()
var _returns: int = 0


func _ready() -> void:
	super()
	network.returning.connect(func(_seconds: float) -> void: _returns += 1)


func _process(_delta: float) -> void:
	if not _is_playing:
		return
	_frame += 1
	place("%d" % number(), _frame)
	loose.rpc(_frame)
	loose_ordered.rpc(_frame)
	if _frame % _FRAMES_A_CALL == 0:
		said.rpc(_next(0))
		var target := multiplayer.get_peers()[_frame % multiplayer.get_peers().size()]
		said_to_one.rpc_id(target, _next(target))
	if multiplayer.is_server():
		_tend()


@rpc("any_peer", "call_remote", "reliable")
func said(count: int) -> void:
	_count("all", count)


@rpc("any_peer", "call_remote", "reliable", 3)
func said_to_one(count: int) -> void:
	_count("one", count)


@rpc("any_peer", "call_remote", "unreliable")
func loose(frame: int) -> void:
	_see("loose", frame)


@rpc("any_peer", "call_remote", "unreliable_ordered", 4)
func loose_ordered(frame: int) -> void:
	_see("ordered", frame)


## As host, gives everybody a figure.
func people() -> void:
	for one: int in [1] + peers():
		_spawner.spawn({"name": "%d" % one, "owner": one})


func play(yes: bool) -> void:
	_is_playing = yes


## What it said, by whom it was for; what it heard, by whom and for whom; and what is where.
func summary() -> Dictionary:
	var nodes := {}
	for child: Node2D in _field.get_children():
		nodes[child.name] = [child.position.x, child.position.y]
	return {
		"said": _said,
		"heard": _last,
		"loose": _seen.values().map(func(frames: Dictionary) -> int: return frames.size()),
		"wrongs": _wrongs,
		"returns": _returns,
		"frames": _frame,
		"nodes": nodes,
	}


func _next(target: int) -> int:
	_said[target] = _said.get(target, 0) + 1
	return _said[target]


func _count(whom: String, count: int) -> void:
	var key := "%d %s" % [multiplayer.get_remote_sender_id(), whom]
	var last: int = _last.get(key, 0)
	if count != last + 1:
		_wrongs.append("%s: %d after %d" % [key, count, last])
	_last[key] = count


func _see(how: String, frame: int) -> void:
	var key := "%d %s" % [multiplayer.get_remote_sender_id(), how]
	var frames: Dictionary = _seen.get_or_add(key, {})
	if frames.has(frame):
		_wrongs.append("%s: %d twice" % [key, frame])
	frames[frame] = true


## Coins come, move and go.
func _tend() -> void:
	var coins := _field.get_children().filter(
		func(child: Node) -> bool: return str(child.name).begins_with("coin")
	)
	for coin: Node2D in coins:
		coin.position.y += 1
	if _frame % _FRAMES_A_COIN > 0:
		return
	_coins += 1
	_spawner.spawn({"name": "coin%d" % _coins, "owner": 1})
	if coins.size() >= _MOST_COINS:
		var oldest: Node = coins[0]
		oldest.queue_free()


func _make(data: Dictionary) -> Node:
	var made := Node2D.new()
	made.name = str(data["name"])
	var owner_id: int = data["owner"]
	var synchronizer := MultiplayerSynchronizer.new()
	synchronizer.name = "synchronizer"
	var config := SceneReplicationConfig.new()
	config.add_property(^".:position")
	synchronizer.replication_config = config
	made.add_child(synchronizer)
	synchronizer.set_multiplayer_authority(owner_id)
	return made
