import t from 'tap'
import { playScenarios } from './support/play.ts'

t.test('Godot 3.2 goes through every scenario', (t) => playScenarios(t, 'godot32', 'godot3'))
