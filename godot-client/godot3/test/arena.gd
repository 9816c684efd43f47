# A game of relayed.gd: what it heard from whom, and how it goes on under another host.
extends Node

# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const EstragonMigration := preload("res://addons/estragon/migration.gd")

# Set by rset.
puppet var mood := "none"
remotesync var score := 0

var title: String = ""
var network
# The multiplayer of its branch; polled here unless it is the tree's own.
var api: MultiplayerAPI
# From whom, and what.
var heard: Array = []
# Whether, as host, it has newcomers make a coin.
var greets: bool = false
# What the engine told of its peer.
var told: Array = []
# How often it was asked for its state, and what it was given.
var asked: int = 0
var restored: Array = []
# Whether it goes on under another host, calls at once, and what it was told then.
var migrates: bool = false
var calls: bool = false
var migrations: Array = []


func _init() -> void:
	pause_mode = Node.PAUSE_MODE_PROCESS


func _process(_delta: float) -> void:
	if custom_multiplayer:
		custom_multiplayer.poll()


func listen(its_api: MultiplayerAPI) -> void:
	api = its_api
	api.connect("network_peer_connected", self, "_on_told", ["peer"])
	api.connect("network_peer_disconnected", self, "_on_told", ["gone"])
	api.connect("connected_to_server", self, "_on_told_state", ["connected"])
	api.connect("connection_failed", self, "_on_told_state", ["failed"])
	api.connect("server_disconnected", self, "_on_told_state", ["lost"])
	if network:
		network.rooms.connect("host_migrated", self, "_on_migrated")


remotesync func say(text: String) -> void:
	heard.append([api.get_rpc_sender_id(), text])


remote func tell(text: String) -> void:
	heard.append([api.get_rpc_sender_id(), text])


# Leaves amid what was said at once.
remote func part() -> void:
	api.network_peer.leave()


# Makes a node, which hears for this one.
remote func make(its_name: String) -> void:
	var made: Node = load("res://test/arena.gd").new()
	made.name = its_name
	made.api = api
	made.heard = heard
	made.custom_multiplayer = custom_multiplayer
	made.set_process(false)
	add_child(made)
	if api.get_rpc_sender_id():
		heard.append([api.get_rpc_sender_id(), "made " + its_name])


master func ask(text: String) -> void:
	heard.append([api.get_rpc_sender_id(), "asked " + text])


puppet func order(text: String) -> void:
	heard.append([api.get_rpc_sender_id(), "ordered " + text])


func state() -> Dictionary:
	asked += 1
	return {"score": score}


func restore(handover: Dictionary, ids: Dictionary) -> void:
	score = handover["score"]
	restored = [handover, ids]


# Has an EstragonMigration, and a node whose master is `its_id`.
func follow(its_id: int) -> void:
	var owned := Node.new()
	owned.name = "owned"
	owned.set_network_master(its_id)
	add_child(owned)
	var migration := EstragonMigration.new()
	migration.network = network
	migration.target = NodePath("..")
	migration.every = 0.05
	add_child(migration)


func owner_id() -> int:
	return get_node("owned").get_network_master()


func assign(options: Dictionary = {}) -> void:
	api.network_peer = network.rooms.multiplayer_peer(options)


func id() -> int:
	return api.get_network_unique_id() if api.has_network_peer() else 0


func code() -> String:
	return network.rooms.room().code


func is_alone() -> bool:
	return api.get_network_connected_peers().size() == 0


func has_peers(others: int) -> bool:
	return api.has_network_peer() and api.get_network_connected_peers().size() >= others


func is_host() -> bool:
	return id() == 1


func has_heard(count: int) -> bool:
	return heard.size() >= count


func was_told(what) -> bool:
	return told.has(what)


func has_migrated(count: int) -> bool:
	return migrations.size() >= count


func was_asked(times: int) -> bool:
	return asked >= times


func has_score(value: int) -> bool:
	return score == value


func _on_told(id: int, what: String) -> void:
	told.append([what, id])
	if greets and what == "peer":
		rpc_id(id, "make", "coin")


func _on_told_state(what: String) -> void:
	told.append(what)


func _on_migrated(_room, peer, handover, ids: Dictionary) -> void:
	migrations.append([handover, ids])
	if not migrates:
		return
	api.network_peer = peer
	if calls:
		rpc("say", "at once")
	if api.is_network_server():
		score = handover["score"] if handover else -1
