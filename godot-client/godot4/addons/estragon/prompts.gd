class_name EstragonPrompts
extends RefCounted
## The prompts that wait for the person at the screen; each is closed when nobody waits for its
## answer any more.

## Somebody asks; also see [member EstragonPrompt.handled].
signal prompted(prompt: EstragonPrompt)

## Called with an [EstragonPrompt] that no listener handles; without it such a prompt is refused.
var presenter: Callable

var _world: EstragonWorld
var _open: Array[EstragonPrompt] = []


func _init(session: EstragonSession, rooms: EstragonRooms) -> void:
	_world = session.world
	session.was_reset.connect(_withdraw.unbind(1))
	session.was_lost.connect(_withdraw.unbind(1))
	session.state_changed.connect(_on_state_changed)
	rooms.left.connect(_on_left)


## Prompts what [param question] asks with [param data].
func put(question: EstragonQuestion, data: Variant) -> void:
	var about: Dictionary = data if typeof(data) == TYPE_DICTIONARY else {}
	var prompt := EstragonPrompt.new(question, about)
	_world.after(prompt.timeout * 1000.0, prompt.withdraw)
	_open = _open.filter(func(one: EstragonPrompt) -> bool: return one.is_open)
	_open.append(prompt)
	prompted.emit(prompt)
	if prompt.handled or not prompt.is_open:
		return
	if presenter.is_valid():
		presenter.call(prompt)
	else:
		prompt.refuse()


func _withdraw(room: String = "") -> void:
	for prompt: EstragonPrompt in _open.duplicate():
		if not room or prompt.room() == room:
			prompt.withdraw()


func _on_state_changed(state: EstragonSession.State, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CLOSED:
		_withdraw()


func _on_left(room: EstragonRoom) -> void:
	_withdraw(room.code)
