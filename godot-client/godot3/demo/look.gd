# How the demo looks: one Theme, light or dark, in the colours of the web page (page.css).
extends Reference

const _LIGHT := {
	"paper": Color("f7f5ef"), "card": Color("ffffff"), "paving": Color("ece8dd"),
	"line": Color("c9c3b4"), "ink": Color("24291f"), "quiet": Color("5b6054"),
	"accent": Color("33613f"), "on_accent": Color("ffffff"),
	"good": Color("2c6e3f"), "waiting": Color("8a5300"), "bad": Color("a6292f"),
}
const _DARK := {
	"paper": Color("171a16"), "card": Color("20241e"), "paving": Color("262b24"),
	"line": Color("464d42"), "ink": Color("ecefe6"), "quiet": Color("aab1a2"),
	"accent": Color("8fc79d"), "on_accent": Color("10150f"),
	"good": Color("86cf98"), "waiting": Color("eab65f"), "bad": Color("ff9a94"),
}
# What is kept free within a field, and half the width of a scroll bar.
const _FIELD := Vector2(12.0, 8.0)
const _BAR := Vector2(4.0, 4.0)


# The theme of the whole demo; its own colours are those of the type `Plaza`.
static func make(is_dark: bool) -> Theme:
	var theme := Theme.new()
	var colours := _DARK if is_dark else _LIGHT
	for name in colours:
		theme.set_color(name, "Plaza", colours[name])
	theme.set_color("font_color", "Label", colours["ink"])
	theme.set_stylebox(
		"panel", "PanelContainer", box(colours["paper"], colours["line"], 0, 0, Vector2(18.0, 18.0))
	)
	_fill_button(theme, colours)
	_fill_inputs(theme, colours)
	_fill_choices(theme, colours)
	return theme


# A box with round corners that keeps `padding` free around what it holds.
static func box(
	fill: Color, border: Color, width: int, radius: int, padding: Vector2 = Vector2.ZERO
) -> StyleBoxFlat:
	var made := StyleBoxFlat.new()
	made.bg_color = fill
	made.border_color = border
	made.set_border_width_all(width)
	made.set_corner_radius_all(radius)
	made.corner_detail = 12
	made.content_margin_left = padding.x
	made.content_margin_right = padding.x
	made.content_margin_top = padding.y
	made.content_margin_bottom = padding.y
	return made


# Makes a button the one that is meant to be pressed.
static func stress(button: Button) -> void:
	var accent := button.get_color("accent", "Plaza")
	var text := button.get_color("on_accent", "Plaza")
	for state in ["normal", "hover", "pressed"]:
		button.add_stylebox_override(state, box(accent, accent, 1, 8, _FIELD))
	for name in ["font_color", "font_color_hover", "font_color_pressed"]:
		button.add_color_override(name, text)


# Writes a label in one of the colours above.
static func tint(label: Label, colour: String) -> void:
	label.add_color_override("font_color", label.get_color(colour, "Plaza"))


static func _fill_button(theme: Theme, colours: Dictionary) -> void:
	var card: Color = colours["card"]
	theme.set_stylebox("normal", "Button", box(card, colours["line"], 1, 8, _FIELD))
	theme.set_stylebox("disabled", "Button", box(card, colours["line"], 1, 8, _FIELD))
	theme.set_stylebox("hover", "Button", box(card, colours["ink"], 1, 8, _FIELD))
	theme.set_stylebox(
		"pressed", "Button", box(card.darkened(0.08), colours["ink"], 1, 8, _FIELD)
	)
	theme.set_stylebox("focus", "Button", _focus(colours))
	for name in ["font_color", "font_color_hover", "font_color_pressed"]:
		theme.set_color(name, "Button", colours["ink"])
	theme.set_color("font_color_disabled", "Button", colours["quiet"])


static func _fill_inputs(theme: Theme, colours: Dictionary) -> void:
	var field := box(colours["card"], colours["line"], 1, 8, _FIELD)
	theme.set_stylebox("normal", "LineEdit", field)
	theme.set_stylebox("focus", "LineEdit", _focus(colours))
	theme.set_color("font_color", "LineEdit", colours["ink"])
	theme.set_color("font_color_selected", "LineEdit", colours["on_accent"])
	theme.set_color("selection_color", "LineEdit", colours["accent"])
	theme.set_color("cursor_color", "LineEdit", colours["ink"])
	theme.set_stylebox("normal", "RichTextLabel", field)
	theme.set_stylebox("focus", "RichTextLabel", _focus(colours))
	theme.set_color("default_color", "RichTextLabel", colours["ink"])
	theme.set_stylebox("scroll", "VScrollBar", box(colours["paper"], colours["paper"], 0, 4, _BAR))
	for state in ["grabber", "grabber_highlight", "grabber_pressed"]:
		theme.set_stylebox(state, "VScrollBar", box(colours["line"], colours["line"], 0, 4, _BAR))


static func _fill_choices(theme: Theme, colours: Dictionary) -> void:
	var ink: Color = colours["ink"]
	for type in ["PopupMenu", "CheckBox"]:
		for name in ["font_color", "font_color_hover", "font_color_pressed"]:
			theme.set_color(name, type, ink)
		theme.set_color("font_color_hover_pressed", type, ink)
	var card := box(colours["card"], colours["line"], 1, 8, _FIELD)
	theme.set_stylebox("panel", "PopupMenu", card)
	theme.set_stylebox("hover", "PopupMenu", box(colours["paving"], ink, 0, 4))
	theme.set_constant("vseparation", "PopupMenu", 10)
	for state in ["normal", "hover", "pressed", "hover_pressed"]:
		theme.set_stylebox(state, "CheckBox", StyleBoxEmpty.new())
	theme.set_stylebox("focus", "CheckBox", _focus(colours))


static func _focus(colours: Dictionary) -> StyleBoxFlat:
	var made := box(colours["accent"], colours["accent"], 2, 8, _FIELD)
	made.draw_center = false
	return made
