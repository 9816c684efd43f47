extends RefCounted
## How the demo looks: one [Theme], light or dark, in the colours of the web page (page.css).

## What is kept free around everything.
const MARGIN := 18.0
const _LIGHT := {
	paper = Color("f7f5ef"), card = Color("ffffff"), paving = Color("ece8dd"),
	line = Color("c9c3b4"), ink = Color("24291f"), quiet = Color("5b6054"),
	accent = Color("33613f"), on_accent = Color("ffffff"),
	good = Color("2c6e3f"), waiting = Color("8a5300"), bad = Color("a6292f"),
}
const _DARK := {
	paper = Color("171a16"), card = Color("20241e"), paving = Color("262b24"),
	line = Color("464d42"), ink = Color("ecefe6"), quiet = Color("aab1a2"),
	accent = Color("8fc79d"), on_accent = Color("10150f"),
	good = Color("86cf98"), waiting = Color("eab65f"), bad = Color("ff9a94"),
}


## The theme of the whole demo; its own colours are those of the type [code]Plaza[/code].
static func make(is_dark: bool) -> Theme:
	var theme := Theme.new()
	theme.default_font_size = 16
	var colours := _DARK if is_dark else _LIGHT
	for name: String in colours:
		var colour: Color = colours[name]
		theme.set_color(name, "Plaza", colour)
	var bold := FontVariation.new()
	bold.base_font = ThemeDB.fallback_font
	bold.variation_embolden = 0.6
	theme.set_font("bold", "Plaza", bold)
	_texts(theme, bold)
	_panels(theme)
	_buttons(theme, bold)
	_inputs(theme, bold)
	return theme


## A box with round corners; [param padding] is kept free to the left and right of what it holds.
static func box(
	fill: Color, border: Color, width: int, radius: int, padding: float = 0.0
) -> StyleBoxFlat:
	var made := StyleBoxFlat.new()
	made.bg_color = fill
	made.border_color = border
	made.set_border_width_all(width)
	made.set_corner_radius_all(radius)
	made.corner_detail = 12
	made.set_content_margin_all(padding)
	return made


static func _texts(theme: Theme, bold: Font) -> void:
	theme.set_color("font_color", "Label", _of(theme, "ink"))
	for variation: String in ["Title", "Heading", "Quiet"]:
		theme.set_type_variation(variation, "Label")
	theme.set_font("font", "Title", bold)
	theme.set_font("font", "Heading", bold)
	theme.set_font_size("font_size", "Title", 21)
	theme.set_color("font_color", "Quiet", _of(theme, "quiet"))
	theme.set_font_size("font_size", "Quiet", 14)


static func _panels(theme: Theme) -> void:
	for variation: String in ["Paper", "Card", "Chip", "AwayChip"]:
		theme.set_type_variation(variation, "PanelContainer")
	var card := _of(theme, "card")
	var line := _of(theme, "line")
	theme.set_stylebox("panel", "Paper", box(_of(theme, "paper"), line, 0, 0, MARGIN))
	theme.set_stylebox("panel", "Card", box(card, line, 1, 16, 24.0))
	for chip: String in ["Chip", "AwayChip"]:
		var made := box(card if chip == "Chip" else _of(theme, "paper"), line, 1, 16, 10.0)
		made.content_margin_top = 3.0
		made.content_margin_bottom = 3.0
		theme.set_stylebox("panel", chip, made)


static func _buttons(theme: Theme, bold: Font) -> void:
	var ink := _of(theme, "ink")
	var card := _of(theme, "card")
	theme.set_font("font", "Button", bold)
	_button(theme, "Button", card, _of(theme, "line"), ink, ink)
	theme.set_type_variation("Primary", "Button")
	var accent := _of(theme, "accent")
	_button(theme, "Primary", accent, accent, ink, _of(theme, "on_accent"))
	theme.set_color("font_disabled_color", "Button", _of(theme, "quiet"))


static func _button(
	theme: Theme, type: String, fill: Color, border: Color, hover: Color, text: Color
) -> void:
	theme.set_stylebox("normal", type, _field(fill, border))
	theme.set_stylebox("disabled", type, _field(fill, border))
	theme.set_stylebox("hover", type, _field(fill, hover))
	theme.set_stylebox("pressed", type, _field(fill.darkened(0.08), hover))
	theme.set_stylebox("focus", type, _focus(theme))
	for state: String in ["", "hover_", "pressed_", "focus_", "hover_pressed_", "disabled_"]:
		theme.set_color("font_%scolor" % state, type, text)


static func _inputs(theme: Theme, bold: Font) -> void:
	var ink := _of(theme, "ink")
	var line := _of(theme, "line")
	var field := _field(_of(theme, "card"), line)
	theme.set_stylebox("normal", "LineEdit", field)
	theme.set_stylebox("focus", "LineEdit", _focus(theme))
	theme.set_color("font_color", "LineEdit", ink)
	theme.set_color("caret_color", "LineEdit", ink)
	theme.set_color("font_placeholder_color", "LineEdit", _of(theme, "quiet"))
	theme.set_color("font_selected_color", "LineEdit", ink)
	theme.set_color("selection_color", "LineEdit", Color(_of(theme, "accent"), 0.3))
	theme.set_stylebox("normal", "RichTextLabel", field)
	theme.set_stylebox("focus", "RichTextLabel", StyleBoxEmpty.new())
	theme.set_color("default_color", "RichTextLabel", ink)
	theme.set_font("bold_font", "RichTextLabel", bold)
	theme.set_constant("paragraph_separation", "RichTextLabel", 4)
	theme.set_stylebox("scroll", "VScrollBar", box(Color.TRANSPARENT, line, 0, 4, 4.0))
	for state: String in ["grabber", "grabber_highlight", "grabber_pressed"]:
		theme.set_stylebox(state, "VScrollBar", box(line, line, 0, 4, 4.0))


static func _field(fill: Color, border: Color) -> StyleBoxFlat:
	var made := box(fill, border, 1, 8, 14.0)
	made.content_margin_top = 9.0
	made.content_margin_bottom = 9.0
	return made


static func _focus(theme: Theme) -> StyleBoxFlat:
	var made := box(Color.TRANSPARENT, _of(theme, "accent"), 3, 10)
	made.draw_center = false
	made.set_expand_margin_all(3.0)
	return made


static func _of(theme: Theme, name: String) -> Color:
	return theme.get_color(name, "Plaza")
