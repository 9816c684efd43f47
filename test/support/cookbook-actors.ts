/** Who plays a recipe: each loads it, and calls the functions that the prompter names. */

export const WEB_ACTOR = `
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

Object.assign(globalThis, { WebSocket })
const recipe: Record<string, (...args: unknown[]) => unknown> = await import('recipe')
const [port, name] = String(process.env.PROMPTER).split(' ')
const socket = connect(Number(port), '127.0.0.1', () => socket.write(name + '\\n'))
for await (const line of createInterface(socket)) {
  const [method, ...args] = JSON.parse(line)
  void recipe[method]?.(...args)
}
`

export const GODOT_ACTORS = {
  godot4: {
    scene: `[gd_scene load_steps=2 format=3]
[ext_resource type="Script" path="res://main.gd" id="1"]
[node name="Main" type="Node"]
script = ExtResource("1")
`,
    script: `extends Node

var _prompter := StreamPeerTCP.new()
var _is_known := false
var _heard := ""
var _recipe: Node


func _ready() -> void:
	Engine.max_fps = 60
	var script: GDScript = load(OS.get_environment("RECIPE"))
	_recipe = script.new()
	add_child(_recipe)
	_prompter.connect_to_host("127.0.0.1", int(_place()[0]))


func _process(_delta: float) -> void:
	_prompter.poll()
	if _prompter.get_status() != StreamPeerTCP.STATUS_CONNECTED:
		return
	if not _is_known:
		_is_known = true
		_prompter.put_data((_place()[1] + "\\n").to_utf8_buffer())
	if _prompter.get_available_bytes() > 0:
		_heard += _prompter.get_utf8_string(_prompter.get_available_bytes())
	while "\\n" in _heard:
		var call: Array = JSON.parse_string(_heard.get_slice("\\n", 0))
		_heard = _heard.substr(_heard.find("\\n") + 1)
		var method: String = call.pop_front()
		_recipe.callv(method, call)


func _place() -> PackedStringArray:
	return OS.get_environment("PROMPTER").split(" ")
`,
  },
  godot3: {
    scene: `[gd_scene load_steps=2 format=2]
[ext_resource path="res://main.gd" type="Script" id=1]
[node name="Main" type="Node"]
script = ExtResource( 1 )
`,
    script: `extends Node

# warning-ignore-all:return_value_discarded

var _prompter := StreamPeerTCP.new()
var _is_known := false
var _heard := ""
var _recipe: Node


func _ready() -> void:
	Engine.target_fps = 60
	_recipe = load(OS.get_environment("RECIPE")).new()
	add_child(_recipe)
	_prompter.connect_to_host("127.0.0.1", int(_place()[0]))


func _process(_delta: float) -> void:
	if _prompter.get_status() != StreamPeerTCP.STATUS_CONNECTED:
		return
	if not _is_known:
		_is_known = true
		_prompter.put_data((_place()[1] + "\\n").to_utf8())
	if _prompter.get_available_bytes() > 0:
		_heard += _prompter.get_utf8_string(_prompter.get_available_bytes())
	while "\\n" in _heard:
		var call: Array = JSON.parse(_heard.get_slice("\\n", 0)).result
		_heard = _heard.substr(_heard.find("\\n") + 1)
		_recipe.callv(call.pop_front(), call)


func _place() -> PoolStringArray:
	return OS.get_environment("PROMPTER").split(" ")
`,
  },
} as const
