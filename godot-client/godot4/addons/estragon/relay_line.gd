class_name EstragonRelayLine
extends RefCounted
## What an [EstragonMultiplayerPeer] tells its [EstragonRelay], which thus need not know each other.

## See [method poll].
signal polled
## See [method send].
signal sent(frame: PackedByteArray, is_reliable: bool)
## See [method dismiss].
signal dismissed(id: int)
## See [method meet].
signal met(id: int)
## See [method refuse].
signal refused(enable: bool)
## See [method abandon].
signal abandoned


## The engine polls the peer: what came is to be brought to it.
func poll() -> void:
	polled.emit()


## A frame is to go.
func send(frame: PackedByteArray, is_reliable: bool) -> void:
	sent.emit(frame, is_reliable)


## As peer 1, disconnects another.
func dismiss(id: int) -> void:
	dismissed.emit(id)


## As peer 1, has said to a newcomer what the engine says to one.
func meet(id: int) -> void:
	met.emit(id)


## As peer 1, refuses new peers, or takes them again.
func refuse(enable: bool) -> void:
	refused.emit(enable)


## The peer was let go of, or closed.
func abandon() -> void:
	abandoned.emit()
