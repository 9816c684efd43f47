# Little tunes, made as they are played; silent until switched on.
extends AudioStreamPlayer

const _RATE := 22050.0
const _LOUD := 0.12
# Each: how long a note lasts, in seconds, and the notes in Hz.
const _NOTES := {
	"caught": [0.07, 880.0, 1175.0],
	"hung": [0.1, 523.0, 659.0, 784.0, 1047.0],
	"stolen": [0.12, 330.0, 247.0, 196.0],
}

# Whether anything is heard.
var is_on: bool = false


func _init() -> void:
	var generator := AudioStreamGenerator.new()
	generator.mix_rate = _RATE
	generator.buffer_length = 1.0
	stream = generator


# Plays one of these tunes.
func tell(what: String) -> void:
	if not is_on:
		return
	play()
	var playback: AudioStreamGeneratorPlayback = get_stream_playback()
	var notes: Array = _NOTES[what]
	for index in range(1, notes.size()):
		var count := int(min(notes[0] * _RATE, playback.get_frames_available()))
		for frame in count:
			var loud := _LOUD * (1.0 - float(frame) / count)
			# warning-ignore:return_value_discarded
			playback.push_frame(Vector2.ONE * sin(TAU * notes[index] * frame / _RATE) * loud)
