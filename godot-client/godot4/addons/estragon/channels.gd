class_name EstragonChannels
extends RefCounted
## Lasting topics with members and history.
##
## [codeblock]
## Network.channels.message_received.connect(func(said: EstragonChannelMessage) -> void:
##     print(said.name, ": ", said.message))
## var made := await Network.channels.create("tavern")
## await Network.channels.send(made.channel.id, "hello")
## [/codeblock]
## Membership is the player's, on all its devices, for as long as it does not leave: whoever has
## identified hears the channels it is a member of. A channel is addressed by its id.
##
## Where messages are missing, since the session was reset, or lost and we have identified again,
## the next one shows it: they are asked for, and told before it. [method catch_up] asks at once.

## Something was said, by ourselves or another: in each channel in order, and once.
signal message_received(message: EstragonChannelMessage)
## In place of a message that is more than this client takes (TOO_LARGE): it is passed over.
signal skipped(channel: int, offset: int)
## A player became a member: a new one, or ourselves.
signal joined(channel: int, player: String, name: String)
## A player is a member no longer.
signal left(channel: int, player: String)
## Its name, props or owner are others.
signal updated(channel: EstragonChannel)
## The channel is gone, and what was said in it.
signal deleted(channel: int)

const _ENTERING: Array[String] = ["channel.create", "channel.join"]

var _session: EstragonSession
## The offset of the last message told, by channel.
var _told: Dictionary = {}
## What was missed of a channel and is being asked for: a [Fetch] by channel.
var _fetches: Dictionary = {}


## What was missed of a channel, being asked for.
class Fetch:
	extends RefCounted

	signal done(result: EstragonResult)

	## The latest offset heard meanwhile: there is something to ask for up to there.
	var latest: int


func _init(session: EstragonSession) -> void:
	_session = session
	_session.answered.connect(_on_answered)
	_session.message_received.connect(_on_message)
	_session.state_changed.connect(_on_state_changed)


## Makes a channel that is ours, and makes us its first member: [member EstragonResult.channel].
## Fails with TOO_MANY_CHANNELS where we are in as many as we may be, or own as many.
func create(name: String, props: Dictionary = {}) -> EstragonResult:
	return _about(await _session.request("channel.create", {"name": name, "props": props}))


## Makes us a member; [member EstragonResult.channel] is what we joined. A member already is no
## mistake. Fails with CHANNEL_NOT_FOUND, CHANNEL_FULL or TOO_MANY_CHANNELS.
func join(channel: int) -> EstragonResult:
	return _about(await _request("channel.join", channel))


## Ends our membership; an owner stays owner.
func leave(channel: int) -> EstragonResult:
	var result := await _request("channel.leave", channel)
	if not result.peek():
		_told.erase(channel)
	return result


## The channels there are: [member EstragonResult.channels]; the result's data holds
## [code]next[/code], which asks for the next page as [code]after[/code], [code]null[/code] for
## none. [param filter] may hold [code]mine[/code], for those we are a member of,
## [code]name[/code], [code]after[/code] and [code]limit[/code].
func list(filter: Dictionary = {}) -> EstragonResult:
	var result := await _session.request("channel.list", filter)
	if not result.peek():
		for info: Dictionary in result.data["channels"]:
			result.channels.append(EstragonChannel.from_data(info))
	return result


## Says something, any JSON value, to all members, ourselves included; the result comes once it is
## stored, and its data holds the [code]offset[/code]. Fails with NOT_IN_CHANNEL, TOO_LARGE or
## RATE_LIMITED, among others.
func send(channel: int, message: Variant) -> EstragonResult:
	return await _request("channel.send", channel, {"message": message})


## What was said, the oldest first: [member EstragonResult.messages]. [param page] may hold
## [code]after[/code], the offset of the last message that is known (0: from the oldest that is
## kept), and [code]limit[/code]; the result's data holds [code]next[/code], the
## [code]after[/code] of the next page, [code]null[/code] for none, and, where a message is more than this
## client takes, its offset among [code]too_large[/code].
func history(channel: int, page: Dictionary = {}) -> EstragonResult:
	var result := await _request("channel.history", channel, page)
	if not result.peek():
		for info: Dictionary in result.data["messages"]:
			result.messages.append(EstragonChannelMessage.from_data(info))
	return result


## Who its members are: the result's data holds the ids of [code]players[/code], and
## [code]next[/code]. [param page] may hold [code]after[/code], that [code]next[/code], and
## [code]limit[/code].
func members(channel: int, page: Dictionary = {}) -> EstragonResult:
	return await _request("channel.members", channel, page)


## Changes a channel that is ours: [param changes] may hold [code]name[/code], [code]props[/code]
## and [code]owner[/code], the id of a member. Fails with NOT_CHANNEL_OWNER where it is not.
func update(channel: int, changes: Dictionary) -> EstragonResult:
	return _about(await _request("channel.update", channel, changes))


## Ends a channel that is ours, for all its members. Fails with NOT_CHANNEL_OWNER where it is not.
func delete(channel: int) -> EstragonResult:
	var result := await _request("channel.delete", channel)
	if not result.peek():
		_told.erase(channel)
	return result


## Has [signal message_received] tell, in order, what was said since the last message that it told,
## or after the offset [param after], such as one kept from an earlier visit; where neither is known,
## all that is kept. The result's data holds the [code]count[/code]. Fails as [method history] does;
## what was not told by then is still to come, with the next call or the next message.
func catch_up(channel: int, after: int = -1) -> EstragonResult:
	if after >= 0:
		_told[channel] = after
	var fetch: Fetch = _fetches.get(channel)
	if not fetch:
		return await _fetch(channel, 0)
	var result: EstragonResult = await fetch.done
	return result


## Tells what comes next in its channel; what shows a gap waits until that is filled. Offsets only fall
## where a server has forgotten everything: what it says is told as well.
func _hear(said: EstragonChannelMessage) -> void:
	var last: int = _told.get(said.channel, said.offset - 1)
	var fetch: Fetch = _fetches.get(said.channel)
	if fetch:
		fetch.latest = said.offset
	elif said.offset > last + 1:
		var result := await _fetch(said.channel, said.offset)
		if result.peek():
			_session.warned.emit("what was missed could not be fetched: %s" % result.error)
	else:
		_tell(said)


func _tell(said: EstragonChannelMessage) -> void:
	_told[said.channel] = said.offset
	message_received.emit(said)


## Tells what was missed, at least up to the offset [param latest].
func _fetch(channel: int, latest: int) -> EstragonResult:
	var fetch := Fetch.new()
	fetch.latest = latest
	_fetches[channel] = fetch
	var result := await _fetch_pages(channel, fetch)
	_fetches.erase(channel)
	fetch.done.emit(result)
	return result


func _fetch_pages(channel: int, fetch: Fetch) -> EstragonResult:
	var count := 0
	while true:
		var page := {"after": _last(channel), "limit": EstragonProtocol.LIMIT_PAGE}
		var result := await history(channel, page)
		if result.peek():
			# A reset in between leaves no doubt that matters: whoever only reads may ask again.
			if result.peek().code == EstragonProtocol.OUTCOME_UNKNOWN:
				result.unseen = Callable()
				continue
			return result
		count += result.messages.size()
		var before := _last(channel)
		_take(channel, result)
		var next: Variant = result.data["next"]
		if next != null:
			_told[channel] = next
		elif _last(channel) == before or _last(channel) >= fetch.latest:
			break
	return EstragonResult.success({"count": count})


## Tells what a page of the history has, and what it could not have.
func _take(channel: int, page: EstragonResult) -> void:
	var said_of: Array = page.data.get("too_large", [])
	var too_large: Array[float] = []
	too_large.assign(said_of)
	var at := 0
	for said: EstragonChannelMessage in page.messages:
		while at < too_large.size() and too_large[at] < said.offset:
			_skip(channel, int(too_large[at]))
			at += 1
		_tell(said)
	for index: int in range(at, too_large.size()):
		_skip(channel, int(too_large[index]))


func _skip(channel: int, offset: int) -> void:
	_told[channel] = offset
	skipped.emit(channel, offset)


func _last(channel: int) -> int:
	var offset: int = _told.get(channel, 0)
	return offset


func _about(result: EstragonResult) -> EstragonResult:
	if not result.peek():
		result.channel = _channel(result.data)
	return result


func _channel(data: Dictionary) -> EstragonChannel:
	var info: Dictionary = data["channel"]
	return EstragonChannel.from_data(info)


func _request(type: String, channel: int, more: Dictionary = {}) -> EstragonResult:
	var asked := more.duplicate()
	asked["channel"] = channel
	return await _session.request(type, asked)


## Whoever enters has missed nothing yet.
func _on_answered(type: String, result: EstragonResult) -> void:
	if result.peek() or not type in _ENTERING:
		return
	var entered := _channel(result.data)
	if not _told.has(entered.id):
		_told[entered.id] = entered.offset


func _on_message(message: EstragonMessage) -> void:
	var data := message.data
	match message.type:
		"channel.message":
			_hear(EstragonChannelMessage.from_data(data))
		"channel.joined":
			joined.emit(data["channel"], data["player"], data["name"])
		"channel.left":
			left.emit(data["channel"], data["player"])
		"channel.updated":
			updated.emit(_channel(data))
		"channel.deleted":
			_told.erase(data["channel"])
			deleted.emit(data["channel"])


## Another server has other channels.
func _on_state_changed(state: EstragonSession.State, _code: int, _reason: String) -> void:
	if state == EstragonSession.State.CONNECTING:
		_told.clear()
