extends Node
## Runs a SceneTree script in a web export, which has neither [code]--script[/code] nor an environment:
## after [code]--[/code] come entries of the environment, [code]NAME=value[/code], and the script's path.


func _ready() -> void:
	var path := ""
	for argument: String in OS.get_cmdline_user_args():
		if argument.begins_with("res://"):
			path = argument
		else:
			var name_length := argument.find("=")
			OS.set_environment(argument.left(name_length), argument.substr(name_length + 1))
	RenderingServer.render_loop_enabled = false # Nobody looks, and it is drawn by software.
	var tree := get_tree()
	queue_free()
	tree.set_script(load(path))
	tree.call("_initialize")
