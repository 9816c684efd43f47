import t from 'tap'
import { playScenarios } from './support/play.ts'

t.test('S3.7 Godot 4.6 goes through every scenario', (t) => playScenarios(t, 'godot4', 'godot4'))
