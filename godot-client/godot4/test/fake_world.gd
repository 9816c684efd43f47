extends EstragonWorld
## Time that a test moves, and no chance.

var time: float = 1_000.0
## What chance says next.
var next_chance: float = 0.0


func now() -> float:
	return time


func date() -> int:
	return 1_700_000_000_000 + int(time)


func chance() -> float:
	return next_chance
