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
## The answer; [code]null[/code] while it waits.
var result: EstragonResult


func _init(its_type: String, its_count: int, timeout_ms: int) -> void:
	type = its_type
	count = its_count
	deadline = Time.get_ticks_msec() + timeout_ms


## Hands the answer to whoever waits; only the first counts.
func finish(its_result: EstragonResult) -> void:
	if result:
		return
	result = its_result
	done.emit(result)
