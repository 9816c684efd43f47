# Lasting topics with members and history.
#
#     Network.channels.connect("message_received", self, "_on_said") # _on_said(said)
#     var made = yield(Network.channels.create("tavern"), "completed")
#     yield(Network.channels.send(made.channel.id, "hello"), "completed")
#
# Membership is the player's, on all its devices, for as long as it does not leave: whoever has
# identified hears the channels it is a member of. A channel is addressed by its id.
#
# Where messages are missing, since the session was reset, or lost and we have identified again, the
# next one shows it: they are asked for, and told before it. `catch_up` asks at once.
class_name EstragonChannels
extends Reference

# warning-ignore-all:return_value_discarded

# Something was said, by ourselves or another: in each channel in order, and once. `message` is an
# EstragonChannelMessage.
signal message_received(message)
# In place of a message that is more than this client takes (TOO_LARGE): it is passed over.
signal skipped(channel, offset)
# A player became a member: a new one, or ourselves. `channel` is an id, as is `player`.
signal joined(channel, player, name)
# A player is a member no longer.
signal left(channel, player)
# Its name, props or owner are others; `channel` is an EstragonChannel.
signal updated(channel)
# The channel of this id is gone, and what was said in it.
signal deleted(channel)

const EstragonChannel := preload("channel.gd")
const EstragonChannelMessage := preload("channel_message.gd")
const EstragonMessage := preload("message.gd")
const EstragonProtocol := preload("protocol.gd")
const EstragonResult := preload("result.gd")
const EstragonSession := preload("session.gd")
const _ENTERING := ["channel.create", "channel.join"]

var _session: EstragonSession
# The offset of the last message told, by channel.
var _told: Dictionary = {}
# What was missed of a channel and is being asked for: a Fetch by channel.
var _fetches: Dictionary = {}


# What was missed of a channel, being asked for.
class Fetch:
	extends Reference

	const EstragonResult := preload("result.gd")

	# `result` is an EstragonResult.
	signal done(result)

	# The latest offset heard meanwhile: there is something to ask for up to there.
	var latest: int

	func finish(result: EstragonResult) -> void:
		emit_signal("done", result)


func _init(session: EstragonSession) -> void:
	_session = session
	_session.connect("answered", self, "_on_answered")
	_session.connect("message_received", self, "_on_message")
	_session.connect("state_changed", self, "_on_state_changed")


# Makes a channel that is ours, and makes us its first member: the result's `channel`.
# Fails with TOO_MANY_CHANNELS where we are in as many as we may be, or own as many.
func create(name: String, props: Dictionary = {}) -> EstragonResult:
	var asked := {"name": name, "props": props}
	return _about(yield(_session.request("channel.create", asked), "completed"))


# Makes us a member; the result's `channel` is what we joined. A member already is no mistake. Fails
# with CHANNEL_NOT_FOUND, CHANNEL_FULL or TOO_MANY_CHANNELS.
func join(channel: int) -> EstragonResult:
	return _about(yield(_request("channel.join", channel), "completed"))


# Ends our membership; an owner stays owner.
func leave(channel: int) -> EstragonResult:
	var result: EstragonResult = yield(_request("channel.leave", channel), "completed")
	if not result.peek():
		_told.erase(channel)
	return result


# The channels there are: the result's `channels`, each an EstragonChannel; its data holds `next`,
# which asks for the next page as `after`, null for none. `filter` may hold `mine`, for those we are
# a member of, `name`, `after` and `limit`.
func list(filter: Dictionary = {}) -> EstragonResult:
	var result: EstragonResult = yield(_session.request("channel.list", filter), "completed")
	if not result.peek():
		for info in result.data["channels"]:
			result.channels.append(EstragonChannel.new(info))
	return result


# Says something, any JSON value, to all members, ourselves included; the result comes once it is
# stored, and its data holds the `offset`. Fails with NOT_IN_CHANNEL, TOO_LARGE or RATE_LIMITED,
# among others.
func send(channel: int, message) -> EstragonResult:
	return yield(_request("channel.send", channel, {"message": message}), "completed")


# What was said, the oldest first: the result's `messages`, each an EstragonChannelMessage. `page`
# may hold `after`, the offset of the last message that is known (0: from the oldest that is kept),
# and `limit`; the result's data holds `next`, the `after` of the next page, null for none, and, where a
# message is more than this client takes, its offset among `too_large`.
func history(channel: int, page: Dictionary = {}) -> EstragonResult:
	var result: EstragonResult = yield(_request("channel.history", channel, page), "completed")
	if not result.peek():
		for info in result.data["messages"]:
			result.messages.append(EstragonChannelMessage.new(info))
	return result


# Who its members are: the result's data holds the ids of `players`, and `next`. `page` may hold
# `after`, that `next`, and `limit`.
func members(channel: int, page: Dictionary = {}) -> EstragonResult:
	return yield(_request("channel.members", channel, page), "completed")


# Changes a channel that is ours: `changes` may hold `name`, `props` and `owner`, the id of a member.
# Fails with NOT_CHANNEL_OWNER where it is not.
func update(channel: int, changes: Dictionary) -> EstragonResult:
	return _about(yield(_request("channel.update", channel, changes), "completed"))


# Ends a channel that is ours, for all its members. Fails with NOT_CHANNEL_OWNER where it is not.
func delete(channel: int) -> EstragonResult:
	var result: EstragonResult = yield(_request("channel.delete", channel), "completed")
	if not result.peek():
		_told.erase(channel)
	return result


# Has `message_received` tell, in order, what was said since the last message that it told, or after
# the offset `after`, such as one kept from an earlier visit; where neither is known, all that is
# kept. The result's data holds the `count`. Fails as `history` does; what was not told by then is
# still to come, with the next call or the next message.
func catch_up(channel: int, after: int = -1) -> EstragonResult:
	if after >= 0:
		_told[channel] = after
	if _fetches.has(channel):
		return yield(_fetches[channel], "done")
	return yield(_fetch(channel, 0), "completed")


# Tells what comes next in its channel; what shows a gap waits until that is filled. Offsets only fall
# where a server has forgotten everything: what it says is told as well.
func _hear(said: EstragonChannelMessage) -> void:
	var last: int = _told.get(said.channel, said.offset - 1)
	if _fetches.has(said.channel):
		_fetches[said.channel].latest = said.offset
	elif said.offset > last + 1:
		_fetch_missed(said)
	else:
		_tell(said)


# What it misses comes first, then it.
func _fetch_missed(said: EstragonChannelMessage) -> void:
	var result: EstragonResult = yield(_fetch(said.channel, said.offset), "completed")
	if result.peek():
		var text := "what was missed could not be fetched: %s" % result.error
		_session.emit_signal("warned", text)


func _tell(said: EstragonChannelMessage) -> void:
	_told[said.channel] = said.offset
	emit_signal("message_received", said)


# Tells what was missed, at least up to the offset `latest`.
func _fetch(channel: int, latest: int) -> EstragonResult:
	var fetch := Fetch.new()
	fetch.latest = latest
	_fetches[channel] = fetch
	var result: EstragonResult = yield(_fetch_pages(channel, fetch), "completed")
	_fetches.erase(channel)
	fetch.finish(result)
	return result


func _fetch_pages(channel: int, fetch: Fetch) -> EstragonResult:
	var count := 0
	while true:
		var page := {"after": _last(channel), "limit": EstragonProtocol.LIMIT_PAGE}
		var result: EstragonResult = yield(history(channel, page), "completed")
		if result.peek():
			# A reset in between leaves no doubt that matters: whoever only reads may ask again.
			if result.peek().code == EstragonProtocol.OUTCOME_UNKNOWN:
				result.unseen = null
				continue
			return result
		count += result.messages.size()
		var before := _last(channel)
		_take(channel, result)
		var next = result.data["next"]
		if next != null:
			_told[channel] = int(next)
		elif _last(channel) == before or _last(channel) >= fetch.latest:
			break
	return EstragonResult.new({"count": count})


# Tells what a page of the history has, and what it could not have.
func _take(channel: int, page: EstragonResult) -> void:
	var too_large: Array = page.data.get("too_large", [])
	var at := 0
	for said in page.messages:
		while at < too_large.size() and too_large[at] < said.offset:
			_skip(channel, too_large[at])
			at += 1
		_tell(said)
	for index in range(at, too_large.size()):
		_skip(channel, too_large[index])


func _skip(channel: int, offset: int) -> void:
	_told[channel] = offset
	emit_signal("skipped", channel, offset)


func _last(channel: int) -> int:
	return _told.get(channel, 0)


func _about(result: EstragonResult) -> EstragonResult:
	if not result.peek():
		result.channel = EstragonChannel.new(result.data["channel"])
	return result


func _request(type: String, channel: int, more: Dictionary = {}) -> EstragonResult:
	var asked := more.duplicate()
	asked["channel"] = channel
	return yield(_session.request(type, asked), "completed")


# Whoever enters has missed nothing yet.
func _on_answered(type: String, result: EstragonResult) -> void:
	if result.peek() or not type in _ENTERING:
		return
	var entered := EstragonChannel.new(result.data["channel"])
	if not _told.has(entered.id):
		_told[entered.id] = entered.offset


func _on_message(message: EstragonMessage) -> void:
	var data := message.data
	match message.type:
		"channel.message":
			_hear(EstragonChannelMessage.new(data))
		"channel.joined":
			emit_signal("joined", data["channel"], data["player"], data["name"])
		"channel.left":
			emit_signal("left", data["channel"], data["player"])
		"channel.updated":
			emit_signal("updated", EstragonChannel.new(data["channel"]))
		"channel.deleted":
			_told.erase(data["channel"])
			emit_signal("deleted", data["channel"])


# Another server has other channels.
func _on_state_changed(state: int, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CONNECTING:
		_told.clear()
