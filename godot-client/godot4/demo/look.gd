extends RefCounted
## How the demo looks: one [Theme], light or dark, in the colours of the web page (page.css).

## What is kept free around everything.
const MARGIN := 18.0
## What is kept free within a field.
const _FIELD := Vector2(14.0, 9.0)
const _TICK := """<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">
<rect x="1" y="1" width="18" height="18" rx="5" fill="#{fill}" stroke="#{border}"/>
<path d="M5.5 10.5l3 3 6-7" fill="none" stroke="#{tick}" stroke-width="2"
 stroke-opacity="{opacity}"/></svg>"""
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


## Whether the machine asks for dark windows, or the browser for dark pages.
static func is_dark_wanted() -> bool:
	if OS.has_feature("web"):
		return JavaScriptBridge.eval("matchMedia('(prefers-color-scheme: dark)').matches")
	return DisplayServer.is_dark_mode()


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
	_choices(theme)
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
	# HeaderMedium is what the add-on's popup calls a title.
	for variation: String in ["Title", "HeaderMedium", "Heading", "Quiet"]:
		theme.set_type_variation(variation, "Label")
	for variation: String in ["Title", "HeaderMedium", "Heading"]:
		theme.set_font("font", variation, bold)
	for variation: String in ["Title", "HeaderMedium"]:
		theme.set_font_size("font_size", variation, 21)
	theme.set_color("font_color", "Quiet", _of(theme, "quiet"))
	theme.set_font_size("font_size", "Quiet", 14)


static func _panels(theme: Theme) -> void:
	for variation: String in ["Paper", "Card"]:
		theme.set_type_variation(variation, "PanelContainer")
	var card := _of(theme, "card")
	var line := _of(theme, "line")
	theme.set_stylebox("panel", "Paper", box(_of(theme, "paper"), line, 0, 0, MARGIN))
	theme.set_stylebox("panel", "Card", box(card, line, 1, 16, 24.0))
	# What the add-on's popup stands on.
	theme.set_stylebox("panel", "AcceptDialog", box(card, line, 1, 16))
	theme.set_stylebox("panel", "PopupMenu", box(card, line, 1, 10, 6.0))


static func _buttons(theme: Theme, bold: Font) -> void:
	var ink := _of(theme, "ink")
	var card := _of(theme, "card")
	theme.set_font("font", "Button", bold)
	_button(theme, "Button", card, _of(theme, "line"), ink, ink)
	theme.set_type_variation("Primary", "Button")
	var accent := _of(theme, "accent")
	_button(theme, "Primary", accent, accent, ink, _of(theme, "on_accent"))
	theme.set_stylebox("disabled", "Primary", _field(card, _of(theme, "line")))
	theme.set_type_variation("Small", "Button")
	_button(theme, "Small", card, _of(theme, "line"), ink, ink, Vector2(8.0, 3.0))
	theme.set_font_size("font_size", "Small", 14)
	for chip: String in ["Chip", "AwayChip"]:
		theme.set_type_variation(chip, "Button")
		var fill := card if chip == "Chip" else _of(theme, "paper")
		_button(theme, chip, fill, _of(theme, "line"), ink, ink, Vector2(10.0, 3.0), 16)
	for type: String in ["Button", "Primary", "Small"]:
		theme.set_color("font_disabled_color", type, _of(theme, "quiet"))


## [param padding] is what is kept free beside the text and above it.
static func _button(
	theme: Theme,
	type: String,
	fill: Color,
	border: Color,
	hover: Color,
	text: Color,
	padding: Vector2 = _FIELD,
	radius: int = 8
) -> void:
	theme.set_stylebox("normal", type, _field(fill, border, padding, radius))
	theme.set_stylebox("disabled", type, _field(fill, border, padding, radius))
	theme.set_stylebox("hover", type, _field(fill, hover, padding, radius))
	theme.set_stylebox("pressed", type, _field(fill.darkened(0.08), hover, padding, radius))
	theme.set_stylebox("focus", type, _focus(theme, radius + 2))
	for state: String in ["", "hover_", "pressed_", "focus_", "hover_pressed_", "disabled_"]:
		theme.set_color("font_%scolor" % state, type, text)


static func _choices(theme: Theme) -> void:
	var ink := _of(theme, "ink")
	for type: String in ["PopupMenu", "CheckBox"]:
		for state: String in ["", "hover_", "pressed_", "focus_", "hover_pressed_"]:
			theme.set_color("font_%scolor" % state, type, ink)
	theme.set_stylebox("hover", "PopupMenu", box(_of(theme, "paving"), ink, 0, 6))
	theme.set_constant("v_separation", "PopupMenu", 12)
	theme.set_stylebox("focus", "CheckBox", _focus(theme, 8))
	for state: String in ["normal", "hover", "pressed", "hover_pressed"]:
		theme.set_stylebox(state, "CheckBox", StyleBoxEmpty.new())
	for state: String in ["checkbox_checked_color", "checkbox_unchecked_color"]:
		theme.set_color(state, "CheckBox", Color.WHITE)
	theme.set_icon("checked", "CheckBox", _tick(_of(theme, "accent"), _of(theme, "on_accent")))
	theme.set_icon("unchecked", "CheckBox", _tick(_of(theme, "card"), Color.TRANSPARENT, ink))


## A small square to tick, with a tick of that colour.
static func _tick(fill: Color, tick: Color, border: Color = fill) -> ImageTexture:
	var drawn := Image.new()
	drawn.load_svg_from_string(_TICK.format({
		fill = fill.to_html(false),
		border = border.to_html(false),
		tick = tick.to_html(false),
		opacity = tick.a,
	}))
	return ImageTexture.create_from_image(drawn)


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


static func _field(
	fill: Color, border: Color, padding: Vector2 = _FIELD, radius: int = 8
) -> StyleBoxFlat:
	var made := box(fill, border, 1, radius, padding.x)
	made.content_margin_top = padding.y
	made.content_margin_bottom = padding.y
	return made


static func _focus(theme: Theme, radius: int = 10) -> StyleBoxFlat:
	var made := box(Color.TRANSPARENT, _of(theme, "accent"), 3, radius)
	made.draw_center = false
	made.set_expand_margin_all(3.0)
	return made


static func _of(theme: Theme, name: String) -> Color:
	return theme.get_color(name, "Plaza")
