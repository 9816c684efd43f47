import t from 'tap'
import { playScenarios } from './support/play.ts'

t.test('Godot 3.6 goes through every scenario', (t) => playScenarios(t, 'godot3', 'godot3'))
