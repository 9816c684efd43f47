# One WebSocket: perishable. After `closed`, or `cut`, nothing of it is heard.
class_name EstragonLink
extends Reference

# warning-ignore-all:return_value_discarded

# The socket is open.
signal opened
# A whole text message came.
signal received(text)
# A whole binary message came.
signal received_bytes(bytes)
# It never opened, or it closed; emitted once. `code` is -1 where the server gave none.
signal closed(code, reason)

const EstragonWorld := preload("world.gd")
# The code of a close for which the peer gave none.
const LOST := -1
const _CUT := 4999
const _GOODBYE_MS := 1000
# What a frame takes beside its text in the outbound buffer, at most.
const _FRAME_OVERHEAD := 14
# How many messages fit the buffers, however small they are.
const _PACKETS_IN := 4096
const _PACKETS_OUT := 65536
# Before, the engine takes the colons of an address for that of a port.
const _FIRST_WITH_IPV6 := 0x030300

var _peer: WebSocketClient
var _world: EstragonWorld
var _deadline: float
var _timeout_ms: float
var _outbound_bytes: int
# What the engine's signals told since the last poll.
var _packets: Array = []
var _is_established: bool = false
var _is_gone: bool = false
var _code: int = LOST
var _reason: String = ""
var _is_open: bool = false
var _is_over: bool = false


# Begins to connect to `url`; what cannot even begin is told by `closed` at the next `poll`.
# `options` is an EstragonOptions; tests hand in a `peer` of their own.
func _init(
	url: String, options: Reference, world: EstragonWorld, peer: WebSocketClient = null
) -> void:
	_world = world
	_peer = peer if peer else WebSocketClient.new()
	_timeout_ms = options.get("connect_timeout") * 1000.0
	_deadline = _world.now() + _timeout_ms
	_peer.connect("connection_established", self, "_on_established")
	_peer.connect("data_received", self, "_on_data_received")
	_peer.connect("server_close_request", self, "_on_close_requested")
	_peer.connect("connection_closed", self, "_on_gone")
	_peer.connect("connection_error", self, "_on_gone")
	_prepare(options)
	_begin(url)


# What a person writes for a server, as the engine takes it: in any case, with blanks around it, and
# without a scheme, which is ws then.
static func address(text: String) -> String:
	var url := text.strip_edges()
	if not "://" in url:
		url = "ws://" + url
	var start := url.find("://") + 3
	var host := url.substr(start).split("/")[0].split("?")[0]
	var path := url.substr(start + host.length())
	return url.left(start).to_lower() + host.to_lower() + ("/" if path.begins_with("?") else "") + path


# The largest message that an inbound buffer of about so many bytes can take: Godot 3 makes it the
# next power of two, of which it leaves one byte free.
static func largest_message(inbound_bytes: int) -> int:
	return _power_of_two(inbound_bytes) - 1


# Drives the socket; everything that came is emitted before it returns.
func poll() -> void:
	if _is_over and _world.now() > _deadline:
		return
	_peer.poll()
	if _is_over:
		return
	if _is_established and not _is_open:
		_is_open = true
		emit_signal("opened")
	_hand_over()
	var is_late := _world.now() > _deadline
	if _is_gone or (is_late and _code != LOST):
		_finish(_code, _reason)
	elif is_late and not _is_open:
		_peer.disconnect_from_host()
		_finish(LOST, "no connection within %d ms" % _timeout_ms)


# Whether a message of `bytes` fits what the socket still takes; what does not would be lost. Godot
# before 3.6 cannot tell how much waits; then `in_flight`, what the server has not yet
# acknowledged, stands for it.
func has_room(bytes: int, in_flight: int) -> bool:
	var peer := _peer.get_peer(1)
	var waiting := in_flight
	if not peer or not peer.is_connected_to_host():
		return false
	if peer.has_method("get_current_outbound_buffered_amount"):
		waiting = peer.call("get_current_outbound_buffered_amount")
	return waiting + bytes + _FRAME_OVERHEAD < _outbound_bytes


# Sends text, or bytes as a binary message; anything but OK says that it was not sent.
func send(frame) -> int:
	if _is_over or not _is_open or not _peer.get_peer(1).is_connected_to_host():
		return ERR_UNAVAILABLE
	var peer := _peer.get_peer(1)
	if typeof(frame) == TYPE_STRING:
		return peer.put_packet(frame.to_utf8())
	peer.set_write_mode(WebSocketPeer.WRITE_MODE_BINARY)
	var error := peer.put_packet(frame)
	peer.set_write_mode(WebSocketPeer.WRITE_MODE_TEXT)
	return error


# Says goodbye; polled for a while longer, it hears the answer, which ends the session cleanly.
func close(code: int, reason: String) -> void:
	_is_over = true
	_deadline = _world.now() + _GOODBYE_MS
	_peer.disconnect_from_host(code, reason)
	_peer.poll()


# Drops the socket as a cut cable would.
func cut() -> void:
	close(_CUT, "cut")


# Whether the goodbye was answered, or has waited long enough.
func is_finished() -> bool:
	return _is_gone or _world.now() > _deadline


# Buffers, trust: what must be set before connecting.
func _prepare(options: Reference) -> void:
	_outbound_bytes = _power_of_two(options.get("outbound_bytes"))
	var inbound_bytes := _power_of_two(options.get("inbound_bytes"))
	_peer.set_buffers(
		inbound_bytes >> 10, _PACKETS_IN, _outbound_bytes >> 10, _PACKETS_OUT
	)
	_peer.verify_ssl = options.get("verify_tls")
	var certificate: X509Certificate = options.get("trusted_certificate")
	if certificate:
		_peer.trusted_ssl_certificate = certificate


func _begin(url: String) -> void:
	var is_address := url.begins_with("ws://") or url.begins_with("wss://")
	if is_address and "[" in url and Engine.get_version_info()["hex"] < _FIRST_WITH_IPV6:
		_reason = "Godot before 3.3 reaches no IPv6 address; write the name of its host"
	elif not is_address or " " in url or _peer.connect_to_url(url) != OK:
		_reason = "not an address such as ws://127.0.0.1:1234"
	_is_gone = _reason != ""


func _hand_over() -> void:
	while not _is_over and not _packets.empty():
		var packet = _packets.pop_front()
		if typeof(packet) == TYPE_STRING:
			emit_signal("received", packet)
		else:
			emit_signal("received_bytes", packet)


func _on_established(_protocol: String) -> void:
	_is_established = true
	_peer.get_peer(1).set_write_mode(WebSocketPeer.WRITE_MODE_TEXT)


# Empties the inbound buffer at once: what finds it full is lost.
func _on_data_received() -> void:
	var peer := _peer.get_peer(1)
	while peer.get_available_packet_count() > 0:
		var packet := peer.get_packet()
		if peer.was_string_packet():
			_packets.append(packet.get_string_from_utf8())
		else:
			_packets.append(packet)


func _on_close_requested(code: int, reason: String) -> void:
	_code = code
	_reason = reason
	_deadline = _world.now() + _GOODBYE_MS


func _on_gone(_was_clean: bool = false) -> void:
	_is_gone = true


func _finish(code: int, reason: String) -> void:
	if _is_over:
		return
	_is_over = true
	emit_signal("closed", code, reason)


static func _power_of_two(bytes: int) -> int:
	return nearest_po2(int(max(1024, bytes)))
