extends EstragonStateHere
## A room's state whose server is a test.

## What was sent and asked.
var sent: Array[PackedByteArray] = []
var asked: int = 0
var number: int = 1
var is_host: bool = false
## Whether the game stands still, and whether nothing can be sent.
var paused: bool = false
var refuses: bool = false
var time: float = 1_000.0
var told: Array[EstragonError] = []


func _init() -> void:
	pass


func now() -> float:
	return time


func you() -> int:
	return number


func may_write(writer: String, owner: int) -> bool:
	return writer == "owner" and owner == number or writer == "host" and is_host


func add(_table: String, _values: Dictionary, _owner: int) -> EstragonResult:
	return EstragonResult.success({"slot": 3})


func is_paused() -> bool:
	return paused


func send(frame: PackedByteArray) -> bool:
	if not refuses:
		sent.append(frame)
	return not refuses


func resync() -> EstragonResult:
	asked += 1
	return EstragonResult.success({})


func tell(error: EstragonError) -> void:
	told.append(error)


func warn(_text: String) -> void:
	pass
