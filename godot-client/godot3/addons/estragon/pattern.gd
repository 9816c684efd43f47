# Matches text against the patterns of the protocol's tables: characters, classes, groups,
# alternatives, and the repetitions `?`, `*` and `+`.
#
# Not RegEx: Godot 3.2 as Debian ships it prints an error at every search.
class_name EstragonPattern
extends Reference

# What was parsed, by pattern. Godot 3 has no static variables; a constant dictionary can be filled.
const _PARSED := {}
const _REPEATS := {"?": [0, 1], "*": [0, -1], "+": [1, -1]}


# Whether the whole of `text` matches.
static func fits(pattern: String, text: String) -> bool:
	if not _PARSED.has(pattern):
		_PARSED[pattern] = _parse(pattern, [0])
	return _ends(_PARSED[pattern], text, {0: true}).has(text.length())


# Parses from `place[0]` to the end of the group: its alternatives, each an array of [class or
# group, least, most].
static func _parse(pattern: String, place: Array) -> Array:
	var parts := []
	var alternatives := [parts]
	while place[0] < pattern.length() and pattern[place[0]] != ")":
		if pattern[place[0]] == "|":
			parts = []
			alternatives.append(parts)
			place[0] += 1
			continue
		var what
		match pattern[place[0]]:
			"(":
				place[0] += 1
				what = _parse(pattern, place)
			"[":
				what = _parse_class(pattern, place)
			"\\":
				place[0] += 1
				what = {pattern.ord_at(place[0]): true}
			_:
				what = {pattern.ord_at(place[0]): true}
		place[0] += 1
		var repeat: Array = [1, 1]
		if place[0] < pattern.length() and _REPEATS.has(pattern[place[0]]):
			repeat = _REPEATS[pattern[place[0]]]
			place[0] += 1
		parts.append([what, repeat[0], repeat[1]])
	return alternatives


# Parses a class such as `[a-z0-9_-]`: its characters as the keys of a dictionary. Stops at its end.
static func _parse_class(pattern: String, place: Array) -> Dictionary:
	var members := {}
	place[0] += 1
	while pattern[place[0]] != "]":
		if pattern[place[0]] == "\\":
			place[0] += 1
		var first := pattern.ord_at(place[0])
		var last := first
		if pattern[place[0] + 1] == "-" and pattern[place[0] + 2] != "]":
			place[0] += 2
			last = pattern.ord_at(place[0])
		for code in range(first, last + 1):
			members[code] = true
		place[0] += 1
	return members


# Where matches of one alternative, its parts one after the other, can end that begin at one of
# `starts`.
static func _ends(alternatives: Array, text: String, starts: Dictionary) -> Dictionary:
	var found := {}
	for parts in alternatives:
		var ends := starts
		for part in parts:
			ends = _repeated(part, text, ends)
		for end in ends:
			found[end] = true
	return found


static func _repeated(part: Array, text: String, starts: Dictionary) -> Dictionary:
	var found: Dictionary = starts.duplicate() if part[1] == 0 else {}
	var ends := starts
	while not ends.empty():
		ends = _once(part[0], text, ends)
		var fresh := {}
		for end in ends:
			if not found.has(end):
				found[end] = true
				fresh[end] = true
		if part[2] == 1:
			break
		ends = fresh
	return found


static func _once(what, text: String, starts: Dictionary) -> Dictionary:
	if typeof(what) == TYPE_ARRAY:
		return _ends(what, text, starts)
	var ends := {}
	for start in starts:
		if start < text.length() and what.has(text.ord_at(start)):
			ends[start + 1] = true
	return ends
