extends "res://test/puppet.gd"
## The same in a browser, for test/support/web-peer.ts: what is asked waits in the page, and what is
## printed answers it.

const _TAKE := "(window.ASKED || []).splice(0).join('\\n')"


func _initialize() -> void:
	_begin.call_deferred()


func _begin() -> void:
	super()
	print("ready")


func _process(_delta: float) -> bool:
	if _game:
		for line: String in str(JavaScriptBridge.eval(_TAKE)).split("\n", false):
			var asked: Dictionary = JSON.parse_string(line)
			_obey(asked)
	return false


func _answer(line: String) -> void:
	print(line)
