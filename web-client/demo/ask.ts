import { type Json, type Member, NetworkError } from '../client.ts'
import { find, onSubmit } from './find.ts'
import type { Line } from './log.ts'
import { describe } from './visit.ts'

export interface AskOptions {
  /** Asks somebody; resolves with the choice, or null. */
  readonly ask: (member: Member, text: string, choices: readonly string[]) => Promise<Json>
  /** Adds a question to the log, which waits until it is answered. */
  readonly asked: (text: string) => Line
  readonly answered: (name: string, text: string) => void
}

const MAX_QUESTION = 200
const MAX_CHOICE = 40
const MAX_CHOICES = 8

/** A dialog in which to write a question for somebody; the answer comes into the log. */
export function createAsking({ ask, asked, answered }: AskOptions) {
  const dialog = find('ask', HTMLDialogElement)
  const heading = find('ask-title', HTMLElement)
  const questionInput = find('question', HTMLInputElement)
  const choicesInput = find('choices', HTMLInputElement)
  let member: Member | undefined

  questionInput.maxLength = MAX_QUESTION
  choicesInput.maxLength = MAX_CHOICES * MAX_CHOICE
  onSubmit('put', () => {
    const text = questionInput.value.trim()
    if (!text || !member) return
    dialog.close()
    questionInput.value = ''
    void put(member, text) // it shows its own failure
  })

  return {
    open(whom: Member): void {
      member = whom
      heading.textContent = `Ask ${whom.name}`
      dialog.showModal()
    },
  }

  async function put(whom: Member, text: string): Promise<void> {
    const line = asked(`You ask ${whom.name}: ${text}`)
    const answer = await ask(whom, text, choicesIn(choicesInput.value)).then(
      (choice) => (choice === null ? 'did not answer' : `answers: ${choice}`),
      (error: unknown) => silence(error),
    )
    line.sent()
    answered(whom.name, answer)
  }
}

/** Several, without blanks around them, each once. */
function choicesIn(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim().slice(0, MAX_CHOICE))
  const choices = [...new Set(parts.filter(Boolean))].slice(0, MAX_CHOICES)
  return choices.length > 0 ? choices : ['OK']
}

/** Why somebody gave no answer. */
function silence(error: unknown): string {
  const known = error instanceof NetworkError ? SILENCES[error.code] : undefined
  return known ?? `could not be asked: ${describe(error)}`
}

const SILENCES: Readonly<Record<string, string>> = {
  TIMEOUT: 'did not answer',
  TARGET_LEFT: 'has left without an answer',
  INVALID_TARGET: 'has left without an answer',
  TARGET_BUSY: 'is being asked too much already',
  UNREGISTERED_HANDLER: 'has nothing to answer with',
}
