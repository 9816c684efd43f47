class_name EstragonLag
extends RefCounted
## How bad a network is made: what is sent arrives late and in order, and is never lost, as TCP has it.

## How long a stall lasts, in milliseconds.
const STALL_MS := 500.0
## How often chance decides about a connection, in milliseconds.
const EVERY_MS := 1_000.0
const _LARGEST_SEED := 4_294_967_295
const _MILLISECONDS := {"kind": "uint16", "min": 0, "max": 10_000, "optional": true}
const _CHANCE := {"kind": "float64", "min": 0, "max": 1, "optional": true}
const _SCHEMA := {
	"kind": "object",
	"fields": {
		"delay": _MILLISECONDS,
		"jitter": _MILLISECONDS,
		"cut": _CHANCE,
		"stall": _CHANCE,
		"seed": {"kind": "uint32", "min": 0, "max": _LARGEST_SEED, "optional": true},
	},
}

## How long a message takes, each way, in milliseconds.
var delay: int = 0
## How much longer or shorter it may take; none overtakes the one before.
var jitter: int = 0
## The chance, each second, that a connection is cut.
var cut: float = 0.0
## The chance, each second, that everything on a connection waits for 500 ms.
var stall: float = 0.0
## The same seed, the same delays, cuts and stalls.
var its_seed: int = 0


## A lag from a dictionary of the names above, its seed as [code]seed[/code], once
## [method problem] has nothing to say; without one [param world] gives it.
static func from(values: Dictionary, world: EstragonWorld) -> EstragonLag:
	var lag := EstragonLag.new()
	for name: String in ["delay", "jitter", "cut", "stall"]:
		lag.set(name, values.get(name, 0))
	lag.its_seed = values.get("seed", int(world.chance() * _LARGEST_SEED))
	return lag


## What is wrong with [param values]; empty where nothing is.
static func problem(values: Dictionary) -> String:
	return EstragonSchema.problem(_SCHEMA, values, "lag")


func _to_string() -> String:
	var words := [delay, jitter, cut, stall, its_seed]
	return "delay=%s,jitter=%s,cut=%s,stall=%s,seed=%s" % words
