# A network one can make worse: what is sent arrives late and in order, and is never lost, as TCP
# has it. The same rules and the same seeded chance in every client and in the server; see
# `Network.lag`.
class_name EstragonLag
extends Reference

const EstragonLuck := preload("luck.gd")
const EstragonSchema := preload("schema.gd")
# How long a stall lasts, in milliseconds.
const STALL_MS := 500
const _LARGEST_SEED := 4294967295
const _SHAPE := {
	"kind": "object",
	"fields": {
		"delay": {"kind": "uint16", "min": 0, "max": 10000, "optional": true},
		"jitter": {"kind": "uint16", "min": 0, "max": 10000, "optional": true},
		"cut": {"kind": "float64", "min": 0, "max": 1, "optional": true},
		"stall": {"kind": "float64", "min": 0, "max": 1, "optional": true},
		"seed": {"kind": "uint32", "min": 0, "max": _LARGEST_SEED, "optional": true},
	},
}

# How long a message takes, each way, in milliseconds.
var delay: int = 0
# How much longer or shorter it may take, in milliseconds; none overtakes the one before.
var jitter: int = 0
# The chance, each second, that a connection is cut.
var cut: float = 0.0
# The chance, each second, that everything on a connection waits for half a second.
var stall: float = 0.0
# The same seed, the same delays, cuts and stalls.
var its_seed: int = 0

var _connections: int = 0


# `options` holds what is not 0, by the names above and `seed`; without one, `chance` from 0 to 1
# makes it.
func _init(options: Dictionary, chance: float) -> void:
	delay = options.get("delay", 0)
	jitter = options.get("jitter", 0)
	cut = options.get("cut", 0.0)
	stall = options.get("stall", 0.0)
	its_seed = int(options.get("seed", floor(chance * _LARGEST_SEED)))


# The first thing wrong with `options`, as `lag.cut: expected …`; empty when nothing is.
static func problem(options: Dictionary) -> String:
	return EstragonSchema.problem(_SHAPE, options, "lag")


# What befalls the next connection.
func next_luck() -> EstragonLuck:
	_connections += 1
	return EstragonLuck.new(self, _connections)


# What is said wherever a lag is on, so that nobody ships it by accident.
func _to_string() -> String:
	return "lag is on: delay=%s,jitter=%s,cut=%s,stall=%s,seed=%s" % [
		delay, jitter, cut, stall, its_seed
	]
