class_name EstragonRelayAsks
extends RefCounted
## What a session says to the server as a peer of a room's relay.

## The code of the room; empty for none.
var room: String = ""
## What the relay is to be, or is expected to be; empty for either.
var mode: String = ""
## Whether the server takes us for a peer.
var is_open: bool = false

var _session: EstragonSession


func _init(session: EstragonSession) -> void:
	_session = session


## To be a peer of the room.
func open() -> void:
	_ask("relay.open", _wish())


## To be peer 1 whoever is host, of the room with the code [param its_room] or, empty, of one that
## [param making] describes.
func dedicate(its_room: String, making: Dictionary) -> EstragonResult:
	var asked := _wish()
	asked["dedicated"] = true
	if its_room:
		return await _session.request("relay.open", asked, {"room": its_room})
	asked["make"] = making
	return await _session.request("relay.open", asked)


## To be none any more.
func close() -> void:
	_ask("relay.close", {})


## Gives back what was opened for a peer that is over, and whose seat may be gone as well.
func give_back(its_room: String) -> void:
	var result := await _session.request("relay.close", {}, {"room": its_room})
	result.ignore()


## Sends frames of bytes.
func send(frames: Array[PackedByteArray]) -> void:
	if is_open:
		_session.relay(frames)


## As peer 1, disconnects another.
func dismiss(id: int) -> void:
	_ask("relay.close", {"peer": id})


## As peer 1, has said to a newcomer what was spawned. Where we are that no longer it is refused, and
## nobody's loss.
func meet(id: int) -> void:
	var result := await _session.request("relay.met", {"peer": id}, {"room": room})
	result.ignore()


## As peer 1, refuses new peers, or takes them again.
func refuse(enable: bool) -> void:
	if is_open:
		_ask("relay.refuse", {"refuse": enable})


## As peer 1, says what the next one goes on from.
func hand_over(value: Variant) -> EstragonResult:
	var result: EstragonResult = null
	for part: Dictionary in EstragonRelayHandover.parts_of(value):
		result = await _session.request("relay.hand_over", part, {"room": room})
		if result.peek():
			break
	return result


func _wish() -> Dictionary:
	return {"engine": 4, "meets": true, "mode": mode} if mode else {"engine": 4, "meets": true}


## Asks, and leaves it to [code]Network.error_received[/code] to tell of a failure.
func _ask(type: String, data: Dictionary) -> void:
	_session.request(type, data, {"room": room})
