class_name EstragonRequest
extends RefCounted
## A request that waits for its answer.

## The answer came, or it never will.
signal done(result: EstragonResult)

## The type of the message it is.
var type: String
## Its number among the counted frames.
var count: int
## When to give up waiting, as [method EstragonWorld.now] says.
var deadline: float
## The answer; [code]null[/code] while it waits.
var result: EstragonResult


func _init(its_type: String, its_count: int = 0, its_deadline: float = INF) -> void:
	type = its_type
	count = its_count
	deadline = its_deadline


## Hands the answer to whoever waits; only the first counts.
func finish(its_result: EstragonResult) -> void:
	if result:
		return
	result = its_result
	done.emit(result)
