extends SceneTree
## A game of its own process that does what a test tells it: test/support/engine-peers.ts starts it.
## Over TCP, at the port ESTRAGON_CONTROL, come lines as [code]{"id": 1, "call": "say", "args": []}[/code]
## for the node of the script ESTRAGON_GAME; each is answered by [code]{"id": 1, "value": null}[/code].

const _FRAMES_A_SECOND := 60

var _link: StreamPeerTCP = StreamPeerTCP.new()
var _came: String = ""
var _game: Node


func _initialize() -> void:
	Engine.max_fps = _FRAMES_A_SECOND
	_link.connect_to_host("127.0.0.1", OS.get_environment("ESTRAGON_CONTROL").to_int())
	_begin.call_deferred()


func _begin() -> void:
	var script: GDScript = load(OS.get_environment("ESTRAGON_GAME"))
	if not script.can_instantiate():
		return quit(1)
	_game = script.new()
	_game.name = "game"
	root.add_child(_game)


func _process(_delta: float) -> bool:
	_link.poll()
	match _link.get_status():
		StreamPeerTCP.STATUS_CONNECTED:
			_listen()
		StreamPeerTCP.STATUS_ERROR, StreamPeerTCP.STATUS_NONE:
			return true
	return false


func _listen() -> void:
	var count := _link.get_available_bytes()
	if count <= 0 or _game == null:
		return
	_came += _link.get_utf8_string(count)
	var lines := _came.split("\n")
	_came = lines[-1]
	for line: String in lines.slice(0, -1):
		var asked: Dictionary = JSON.parse_string(line)
		_obey(asked)


func _obey(asked: Dictionary) -> void:
	var args: Array = asked["args"]
	var value: Variant = await _game.callv(str(asked["call"]), args)
	_answer(JSON.stringify({"id": asked["id"], "value": value}))


func _answer(line: String) -> void:
	_link.put_data((line + "\n").to_utf8_buffer())
