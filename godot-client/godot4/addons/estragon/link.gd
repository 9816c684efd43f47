class_name EstragonLink
extends RefCounted
## One WebSocket: perishable. After [signal closed], or [method cut], nothing of it is heard.

## The socket is open.
signal opened
## A whole text message came.
signal received(text: String)
## A whole binary message came.
signal received_bytes(bytes: PackedByteArray)
## It never opened, or it closed; emitted once. [param code] is -1 where the peer gave none.
signal closed(code: int, reason: String)

## The code of a close for which the peer gave none.
const LOST := -1
const _CUT := 4999
## What a frame takes beside its text in the outbound buffer, at most.
const _FRAME_OVERHEAD := 14
## What a browser gives as the code of a close for which the peer gave none.
const _ABNORMAL := 1006
## A browser reads on while nothing is polled, a hidden tab say. What it read waits in buffers of so
## many bytes and packets, which hold several times what the server sends again after a drop; the
## engine loses what does not fit, without a word.
const _WAITING_BYTES := 3_145_728
const _WAITING_PACKETS := 16_384

var _peer: WebSocketPeer
var _world: EstragonWorld
var _timeout_ms: float
var _opened_at: float
var _is_open: bool = false
var _is_over: bool = false
## Why it cannot even begin.
var _problem: String = ""
## Whether what is sent is kept until [method release]; what that is, so far, and how much.
var _gathers: bool = false
var _gathered: Array[PackedByteArray] = []
var _gathered_bytes: int = 0
var _most_bytes: int = 0
var _is_web: bool = OS.has_feature("web")


## Begins to connect to [param url]; what cannot even begin is told by [signal closed] at the next
## [method poll].
func _init(
	url: String,
	options: EstragonOptions,
	world: EstragonWorld,
	peer: WebSocketPeer = WebSocketPeer.new()
) -> void:
	_peer = peer
	_world = world
	_timeout_ms = options.connect_timeout * 1000.0
	_opened_at = world.now()
	# Buffers are taken as they are when connecting.
	_peer.inbound_buffer_size = options.inbound_bytes
	if _is_web:
		_peer.inbound_buffer_size += _WAITING_BYTES
		_peer.max_queued_packets = _WAITING_PACKETS
	_peer.outbound_buffer_size = options.outbound_bytes
	_begin(url, options.tls)


## A WebSocket to [param url].
static func open(url: String, options: EstragonOptions, world: EstragonWorld) -> EstragonLink:
	return EstragonLink.new(url, options, world)


## What a person writes for a server, as the engine takes it: in any case, with blanks around it, and
## without a scheme, which is [code]ws[/code] then.
static func address(text: String) -> String:
	var url := text.strip_edges()
	if not url.contains("://"):
		url = "ws://" + url
	var host := url.get_slice("/", 2).get_slice("?", 0)
	var start := url.find("://") + 3
	var path := url.substr(start + host.length())
	return url.left(start).to_lower() + host.to_lower() + ("/" if path.begins_with("?") else "") + path


## Drives the socket; every packet that came is emitted before it returns.
func poll() -> void:
	if _is_over:
		return
	_peer.poll()
	match _peer.get_ready_state():
		WebSocketPeer.STATE_CONNECTING:
			if _world.now() - _opened_at > _timeout_ms:
				_peer.close()
				_finish(LOST, "no connection within %d ms" % int(_timeout_ms))
		WebSocketPeer.STATE_OPEN:
			if not _is_open:
				_is_open = true
				opened.emit()
			_drain()
		WebSocketPeer.STATE_CLOSING:
			_drain()
		WebSocketPeer.STATE_CLOSED:
			_drain()
			_finish(_peer.get_close_code(), _problem if _problem else _peer.get_close_reason())


## Whether a message of [param bytes] fits what the socket still takes; what does not would be lost.
func has_room(bytes: int) -> bool:
	var buffered := _peer.get_current_outbound_buffered_amount()
	return buffered + _gathered_bytes + bytes + _FRAME_OVERHEAD <= _peer.outbound_buffer_size


## Sends text, or bytes as a binary message; anything but [constant OK] says that it was not sent.
func send(frame: Variant) -> Error:
	if _is_over or _peer.get_ready_state() != WebSocketPeer.STATE_OPEN:
		return ERR_UNAVAILABLE
	if typeof(frame) == TYPE_PACKED_BYTE_ARRAY:
		var bytes: PackedByteArray = frame
		if _gathers:
			return _gather(bytes)
		return _peer.send(bytes, WebSocketPeer.WRITE_MODE_BINARY)
	_send_gathered()
	return _peer.send_text(str(frame))


## Bytes that are sent from now on go together, in messages of at most [param most_bytes].
func gather(most_bytes: int) -> void:
	_gathers = true
	_most_bytes = most_bytes


## What was gathered goes, and what is sent from now on at once.
func release() -> void:
	_gathers = false
	_send_gathered()


## Says goodbye.
func close(code: int, reason: String) -> void:
	_send_gathered()
	_is_over = true
	_peer.close(code, reason)
	_peer.poll()


## Drops the socket as a cut cable would.
func cut() -> void:
	_is_over = true
	_peer.close(_CUT, "cut")
	_peer.poll()


func _gather(bytes: PackedByteArray) -> Error:
	var size := bytes.size() + EstragonBatch.AROUND_BYTES
	var is_full := _gathered.size() >= EstragonProtocol.MAX_BATCHED
	if is_full or _gathered_bytes + size >= _most_bytes:
		_send_gathered()
	_gathered.append(bytes)
	_gathered_bytes += size
	return OK


func _send_gathered() -> void:
	if _gathered.is_empty():
		return
	var whole := _gathered[0] if _gathered.size() == 1 else EstragonBatch.of(_gathered)
	_gathered.clear()
	_gathered_bytes = 0
	_peer.send(whole, WebSocketPeer.WRITE_MODE_BINARY)


func _begin(url: String, tls_options: TLSOptions) -> void:
	var is_address := url.begins_with("ws://") or url.begins_with("wss://")
	if not is_address or url.contains(" ") or _peer.connect_to_url(url, tls_options) != OK:
		_problem = "not an address such as ws://127.0.0.1:1234"
	elif url.contains("[") and not _peer.get_requested_url().contains("["):
		# On its way to a browser the engine loses one pair of brackets around an IPv6 address.
		_peer.close()
		_peer.connect_to_url(url.replace("[", "[[").replace("]", "]]"), tls_options)


func _drain() -> void:
	var is_full := _is_web and _peer.get_available_packet_count() >= _WAITING_PACKETS
	var bytes := 0
	while not _is_over and _peer.get_available_packet_count() > 0:
		var packet := _peer.get_packet()
		if _is_web:
			bytes += packet.size()
			if bytes > _WAITING_BYTES:
				is_full = true
				break # One of any size may be lost from here on.
		if _peer.was_string_packet():
			received.emit(packet.get_string_from_utf8())
		else:
			received_bytes.emit(packet)
	if is_full and not _is_over:
		_peer.close(_CUT, "full")
		_finish(LOST, "more came than fits while nothing was polled")


func _finish(code: int, reason: String) -> void:
	if _is_over:
		return
	_is_over = true
	closed.emit(LOST if code == _ABNORMAL else code, reason)
