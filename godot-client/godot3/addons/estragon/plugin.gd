# Registers the `Network` autoload and the project settings under `estragon/`.
tool
extends EditorPlugin

# warning-ignore-all:return_value_discarded

const _AUTOLOAD := "Network"
const _SETTINGS := {
	"estragon/url": "ws://127.0.0.1:1234",
	"estragon/connect_timeout": 10.0,
	"estragon/heartbeat": 5.0,
	"estragon/inbound_bytes": 1048576,
	"estragon/outbound_bytes": 1048576,
	"estragon/first_wait": 0.25,
	"estragon/kept_wait": 2.0,
	"estragon/longest_wait": 10.0,
	"estragon/persist_session": false,
	"estragon/pause": 30.0,
}


func enable_plugin() -> void:
	if not ProjectSettings.has_setting("autoload/" + _AUTOLOAD):
		var script: Script = get_script()
		add_autoload_singleton(_AUTOLOAD, script.resource_path.get_base_dir() + "/network.gd")


func disable_plugin() -> void:
	if ProjectSettings.has_setting("autoload/" + _AUTOLOAD):
		remove_autoload_singleton(_AUTOLOAD)


func _enter_tree() -> void:
	for setting in _SETTINGS:
		if not ProjectSettings.has_setting(setting):
			ProjectSettings.set_setting(setting, _SETTINGS[setting])
		ProjectSettings.set_initial_value(setting, _SETTINGS[setting])
