class_name EstragonBatch
extends RefCounted
## Several frames of bytes as one message: the binary kind batch of PROTOCOL.md.

## What a frame has around it there, at most.
const AROUND_BYTES := 5


## These frames as one message.
static func of(frames: Array[PackedByteArray]) -> PackedByteArray:
	var batch := PackedByteArray([EstragonProtocol.BATCH_KIND])
	for frame: PackedByteArray in frames:
		var rest := frame.size()
		while rest > 127:
			batch.append(rest & 127 | 128)
			rest >>= 7
		batch.append(rest)
		batch.append_array(frame)
	return batch
