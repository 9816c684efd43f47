# What the demo keeps between visits: the name and the colour last entered by.
extends Reference

# warning-ignore-all:return_value_discarded

const _PATH := "user://estragon_demo.cfg"
const _SECTION := "visitor"


# What was kept under this name, or else `otherwise`.
static func recall(what: String, otherwise: String) -> String:
	return str(_kept().get_value(_SECTION, what, otherwise))


# Keeps a text under this name; where nothing can be kept, the next visit is a stranger's.
static func keep(what: String, text: String) -> void:
	var kept := _kept()
	kept.set_value(_SECTION, what, text)
	kept.save(_PATH)


static func _kept() -> ConfigFile:
	var kept := ConfigFile.new()
	kept.load(_PATH)
	return kept
