/** A field's name, with a `_` after it where GDScript has another use for it. */
export function variableOf(field: string, taken: Set<string>): string {
  let name = field
  while (RESERVED.has(name) || /^[A-Z]/.test(name) || (name !== field && taken.has(name)))
    name = /^[A-Z]/.test(name) ? `its_${name}` : `${name}_`
  taken.add(name)
  return name
}

/** Keywords, types, functions that need no import, and what every object has. */
const RESERVED: ReadonlySet<string> = new Set(
  `and as assert await break breakpoint bool class class_name const continue elif else enum export
  extends false float for func if in int is mapping match master namespace not null onready or pass
  preload puppet remote remotesync return self setget sat signal slave static super switch tool trait
  true var void when while yield do case
  abs absf absi acos acosh angle_difference asin asinh atan atan2 atanh bezier_derivative
  bezier_interpolate bytes_to_var ceil ceilf ceili char clamp clampf clampi convert cos cosh
  cubic_interpolate db_to_linear decimals dectime deg2rad deg_to_rad dict2inst dict_to_inst ease
  error_string exp floor floorf floori fmod fposmod funcref get_stack hash inst2dict inst_to_dict
  instance_from_id inverse_lerp is_equal_approx is_finite is_inf is_instance_id_valid
  is_instance_of is_instance_valid is_nan is_same is_zero_approx len lerp lerp_angle lerpf
  linear_to_db load log max maxf maxi min minf mini move_toward nearest_po2 ord parse_json pingpong
  polar2cartesian posmod pow print print_debug print_rich print_stack print_verbose printerr
  printraw prints printt push_error push_warning rad2deg rad_to_deg rand_from_seed rand_range
  rand_seed randf randf_range randfn randi randi_range randomize range range_lerp remap
  rid_allocate_id rotate_toward round roundf roundi seed sign signf signi sin sinh smoothstep snapped
  snappedf snappedi sqrt step_decimals stepify str str_to_var str2var tan tanh to_json type_exists
  type_convert type_string typeof validate_json var2bytes var2str var_to_bytes var_to_str weakref
  wrap wrapf wrapi
  add_user_signal call call_deferred callv can_translate_messages cancel_free connect disconnect
  emit_signal free get get_class get_incoming_connections get_indexed get_instance_id get_meta
  get_method_list get_property_list get_reference_count get_script get_signal_list has_meta
  has_method has_signal init_ref is_blocking_signals is_class is_connected is_queued_for_deletion
  notification property_list_changed_notify reference remove_meta script script_changed set
  set_block_signals set_deferred set_indexed set_message_translation set_meta set_script to_string
  tr tr_n unreference
  its_value values to_packet`.split(/\s+/),
)
