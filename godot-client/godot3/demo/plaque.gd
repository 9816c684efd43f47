# What the room is called, the code to join it by, and whether it is open; who may locks it.
extends VBoxContainer

# warning-ignore-all:return_value_discarded

# Something happened that the visitor should know.
signal told(text)

const EstragonRoom := preload("res://addons/estragon/room.gd")
const EstragonResult := preload("res://addons/estragon/result.gd")
const Look := preload("look.gd")
# How long a title may be.
const _LONGEST := 40
# A room that nobody gave a title.
const _UNTITLED := "The plaza"

# The address of the server we are connected to.
var server: String

var _room: EstragonRoom

onready var _title: Label = $Title
onready var _code: Label = $About/Code
onready var _notes: Label = $About/Notes
onready var _lock: Button = $Buttons/Lock


func _ready() -> void:
	Look.tint(_notes, "quiet")
	$Buttons/CopyCode.connect("pressed", self, "_copy_code")
	$Buttons/CopyLink.connect("pressed", self, "_copy_link")
	_lock.connect("pressed", self, "_turn_lock")


# What a room that says these `properties` is called.
static func title_of(properties: Dictionary) -> String:
	var said = properties.get("title")
	var title := str(said).strip_edges().left(_LONGEST) if said is String else ""
	return title if title else _UNTITLED


# Shows `room`, from now on also what changes about it.
func follow(room: EstragonRoom) -> void:
	_room = room
	room.connect("updated", self, "_show")
	room.connect("role_changed", self, "_show")
	room.connect("members_changed", self, "_show")
	_show()


# What is shown.
func shown() -> Dictionary:
	return {
		"title": _title.text,
		"code": _code.text,
		"notes": _notes.text,
		"may_lock": _lock.visible,
	}


func _show(_member = null) -> void:
	var notes: PoolStringArray = []
	if not _room.listed:
		notes.append("unlisted")
	if _room.locked:
		notes.append("locked")
	_title.text = title_of(_room.properties)
	_code.text = _room.code
	_notes.text = notes.join(", ")
	_lock.text = "Unlock" if _room.locked else "Lock"
	var me := _room.me()
	_lock.visible = me != null and me.is_at_least("assistant")


func _copy_code() -> void:
	_copy(_room.code, "The code is copied.")


# The page that the server serves leads into the room by such a link.
func _copy_link() -> void:
	var page := server.replace("ws://", "http://").replace("wss://", "https://")
	_copy(page.trim_suffix("/") + "/#room=" + _room.code, "The link is copied.")


func _copy(text: String, said: String) -> void:
	OS.clipboard = text
	emit_signal("told", said)


func _turn_lock() -> void:
	var result: EstragonResult = yield(_room.lock(not _room.locked), "completed")
	if not result.ok:
		emit_signal("told", result.error.message)
