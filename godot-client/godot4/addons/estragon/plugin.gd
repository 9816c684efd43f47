@tool
extends EditorPlugin
## Registers the [code]Network[/code] autoload and the project settings under
## [code]estragon/[/code].

const _AUTOLOAD := "Network"
const _SETTINGS: Dictionary = {
	"estragon/url": "ws://127.0.0.1:1234",
	"estragon/connect_timeout": 10.0,
	"estragon/heartbeat": 5.0,
	"estragon/inbound_bytes": 1_048_576,
	"estragon/outbound_bytes": 1_048_576,
	"estragon/first_wait": 0.25,
	"estragon/kept_wait": 2.0,
	"estragon/longest_wait": 10.0,
	"estragon/persist_session": false,
	"estragon/pause": 30.0,
}


func _enable_plugin() -> void:
	if not ProjectSettings.has_setting("autoload/" + _AUTOLOAD):
		add_autoload_singleton(_AUTOLOAD, "network.gd")


func _disable_plugin() -> void:
	if ProjectSettings.has_setting("autoload/" + _AUTOLOAD):
		remove_autoload_singleton(_AUTOLOAD)


func _enter_tree() -> void:
	for setting: String in _SETTINGS:
		if not ProjectSettings.has_setting(setting):
			ProjectSettings.set_setting(setting, _SETTINGS[setting])
		ProjectSettings.set_initial_value(setting, _SETTINGS[setting])
		ProjectSettings.set_as_basic(setting, true)
