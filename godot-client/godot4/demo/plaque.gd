extends VBoxContainer
## What the room is called, the code to join it by, and whether it is open; who may locks it.

## Something happened that the visitor should know.
signal told(text: String)

## How long a title may be.
const _LONGEST := 40
## A room that nobody gave a title.
const _UNTITLED := "The plaza"

## The address of the server we are connected to.
var server: String

var _room: EstragonRoom

@onready var _title: Label = %RoomTitle
@onready var _code: Label = %RoomCode
@onready var _notes: Label = %RoomNotes
@onready var _lock: Button = %Lock


func _ready() -> void:
	(%CopyCode as Button).pressed.connect(_copy_code)
	(%CopyLink as Button).pressed.connect(_copy_link)
	_lock.pressed.connect(_turn_lock)


## What a room that says these [param properties] is called.
static func title_of(properties: Dictionary) -> String:
	var said: Variant = properties.get("title")
	var title := str(said).strip_edges().left(_LONGEST) if said is String else ""
	return title if title else _UNTITLED


## Shows [param room], from now on also what changes about it.
func follow(room: EstragonRoom) -> void:
	_room = room
	room.updated.connect(_show)
	room.role_changed.connect(_show.unbind(1))
	room.members_changed.connect(_show)
	_show()


## What is shown.
func shown() -> Dictionary:
	return {
		title = _title.text, code = _code.text, notes = _notes.text, may_lock = _lock.visible,
	}


func _show() -> void:
	var notes: PackedStringArray = []
	if not _room.listed:
		notes.append("unlisted")
	if _room.locked:
		notes.append("locked")
	_title.text = title_of(_room.properties)
	_code.text = _room.code
	_notes.text = ", ".join(notes)
	_notes.visible = not notes.is_empty()
	_lock.text = "Unlock" if _room.locked else "Lock"
	var me := _room.me()
	_lock.visible = me != null and me.is_at_least("assistant")


func _copy_code() -> void:
	_copy(_room.code, "The code is copied.")


## The page that the server serves leads into the room by such a link.
func _copy_link() -> void:
	var page := server.replace("ws://", "http://").replace("wss://", "https://")
	_copy(page.trim_suffix("/") + "/#room=" + _room.code, "The link is copied.")


func _copy(text: String, said: String) -> void:
	DisplayServer.clipboard_set(text)
	told.emit(said)


func _turn_lock() -> void:
	var result := await _room.lock(not _room.locked)
	if not result.ok:
		told.emit(result.error.message)
