class_name EstragonOptions
extends RefCounted
## How to connect; what is not set follows the project settings under [code]estragon/[/code].

## Seconds one connection may take to open.
var connect_timeout: float = 10.0
## Seconds between two pings; after two without a sign of life the connection is given up.
var heartbeat: float = 5.0
## The inbound buffer in bytes: the largest message this game can take. The server is told.
var inbound_bytes: int = 1_048_576
## The outbound buffer in bytes: how much may wait to be written.
var outbound_bytes: int = 1_048_576
## Seconds to wait at most before the first try to come back; doubled with every further one.
var first_wait: float = 0.25
## Seconds to wait at most before any try to come back while the server keeps the seat.
var kept_wait: float = 2.0
## The same once it no longer does.
var longest_wait: float = 10.0
## Seconds to wait after the server closed for too many messages or connections, twice as long each
## time; 0.0: do not come back.
var pause: float = 30.0
## How to trust a [code]wss://[/code] server; [code]null[/code] trusts the machine's authorities.
var tls: TLSOptions = null


## Options from a dictionary of the names above; what it does not name follows the settings.
static func from(values: Dictionary) -> EstragonOptions:
	var options := EstragonOptions.new()
	for name: String in [
		"connect_timeout", "heartbeat", "inbound_bytes", "outbound_bytes", "first_wait", "kept_wait",
		"longest_wait", "pause",
	]:
		var setting := "estragon/" + name
		if values.has(name):
			options.set(name, values[name])
		elif ProjectSettings.has_setting(setting):
			options.set(name, ProjectSettings.get_setting(setting))
	options.tls = values.get("tls")
	return options


## Seconds to wait before the [param attempt]th try to come back: exponential, with full jitter, so
## that a server that comes back is not met by everybody at once; [param chance] is from 0.0 to 1.0,
## [param is_kept] says that the seat is kept still.
func backoff(attempt: int, chance: float, is_kept: bool) -> float:
	var most := minf(longest_wait, kept_wait) if is_kept else longest_wait
	return chance * minf(most, first_wait * pow(2.0, attempt))
