extends Control
## What somebody says, above them, for a few seconds.

const Look := preload("look.gd")
const _SECONDS := 6.0
const _FADE_SECONDS := 0.4
const _WIDTH := 190.0
const _LINES := 3
const _FONT_SIZE := 13
const _PADDING := Vector2(9.0, 5.0)
const _GAP := 6.0

var _text: TextParagraph = TextParagraph.new()
var _showing: Tween


func _init() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	z_index = 1
	_text.alignment = HORIZONTAL_ALIGNMENT_CENTER
	_text.max_lines_visible = _LINES
	_text.text_overrun_behavior = TextServer.OVERRUN_TRIM_ELLIPSIS
	_text.break_flags = (
		TextServer.BREAK_WORD_BOUND | TextServer.BREAK_ADAPTIVE | TextServer.BREAK_MANDATORY
	)
	hide()


## Shows [param text], in place of what was shown before.
func say(text: String) -> void:
	var font := get_theme_font("bold", "Plaza")
	_text.clear()
	_text.width = _WIDTH
	_text.add_string(text, font, _FONT_SIZE)
	_text.width = _widest_line()
	size = Vector2(_text.width, _text.get_size().y) + _PADDING * 2.0
	modulate.a = 1.0
	show()
	queue_redraw()
	if _showing:
		_showing.kill()
	_showing = create_tween()
	_showing.tween_interval(_SECONDS)
	_showing.tween_property(self, "modulate:a", 0.0, _FADE_SECONDS)
	_showing.tween_callback(hide)


## Goes above a body of this [param radius] at [param at], kept whole within [param ground].
func hang(at: Vector2, radius: float, ground: Vector2) -> void:
	var corner := at - Vector2(size.x / 2.0, radius + _GAP + size.y)
	position = corner.clamp(Vector2.ONE * 3.0, ground - size - Vector2.ONE * 3.0) - at


func _widest_line() -> float:
	var widest := 0.0
	for line: int in mini(_text.get_line_count(), _LINES):
		widest = maxf(widest, _text.get_line_width(line))
	return ceilf(widest) + 1.0


func _draw() -> void:
	var paper := get_theme_color("card", "Plaza")
	var ink := get_theme_color("ink", "Plaza")
	draw_style_box(Look.box(paper, ink, 1, 9), Rect2(Vector2.ZERO, size))
	_text.draw(get_canvas_item(), _PADDING, ink)
