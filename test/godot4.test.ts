import t from 'tap'
import { playScenarios } from './support/play.ts'

t.test('Godot 4.6 goes through every scenario', (t) => playScenarios(t, 'godot4', 'godot4'))
