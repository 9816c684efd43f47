class_name EstragonTab
extends RefCounted
## The tab of a browser that this game runs in: which it is of those that run the game at once, and what
## the browser keeps for it.

## Looks for the lowest number that no other tab holds. A tab holds its own until it is gone, and has it
## again after a reload; one that was duplicated has another.
const _NUMBER := """(function () {
	var name = 'estragon.window ' + location.pathname
	if (window[name] !== undefined) return window[name]
	window[name] = navigator.locks ? 0 : 1
	var kept = 0
	try { kept = Number(sessionStorage.getItem(name)) } catch (e) {}
	function hold(number) {
		window[name] = number
		try { sessionStorage.setItem(name, number) } catch (e) {}
		return new Promise(function () {})
	}
	function seek(number, next) {
		var signal = number === kept ? AbortSignal.timeout(1000) : undefined
		var how = signal ? { signal: signal } : { ifAvailable: true }
		navigator.locks.request(name + ' ' + number, how, function (lock) {
			return lock ? hold(number) : seek(next, next + 1)
		}).catch(function () {
			if (signal) seek(next, next + 1)
			else window[name] = window[name] || 1
		})
	}
	if (navigator.locks) seek(kept || 1, kept ? 1 : 2)
	return window[name]
})()"""
## The editor's own server, which runs a game in a browser from port 8060, is none for games.
const _SERVER := """(function () {
	if (!/^http/.test(location.origin) || location.port === '8060') return ''
	return location.origin.replace('http', 'ws')
})()"""
const _KEY := "estragon.%s"


## 1 for the first; 0 as long as that is not known. Where the browser has no locks, which it only has
## for pages that come by https or from this machine, all tabs are the first.
func number() -> int:
	return int(str(_ask(_NUMBER)))


## The server that its page came from, as WebSockets are addressed; empty where it came from none.
func server() -> String:
	return str(_ask(_SERVER))


## What is kept under a name, for this tab alone or for all; empty where nothing is.
func recall(name: String, is_for_all: bool) -> String:
	return str(_ask(_in_storage("getItem(%s) || ''", name, is_for_all)))


func put(name: String, value: String, is_for_all: bool) -> void:
	var call := "setItem(%s, " + JSON.stringify(value).replace("%", "%%") + ")"
	_ask(_in_storage(call, name, is_for_all))


func discard(name: String, is_for_all: bool) -> void:
	_ask(_in_storage("removeItem(%s)", name, is_for_all))


func _in_storage(call: String, name: String, is_for_all: bool) -> String:
	var storage := "localStorage." if is_for_all else "sessionStorage."
	var said := storage + call % JSON.stringify(_KEY % name)
	return "(()=>{try{return %s}catch(e){return ''}})()" % said


func _ask(script: String) -> Variant:
	return JavaScriptBridge.eval(script)
