# How to connect; what is not set follows the project settings under `estragon/`.
class_name EstragonOptions
extends Reference

const _NAMES := [
	"connect_timeout", "heartbeat", "inbound_bytes", "outbound_bytes", "first_wait",
	"kept_wait", "longest_wait", "pause", "trusted_certificate", "verify_tls",
]

# Seconds one connection may take to open.
var connect_timeout: float = 10.0
# Seconds between two pings; after two without a sign of life the connection is given up.
var heartbeat: float = 5.0
# The inbound buffer in bytes. Godot 3 makes it a power of two and takes messages below that: the
# server is told what really fits.
var inbound_bytes: int = 1048576
# The outbound buffer in bytes: how much may wait to be written.
var outbound_bytes: int = 1048576
# Seconds to wait at most before the first try to come back; doubled with every further one.
var first_wait: float = 0.25
# Seconds to wait at most before any try to come back while the server keeps the seat.
var kept_wait: float = 2.0
# The same once it no longer does.
var longest_wait: float = 10.0
# Seconds to wait after the server closed for too many messages or connections, twice as long each time;
# 0: do not come back.
var pause: float = 30.0
# An authority to trust for a `wss://` server; null trusts those of the project settings.
var trusted_certificate: X509Certificate = null
# Whether a `wss://` server must prove who it is.
var verify_tls: bool = true


# Options from a dictionary of the names above; what it does not name follows the settings.
func _init(values: Dictionary = {}) -> void:
	for name in _NAMES:
		var setting: String = "estragon/" + name
		if values.has(name):
			set(name, values[name])
		elif ProjectSettings.has_setting(setting):
			set(name, ProjectSettings.get_setting(setting))


# Seconds to wait before the given try to come back: exponential, with full jitter, so that a server
# that comes back is not met by everybody at once. `chance` is a number from 0 to 1; `is_kept` says
# that the seat is kept still.
func backoff(attempt: int, chance: float, is_kept: bool) -> float:
	var most := min(longest_wait, kept_wait) if is_kept else longest_wait
	return chance * min(most, first_wait * pow(2.0, attempt))
