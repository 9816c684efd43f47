class_name EstragonAsking
extends RefCounted
## How a question is put to another: to which address, and for how long.

## How long an answer is waited for unless said, in seconds.
const TIMEOUT := EstragonProtocol.DEFAULT_ASK_MS / 1000.0
const _GRACE_MS := 250


## The address that [param target] is, or that of the player whose id it is.
static func address(target: String) -> String:
	var is_address := target.contains(":") or target in EstragonProtocol.ADDRESS_WORDS
	return target if is_address else "player:" + target


## The envelope of what goes to [param to], in the room that [param options] may name.
static func envelope(to: Variant, options: Dictionary) -> Dictionary:
	var made := {"to": to}
	if options.get("room"):
		made["room"] = options["room"]
	return made


## What [param timeout] is on the wire: [code]INF[/code], as long as both are here, is the longest
## that it holds.
static func milliseconds(timeout: float) -> int:
	if not timeout * 1000.0 < EstragonProtocol.MOST_TOLD_MS:
		return EstragonProtocol.MOST_TOLD_MS
	return maxi(1, roundi(timeout * 1000.0))


## Sends a request of [param type] that another answers, and waits a little longer for it than the
## server does, so that a dropped connection does not make it wait for long.
static func ask(
	session: EstragonSession,
	type: String,
	data: Dictionary,
	its_envelope: Dictionary,
	timeout: float
) -> EstragonResult:
	var timeout_ms := milliseconds(timeout)
	var asked := data.duplicate()
	asked["timeout"] = timeout_ms
	return await session.request(type, asked, its_envelope, timeout_ms + _GRACE_MS)
