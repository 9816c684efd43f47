# A request that waits for its answer.
class_name EstragonRequest
extends Reference

# The answer, an EstragonResult, came, or it never will.
signal done(result)

const EstragonResult := preload("result.gd")

# The type of the message it is.
var type: String
# Its number among the counted frames.
var count: int
# When to give up waiting, in milliseconds of EstragonWorld.now().
var deadline: float


func _init(its_type: String, its_count: int, its_deadline: float) -> void:
	type = its_type
	count = its_count
	deadline = its_deadline


# Hands the answer to whoever waits.
func finish(result: EstragonResult) -> void:
	emit_signal("done", result)
