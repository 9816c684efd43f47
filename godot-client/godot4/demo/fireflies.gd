extends Control
## The fireflies of the plaza: each wanders a little about its place.

const _LIGHT := Color("f2b01e")
const _GLOW := Color(0.95, 0.69, 0.12, 0.25)

var _table: EstragonStateTable
var _unit: float = 1.0


func _init() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	z_index = 1


## Shows the rows of this table; of none where it is [code]null[/code].
func follow(table: EstragonStateTable) -> void:
	_table = table


## Shows a unit as [param unit] pixels.
func settle(unit: float) -> void:
	_unit = unit
	queue_redraw()


func _draw() -> void:
	if not _table:
		return
	var now := Time.get_ticks_msec()
	for row: EstragonRow in _table.rows():
		var x: float = row.get("x")
		var y: float = row.get("y")
		var wander := Vector2(sin(now / 700.0 + row.slot * 1.7) * 8.0, cos(now / 530.0 + row.slot * 2.3) * 6.0 - 20.0)
		var bright := maxf(8.0 * _unit, 4.0) * (1.0 + sin(now / 250.0 + row.slot) * 0.15)
		var at := (Vector2(x, y) + wander) * _unit
		draw_circle(at, bright * 2.2, _GLOW)
		draw_circle(at, bright, _LIGHT)
