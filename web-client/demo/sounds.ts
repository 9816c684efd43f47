export type Sound = 'caught' | 'hung' | 'stolen' | 'begun' | 'over'

/** Each: notes in Hz, one after another, and how long one lasts, in seconds. */
const NOTES: Readonly<Record<Sound, readonly [lasts: number, ...notes: number[]]>> = {
  caught: [0.07, 880, 1175],
  hung: [0.1, 523, 659, 784, 1047],
  stolen: [0.12, 330, 247, 196],
  begun: [0.14, 392, 523],
  over: [0.2, 659, 523, 392],
}
const LOUD = 0.06

export type Sounds = ReturnType<typeof createSounds>

/** Little tunes, silent until they are switched on; after a click, as browsers want it. */
export function createSounds() {
  const context = new AudioContext()
  let isOn = false

  return {
    play,
    /** Switches them on, or off again; returns whether they are on. */
    toggle(): boolean {
      isOn = !isOn
      play('caught')
      return isOn
    },
  }

  function play(sound: Sound): void {
    if (!isOn) return
    const [lasts, ...notes] = NOTES[sound]
    for (const [index, note] of notes.entries()) tone(context, note, index * lasts, lasts)
  }
}

function tone(context: AudioContext, note: number, after: number, lasts: number): void {
  const [oscillator, gain] = [context.createOscillator(), context.createGain()]
  const at = context.currentTime + after
  oscillator.type = 'triangle'
  oscillator.frequency.value = note
  gain.gain.setValueAtTime(LOUD, at)
  gain.gain.exponentialRampToValueAtTime(0.0001, at + lasts * 2)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(at)
  oscillator.stop(at + lasts * 2)
}
