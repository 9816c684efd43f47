extends Node
## What Godot's own multiplayer costs a game, through a room or by a WebSocketMultiplayerPeer of its
## own: test/bench/relay.ts drives it. Under bench_crowd.gd it is one of those on the other side.

const Network := preload("res://addons/estragon/network.gd")
## So long at most are calls waited for.
const _PATIENCE_MS := 8_000
const _TEXT := "what a game says in a call of some sixty bytes, all in all."

var network: Network
var _heard: int = 0
var _sent: int = 0
var _took: Array[float] = []
var _asked_at: int = 0
var _synchronizer: MultiplayerSynchronizer = MultiplayerSynchronizer.new()


func _ready() -> void:
	var config := SceneReplicationConfig.new()
	config.add_property(^".:process_priority")
	_synchronizer.name = "synchronizer"
	_synchronizer.replication_config = config
	_synchronizer.public_visibility = false
	# Who may not see a node may not call it either: this one is nobody's.
	var moved := Node.new()
	moved.name = "moved"
	moved.add_child(_synchronizer)
	add_child(moved)


## Makes a room of a server; returns its code.
func open(url: String) -> String:
	await _connect_to(url)
	var created := await network.rooms.create("open")
	multiplayer.multiplayer_peer = network.rooms.multiplayer_peer()
	return created.room.code


func join(url: String, code: String) -> void:
	await _connect_to(url)
	await network.rooms.join(code)
	multiplayer.multiplayer_peer = network.rooms.multiplayer_peer()


## The same without a server.
func open_stock(port: int) -> int:
	var peer := WebSocketMultiplayerPeer.new()
	var error := peer.create_server(port, "127.0.0.1")
	multiplayer.multiplayer_peer = peer
	return error


func join_stock(port: int) -> void:
	var peer := WebSocketMultiplayerPeer.new()
	peer.create_client("ws://127.0.0.1:%d" % port)
	multiplayer.multiplayer_peer = peer


func count_peers() -> int:
	return multiplayer.get_peers().size()


func pace(frames: int) -> void:
	Engine.max_fps = frames


@rpc("any_peer")
func say(_text: String) -> void:
	_heard += 1


## Everybody who hears it answers so often in each of so many frames.
@rpc("any_peer")
func be_busy(frames: int, calls: int) -> void:
	for _frame: int in frames:
		for _call: int in calls:
			say.rpc_id(1, _TEXT)
		await get_tree().process_frame


@rpc("any_peer")
func ask(_text: String) -> void:
	answer.rpc_id(multiplayer.get_remote_sender_id())


@rpc("any_peer")
func answer() -> void:
	_took.append((Time.get_ticks_usec() - _asked_at) / 1000.0)


## Microseconds of one call to all, median of so many frames with so many calls each.
func out(frames: int, calls: int) -> float:
	var costs: Array[float] = []
	for _frame: int in frames:
		var began := Time.get_ticks_usec()
		for _call: int in calls:
			say.rpc(_TEXT)
		_flush()
		costs.append(float(Time.get_ticks_usec() - began) / calls)
		await get_tree().process_frame
	return _median(costs)


## Microseconds of a poll in which nothing comes, and of one call that comes beyond those: medians of
## so many frames, so that what else the machine does in one of them is nobody's cost.
func polls(frames: int, calls: int) -> Dictionary:
	get_tree().multiplayer_poll = false
	if network:
		network.set_process(false)
	var idle: Array[float] = []
	for _frame: int in frames:
		idle.append(_poll())
		await get_tree().process_frame
	be_busy.rpc(frames, calls)
	_flush()
	var before := _heard
	var each: Array[float] = []
	var wanted := frames * calls * count_peers()
	var end := Time.get_ticks_msec() + _PATIENCE_MS
	while _heard - before < wanted and Time.get_ticks_msec() < end:
		var known := _heard
		var cost := _poll()
		if _heard > known:
			each.append((cost - _median(idle)) / (_heard - known))
		await get_tree().process_frame
	get_tree().multiplayer_poll = true
	if network:
		network.set_process(true)
	var came := _heard - before
	return {"idle": _median(idle), "in": _median(each), "heard": came, "wanted": wanted}


## Milliseconds from a call to the call that answers it, median of so many.
func round_trip(times: int) -> float:
	_took.clear()
	var target := multiplayer.get_peers()[0]
	while _took.size() < times:
		var count := _took.size()
		_asked_at = Time.get_ticks_usec()
		ask.rpc_id(target, _TEXT)
		_flush()
		while _took.size() == count:
			await get_tree().process_frame
	return _median(_took)


## Frames up a second of a synchronizer of ours.
func synchronize(seconds: float) -> float:
	_synchronizer.public_visibility = true
	_sent = 0
	var peer := multiplayer.multiplayer_peer as EstragonMultiplayerPeer
	var count := func(frames: Array[PackedByteArray]) -> void: _sent += frames.size()
	if peer:
		peer._line.sent.connect(count)
	var began := Time.get_ticks_msec()
	await get_tree().create_timer(seconds).timeout
	var rate := _sent * 1000.0 / (Time.get_ticks_msec() - began)
	if peer:
		peer._line.sent.disconnect(count)
	_synchronizer.public_visibility = false
	return rate


func _connect_to(url: String) -> void:
	network = Network.new()
	add_child(network)
	await network.connect_to_server(url)


func _flush() -> void:
	var peer := multiplayer.multiplayer_peer as EstragonMultiplayerPeer
	if peer:
		peer._batch.flush()


func _poll() -> float:
	var began := Time.get_ticks_usec()
	multiplayer.poll()
	return Time.get_ticks_usec() - began


func _median(costs: Array[float]) -> float:
	var sorted := costs.duplicate()
	sorted.sort()
	@warning_ignore("integer_division")
	return sorted[sorted.size() / 2] if sorted else 0.0
