import t from 'tap'
import { playScenarios } from './support/play.ts'

t.test('S3.7 Godot 3.6 goes through every scenario', (t) => playScenarios(t, 'godot3', 'godot3'))
