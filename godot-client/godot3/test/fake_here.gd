# A room's state whose server is a test.
extends "res://addons/estragon/state_here.gd"

# What was sent and asked.
var sent: Array = []
var asked: int = 0
var number: int = 1
var is_host: bool = false
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


func send(frame: PoolByteArray) -> void:
	sent.append(frame)


func resync() -> void:
	asked += 1


func tell(error: EstragonError) -> void:
	told.append(error)


func warn(_text: String) -> void:
	pass


class Fake:
	extends Reference

	var code: String = ""
