extends Node
## So many games of bench_relay.gd in one engine, each a branch with a multiplayer of its own.

const Game := preload("res://test/bench_relay.gd")

var _games: Array[Game] = []


func join(count: int, url: String, code: String) -> void:
	for game: Game in _made(count):
		await game.join(url, code)


func join_stock(count: int, port: int) -> void:
	for game: Game in _made(count):
		game.join_stock(port)


func pace(frames: int) -> void:
	Engine.max_fps = frames


func _made(count: int) -> Array[Game]:
	for index: int in count:
		var branch := Node.new()
		branch.name = "branch%d" % index
		get_tree().root.add_child(branch)
		get_tree().set_multiplayer(SceneMultiplayer.new(), branch.get_path())
		var game := Game.new()
		game.name = "game"
		branch.add_child(game)
		_games.append(game)
	return _games
