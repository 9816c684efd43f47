class_name EstragonRelayHandover
extends RefCounted
## What one peer 1 of a relay leaves to the next, in parts that fit a message each.

## As many bytes of it fit one message as base64.
const _PART_BYTES := 36_000

## What is called once all of it is here.
var _then: Callable = Callable()
var _came: PackedByteArray = PackedByteArray()
var _awaited: int = 0


## A value as the data of one or several relay.hand_over.
static func parts_of(value: Variant) -> Array[Dictionary]:
	var bytes := var_to_bytes(value)
	var parts: Array[Dictionary] = []
	for at: int in range(0, bytes.size(), _PART_BYTES):
		var part := Marshalls.raw_to_base64(bytes.slice(at, at + _PART_BYTES))
		parts.append({"data": part, "more": at + _PART_BYTES < bytes.size()})
	return parts


## Calls [param then] with what was handed over, once so many bytes have come: with
## [code]null[/code], at once, where that is nothing.
func expect(bytes: int, then: Callable) -> void:
	_came = PackedByteArray()
	_awaited = bytes
	_then = Callable()
	if bytes == 0:
		then.call(null)
	else:
		_then = then


## No more of it will come: what waits for it has [code]null[/code].
func give_up() -> void:
	var then := _then
	_then = Callable()
	if then.is_valid():
		then.call(null)


## A part came, as base64.
func take(data: String) -> void:
	_came.append_array(Marshalls.base64_to_raw(data))
	if _came.size() < _awaited or not _then.is_valid():
		return
	var then := _then
	_then = Callable()
	then.call(bytes_to_var(_came))
