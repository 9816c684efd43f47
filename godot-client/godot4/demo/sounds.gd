extends AudioStreamPlayer
## Little tunes, made as they are played; silent until switched on.

const _RATE := 22_050.0
const _LOUD := 0.12
## Each: how long a note lasts, in seconds, and the notes in Hz.
const _NOTES: Dictionary = {
	"caught": [0.07, 880.0, 1175.0],
	"hung": [0.1, 523.0, 659.0, 784.0, 1047.0],
	"stolen": [0.12, 330.0, 247.0, 196.0],
	"begun": [0.14, 392.0, 523.0],
	"over": [0.2, 659.0, 523.0, 392.0],
}

## Whether anything is heard.
var is_on: bool = false


func _init() -> void:
	var generator := AudioStreamGenerator.new()
	generator.mix_rate = _RATE
	generator.buffer_length = 1.0
	stream = generator


## Plays one of these tunes.
func tell(what: String) -> void:
	if not is_on:
		return
	play()
	var playback: AudioStreamGeneratorPlayback = get_stream_playback()
	var notes: Array = _NOTES[what]
	var lasts: float = notes[0]
	for note: float in notes.slice(1):
		var count := mini(int(lasts * _RATE), playback.get_frames_available())
		for frame: int in count:
			var loud := _LOUD * (1.0 - float(frame) / count)
			playback.push_frame(Vector2.ONE * sin(TAU * note * frame / _RATE) * loud)
