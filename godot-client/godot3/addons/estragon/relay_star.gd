# What the peers of a star say to each other: the messages of Godot 3's own WebSocketServer, in whose
# place peer 1 is. A byte that says what it is, from whom and to whom as four bytes each, and then a packet
# or the number of a peer.
class_name EstragonRelayStar
extends Reference

# A packet came for us.
signal heard(packet, from)
# Peer 1 says that another is there, or gone.
signal told(id, is_there)
# A message is to be sent, as a packet of the relay is.
signal put(message, targets, kind)

const EstragonProtocol := preload("protocol.gd")
const _DATA := 0
const _ADD := 1
const _DEL := 2
const _HEAD := 9

# Whether peer 1 tells the others of each other, and passes on what they say.
var passes_on: bool = true

var _own: int
# As peer 1: the numbers of those who are there.
var _others: Dictionary = {}


func _init(own: int) -> void:
	_own = own


# Our packet, for these peers.
func say(packet: PoolByteArray, targets: Array, kind: int) -> void:
	if _own == 1:
		emit_signal("put", _message(_DATA, 1, 0, packet), targets, kind)
		return
	for target in targets:
		emit_signal("put", _message(_DATA, _own, target, packet), [1], kind)


# As peer 1, another is there.
func add(id: int) -> void:
	for other in _others if passes_on else {}:
		_tell(_ADD, id, [other])
		_tell(_ADD, other, [id])
	_others[id] = true


# As peer 1, another is gone.
func drop(id: int) -> void:
	if _others.erase(id) and passes_on and _others:
		_tell(_DEL, id, _others.keys())


# A message came, of a kind of the relay's. What is none is nobody's.
func hear(message: PoolByteArray, from: int, kind: int) -> void:
	if message.size() <= _HEAD:
		return
	var stream := StreamPeerBuffer.new()
	stream.data_array = message
	var what := stream.get_u8()
	var its_from := stream.get_32()
	var to := stream.get_32()
	if _own == 1:
		if what == _DATA and its_from == from:
			_pass_on(message, from, to, kind)
	elif what == _DATA:
		emit_signal("heard", message.subarray(_HEAD, message.size() - 1), its_from)
	elif message.size() == _HEAD + 4:
		emit_signal("told", stream.get_32(), what == _ADD)


func _pass_on(message: PoolByteArray, from: int, to: int, kind: int) -> void:
	var targets := _others.keys() if to <= 0 else [to]
	targets.erase(from)
	targets.erase(-to)
	if to <= 1 and to != -1:
		emit_signal("heard", message.subarray(_HEAD, message.size() - 1), from)
	if passes_on and to != 1 and targets and (to <= 0 or _others.has(to)):
		emit_signal("put", message, targets, kind)


func _tell(what: int, id: int, targets: Array) -> void:
	var number := StreamPeerBuffer.new()
	number.put_32(id)
	var message := _message(what, 1, 0, number.data_array)
	emit_signal("put", message, targets, EstragonProtocol.RELAY_RELIABLE_KIND)


static func _message(what: int, from: int, to: int, rest: PoolByteArray) -> PoolByteArray:
	var stream := StreamPeerBuffer.new()
	stream.put_u8(what)
	stream.put_32(from)
	stream.put_32(to)
	# warning-ignore:return_value_discarded
	stream.put_data(rest)
	return stream.data_array
