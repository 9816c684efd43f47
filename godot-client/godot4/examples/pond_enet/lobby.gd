extends CanvasLayer
## Who plays: one hosts, others join it, and the host starts.

## The host has started, or had when we came.
signal started
## On the host, while the game goes on: somebody has come, or left.
signal player_came(id: int)
signal player_left(id: int)
## It is over for us.
signal ended

## Where the host listens.
@export var port: int = 4433

## What they are called, by the number of their peer.
var players: Dictionary = {}
var is_playing: bool = false

@onready var _name: LineEdit = %Name
@onready var _address: LineEdit = %Address
@onready var _host: Button = %Host
@onready var _join: Button = %Join
@onready var _start: Button = %Start
@onready var _who: Label = %Who


func _ready() -> void:
	_host.pressed.connect(_enter.bind(true))
	_join.pressed.connect(_enter.bind(false))
	_start.pressed.connect(func() -> void: start.rpc())
	multiplayer.connected_to_server.connect(_on_connected)
	multiplayer.connection_failed.connect(_end.bind("Nobody is there."))
	multiplayer.server_disconnected.connect(_end.bind("The host has gone."))
	multiplayer.peer_disconnected.connect(_on_peer_disconnected)


func _enter(as_host: bool) -> void:
	var peer := ENetMultiplayerPeer.new()
	if as_host:
		peer.set_bind_ip(_address.text)
		peer.create_server(port)
	else:
		peer.create_client(_address.text, port)
	multiplayer.multiplayer_peer = peer
	_show("Waiting for the host …")
	if as_host:
		tell.rpc({1: _name.text})


func _on_connected() -> void:
	introduce.rpc_id(1, _name.text)


func _on_peer_disconnected(id: int) -> void:
	if multiplayer.is_server() and players.has(id):
		var left := players.duplicate()
		left.erase(id)
		tell.rpc(left)
		player_left.emit(id)


@rpc("any_peer", "reliable")
func introduce(its_name: String) -> void:
	var id := multiplayer.get_remote_sender_id()
	var all := players.duplicate()
	all[id] = its_name
	tell.rpc(all)
	if is_playing:
		start.rpc_id(id)
		player_came.emit(id)


@rpc("authority", "call_local", "reliable")
func tell(all: Dictionary) -> void:
	players = all
	_show("On the pond: %s" % ", ".join(PackedStringArray(players.values())))


@rpc("authority", "call_local", "reliable")
func start() -> void:
	is_playing = true
	hide()
	started.emit()


func _show(text: String) -> void:
	var is_in := multiplayer.multiplayer_peer is not OfflineMultiplayerPeer
	_who.text = text
	_host.disabled = is_in
	_join.disabled = is_in
	_start.disabled = not is_in or not multiplayer.is_server()


func _end(why: String) -> void:
	multiplayer.multiplayer_peer = OfflineMultiplayerPeer.new()
	players = {}
	is_playing = false
	show()
	_show(why)
	ended.emit()
