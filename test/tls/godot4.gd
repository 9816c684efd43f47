extends SceneTree
## Connects to wss:// with a certificate to trust, then without.

const Network := preload("res://addons/estragon/network.gd")


func _initialize() -> void:
	_run.call_deferred()


func _run() -> void:
	await process_frame
	var certificate := X509Certificate.new()
	var _loaded := certificate.load(OS.get_environment("CERTIFICATE"))
	await _connect("trusted", {"tls": TLSOptions.client(certificate)})
	await _connect("untrusted", {})
	quit(0)


func _connect(title: String, options: Dictionary) -> void:
	var network: Network = Network.new()
	root.add_child(network)
	options.merge({"connect_timeout": 20.0})
	var result: EstragonResult = await network.connect_to_server(OS.get_environment("URL"), options)
	print("%s: %s" % [title, "connected" if result.ok else str(result.error.code)])
	network.queue_free()
