class_name EstragonRelayLine
extends RefCounted
## What an [EstragonMultiplayerPeer] tells its [EstragonRelay], which thus need not know each other.

## See [method send].
signal sent(frames: Array[PackedByteArray])
## See [method dismiss].
signal dismissed(id: int)
## See [method meet].
signal met(id: int)
## See [method refuse].
signal refused(enable: bool)
## See [method abandon].
signal abandoned

## Called when the engine polls the peer, in every frame: what came is to be brought to it.
var poll: Callable


## Frames are to go, in this order.
func send(frames: Array[PackedByteArray]) -> void:
	sent.emit(frames)


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
