import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Generation } from './demo.ts'

/** How big its window is. */
export const POND = { width: 400, height: 300 } as const
/** Who plays is drawn in one colour, everybody else in the other. */
export const DUCKS = { own: '#edae49', other: '#4f8cff' } as const

/**
 * A project of one scene beside the add-on, without a script: who plays it walks to and fro, and sees
 * all others that do so.
 */
export function aloneProject(name: Generation, folder: string, url: string): string {
  const own = fileURLToPath(new URL(`../../godot-client/${name}/`, import.meta.url))
  mkdirSync(folder, { recursive: true })
  cpSync(join(own, 'addons'), join(folder, 'addons'), { recursive: true })
  writeFileSync(join(folder, 'project.godot'), project(name, url))
  writeFileSync(join(folder, 'pond.tscn'), scene(name))
  // What an import would find out again: the project of our own was imported before all tests.
  if (name === 'godot4') cpSync(join(own, CLASSES), join(folder, CLASSES))
  return folder
}

/** Where Godot 4 notes which class is in which file. */
const CLASSES = '.godot/global_script_class_cache.cfg'

const project = (name: Generation, url: string) => `config_version=${name === 'godot4' ? 5 : 4}

[application]

config/name="Pond"
run/main_scene="res://pond.tscn"

[autoload]

Network="*res://addons/estragon/network.gd"

[display]

window/size/width=${POND.width}
window/size/height=${POND.height}
window/size/viewport_width=${POND.width}
window/size/viewport_height=${POND.height}

[estragon]

url="${url}"

[rendering]

renderer/rendering_method="gl_compatibility"
`

function colour(hex: string): string {
  const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
  return `Color(${parts.join(', ')}, 1)`
}

function scene(name: Generation): string {
  const is4 = name === 'godot4'
  const node = (title: string, type: string, parent: string, lines: string) =>
    `[node name="${title}" type="${type}" parent="${parent}"]\n${lines}\n`
  const floats = is4 ? 'PackedFloat32Array' : 'PoolRealArray'
  const square = `polygon = ${is4 ? 'PackedVector2Array' : 'PoolVector2Array'}(-20, -20, 20, -20, 20, 20, -20, 20)`
  const script = (id: number) => `script = ExtResource(${id})`
  const scripts = ['seat', 'table', 'owned'].map(
    (file, index) =>
      `[ext_resource path="res://addons/estragon/${file}.gd" type="Script" id=${index + 1}]`,
  )
  return `[gd_scene load_steps=6 format=${is4 ? 3 : 2}]

${scripts.join('\n')}

[sub_resource type="Animation" id=1]
length = 4.0
${is4 ? 'loop_mode = 1' : 'loop = true'}
tracks/0/type = "value"
tracks/0/path = NodePath(".:position")
tracks/0/interp = 1
tracks/0/loop_wrap = true
tracks/0/imported = false
tracks/0/enabled = true
tracks/0/keys = {
"times": ${floats}(0, 2, 4),
"transitions": ${floats}(1, 1, 1),
"update": 0,
"values": [Vector2(60, 60), Vector2(340, 240), Vector2(60, 60)]
}

${is4 ? '[sub_resource type="AnimationLibrary" id=2]\n_data = {\n"walk": SubResource(1)\n}\n' : ''}
[node name="Pond" type="Node2D"]

${node('Seat', 'Node', '.', `${script(1)}\nproperties = {\n"game": "ducks"\n}\nagain_after = 0.2`)}
${node('Ducks', 'Node', '.', `${script(2)}\ntable = "ducks"\nshows_own = false\nfields = {\n"at": "vec2(0, 1000, 0.1)"\n}`)}
${node('Other', 'Polygon2D', 'Ducks', `color = ${colour(DUCKS.other)}\n${square}`)}
${node('Me', 'Polygon2D', '.', `position = Vector2(60, 60)\ncolor = ${colour(DUCKS.own)}\n${square}`)}
${node('Walk', 'AnimationPlayer', 'Me', is4 ? 'libraries = {\n"": SubResource(2)\n}\nautoplay = "walk"' : 'autoplay = "walk"\nanims/walk = SubResource(1)')}
${node('Mine', 'Node', 'Me', `${script(3)}\ntable = "ducks"`)}`
}
