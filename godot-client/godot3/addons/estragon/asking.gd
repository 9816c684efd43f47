# What queries and functions have in common where they ask: whom, and for how long.
class_name EstragonAsking
extends Reference

const EstragonProtocol := preload("protocol.gd")
const EstragonSession := preload("session.gd")
# How long an answer is awaited unless said, in seconds.
const TIMEOUT := EstragonProtocol.DEFAULT_ASK_MS / 1000.0
const _GRACE_MS := 250


# The address that `target` is, or that of the player whose id it is.
static func address(target: String) -> String:
	var is_address := ":" in target or target in EstragonProtocol.ADDRESS_WORDS
	return target if is_address else "player:" + target


# What goes around a message to `to`, an address or an array of them, in the room of `options`.
static func envelope(to, options: Dictionary) -> Dictionary:
	var around := {"to": to}
	if options.get("room"):
		around["room"] = options["room"]
	return around


# What `timeout` is on the wire: INF, as long as both are here, is the longest that it holds.
static func milliseconds(timeout: float) -> int:
	if not timeout * 1000.0 < EstragonProtocol.MOST_TOLD_MS:
		return EstragonProtocol.MOST_TOLD_MS
	return int(max(1.0, round(timeout * 1000.0)))


# Sends a question of `type` and waits for its answer, a little longer than the server does:
# `yield(EstragonAsking.ask(…), "completed")` brings an EstragonResult.
static func ask(
	session: EstragonSession, type: String, data: Dictionary, around: Dictionary, timeout: float
):
	var timeout_ms := milliseconds(timeout)
	var asked := data.duplicate()
	asked["timeout"] = timeout_ms
	return session.request(type, asked, around, timeout_ms + _GRACE_MS)
