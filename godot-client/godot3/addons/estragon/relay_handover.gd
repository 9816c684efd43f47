# What one peer 1 of a relay leaves to the next, in parts that fit a message each.
class_name EstragonRelayHandover
extends Reference

# As many bytes of it fit one message as base64.
const _PART_BYTES := 36000

# What is called once all of it is here: a target, a method and what its arguments begin with.
var _then: Array = []
var _came := PoolByteArray()
var _awaited: int = 0


# A value as the data of one or several relay.hand_over.
static func parts_of(value) -> Array:
	var bytes := var2bytes(value)
	var parts := []
	for at in range(0, bytes.size(), _PART_BYTES):
		var end := int(min(at + _PART_BYTES, bytes.size()))
		var part := Marshalls.raw_to_base64(bytes.subarray(at, end - 1))
		parts.append({"data": part, "more": end < bytes.size()})
	return parts


# Calls a method with these arguments and what was handed over, once so many bytes have come: with null,
# at once, where that is nothing.
func expect(bytes: int, target: Reference, method: String, arguments: Array) -> void:
	_came = PoolByteArray()
	_awaited = bytes
	_then = [target, method, arguments]
	if bytes == 0:
		_call(null)


# No more of it will come: what waits for it has null.
func give_up() -> void:
	if _then:
		_call(null)


# A part came, as base64.
func take(data: String) -> void:
	_came.append_array(Marshalls.base64_to_raw(data))
	if _came.size() >= _awaited and _then:
		_call(bytes2var(_came))


func _call(value) -> void:
	var then := _then
	_then = []
	then[0].callv(then[1], then[2] + [value])
