class_name EstragonRequest
extends RefCounted
## A request that waits for its answer.

## The answer came, or it never will.
signal done(result: EstragonResult)

## The type of the message it is.
var type: String
## Its number among the counted frames.
var count: int
## When to give up waiting, in milliseconds of [method Time.get_ticks_msec].
var deadline: int


func _init(its_type: String, its_count: int, timeout_ms: int) -> void:
	type = its_type
	count = its_count
	deadline = Time.get_ticks_msec() + timeout_ms


## Hands the answer to whoever waits.
func finish(result: EstragonResult) -> void:
	done.emit(result)
