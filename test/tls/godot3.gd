# Connects to wss:// with a certificate to trust, then without.
extends SceneTree

# warning-ignore-all:return_value_discarded
# warning-ignore-all:unsafe_method_access
# warning-ignore-all:unsafe_property_access

const Network := preload("res://addons/estragon/network.gd")


func _init() -> void:
	call_deferred("_run")


func _run() -> void:
	yield(self, "idle_frame")
	var certificate := X509Certificate.new()
	certificate.load(OS.get_environment("CERTIFICATE"))
	yield(_connect("trusted", {"trusted_certificate": certificate}), "completed")
	yield(_connect("untrusted", {}), "completed")
	quit(0)


func _connect(title: String, options: Dictionary) -> void:
	var network := Network.new()
	root.add_child(network)
	options["connect_timeout"] = 20.0
	var result = yield(network.connect_to_server(OS.get_environment("URL"), options), "completed")
	print("%s: %s" % [title, "connected" if result.ok else str(result.error.code)])
	network.queue_free()
