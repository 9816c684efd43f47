# A room's state whose server is a test.
extends "res://addons/estragon/state_here.gd"

# What was sent and asked.
var sent: Array = []
var asked: int = 0
var number: int = 1
var is_host: bool = false
# Whether the game stands still, and whether nothing can be sent.
var paused: bool = false
var refuses: bool = false
var time: float = 1000.0
var told: Array = []


func _init().(null, Fake.new()) -> void:
	pass


func now() -> float:
	return time


func you() -> int:
	return number


func may_write(writer: String, owner: int) -> bool:
	return writer == "owner" and owner == number or writer == "host" and is_host


func is_paused() -> bool:
	return paused


func send(frame: PoolByteArray) -> bool:
	if not refuses:
		sent.append(frame)
	return not refuses


func resync() -> void:
	asked += 1


func tell(error: EstragonError) -> void:
	told.append(error)


func warn(_text: String) -> void:
	pass


class Fake:
	extends Reference

	var code: String = ""
