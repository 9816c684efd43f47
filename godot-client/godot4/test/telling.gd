extends SceneTree
## How scenarios are told: on the stage that test/support/director.ts sets, as TAP.

const Network := preload("res://addons/estragon/network.gd")
const State := EstragonSession.State
const _PATIENCE_MS := 15_000

var _places: Dictionary = {}
var _networks: Array[Network] = []
var _problems: PackedStringArray = PackedStringArray()
var _passed: int = 0
var _failed: int = 0


func _initialize() -> void:
	_places = JSON.parse_string(OS.get_environment("ESTRAGON_STAGE"))
	print("TAP version 14")
	_run.call_deferred()


## Tells the scenarios.
func _run() -> void:
	pass


func _end() -> void:
	print("1..%d" % (_passed + _failed))
	quit(1 if _failed > 0 else 0)


## Asks the director for something; what its answer says.
func _please(network: Network, request: Array) -> Variant:
	var answers: Array = []
	var you := network.rooms.room().you
	var listen := func(args: Array, _from: EstragonMember) -> void:
		if args[0] == request[0] and args[2] == you:
			answers.append(args[1])
	network.events.on("plaza.done", listen)
	var asked := await network.events.emit("plaza.please", request)
	_check(asked.ok, "asked %s: %s" % [request, asked])
	await _until(func() -> bool: return not answers.is_empty(), "the director did %s" % [request])
	network.events.off("plaza.done", listen)
	return answers[0] if not answers.is_empty() else null


func _make() -> Network:
	var network := Network.new()
	root.add_child(network)
	_networks.append(network)
	return network


func _open(where: String, options: Dictionary = {}) -> Network:
	var network := _make()
	var joined := await network.connect_to_server(_place(where), options)
	_check(joined.ok, "connected to %s: %s" % [where, joined])
	return network


func _enter(where: String) -> Network:
	var network := await _open(where)
	var entered := await network.rooms.join_or_create("plaza")
	_check(entered.ok, "entered: %s" % entered)
	return network


func _place(where: String) -> String:
	return str(_places[where])


func _until(is_true: Callable, what: String) -> void:
	var patience := Time.get_ticks_msec() + _PATIENCE_MS
	while not is_true.call():
		if Time.get_ticks_msec() > patience:
			_check(false, "not in time: " + what)
			return
		await process_frame


func _same(one: Variant, other: Variant) -> bool:
	var as_sent: Variant = JSON.parse_string(EstragonMessage.to_text(other))
	return EstragonMessage.to_text(one) == EstragonMessage.to_text(as_sent)


func _equal(got: Variant, expected: Variant, what: String) -> void:
	var is_equal: bool = got == expected
	_check(is_equal, "%s: %s, expected %s" % [what, got, expected])


func _check(is_true: bool, what: String) -> void:
	if not is_true:
		_problems.append(what)


func _tell(name: String, scenario: Callable) -> void:
	var only := OS.get_environment("ESTRAGON_ONLY")
	if only and not name.contains(only):
		return
	_problems.clear()
	await scenario.call()
	for network: Network in _networks:
		network.disconnect_from_server()
		network.queue_free()
	_networks.clear()
	await process_frame
	var number := _passed + _failed + 1
	if _problems.is_empty():
		_passed += 1
		print("ok %d - %s" % [number, name])
		return
	_failed += 1
	print("not ok %d - %s" % [number, name])
	for problem: String in _problems:
		print("# " + problem)
