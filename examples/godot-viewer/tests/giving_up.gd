extends "scenario.gd"
## What cannot be connected to ends with connection_error, once, in words that help.

const OneCamera := preload("res://WebcamClient.gd")
const AllCameras := preload("res://BundleClient.gd")
const DELAY := 0.2
## Longer than a further attempt would take.
const QUIET := 1.0
const NOBODY := "ws://127.0.0.1:1/camera/0"


func run() -> void:
	var began := Time.get_ticks_msec()
	await _gives_up("nobody is there", NOBODY, 2, "(attempts: 3)")
	var took := Time.get_ticks_msec() - began
	check("the second wait is twice as long", took >= 1000 * (0.75 * 3 * DELAY + QUIET), took)
	await _gives_up("no second attempt is wanted", NOBODY + "?token=secret", 0, "(attempts: 1)")
	await _gives_up("there is no such camera", argument(0) + "/camera/77", 1, "has it that camera?")
	await _gives_up("all cameras come", argument(0) + "/", 0, "use BundleClient")
	await _gives_up("the address is of another kind", "http://127.0.0.1:1/", 0, "ws:// or wss://")
	await _gives_up("the address is none", "ws://:::/", 0, "is no address")

	var all := AllCameras.new()
	all.max_reconnect_attempts = 1
	all.reconnect_delay = DELAY
	root.add_child(all)
	var errors: Array[String] = []
	all.connection_error.connect(func(error: String) -> void: errors.append(error))
	all.connect_to_server("ws://127.0.0.1:1/")
	await until("a client of all cameras gives up", func() -> bool: return errors.size() == 1)
	check("and says it", errors[0].contains("(attempts: 2)"), errors)


func _gives_up(what: String, url: String, attempts: int, says: String) -> void:
	var client := OneCamera.new()
	client.max_reconnect_attempts = attempts
	client.reconnect_delay = DELAY
	root.add_child(client)
	var heard := listen(client)
	var errors: Array[String] = []
	client.connection_error.connect(func(error: String) -> void: errors.append(error))
	client.connect_to_server(url)
	await until(what + ": it gives up", func() -> bool: return not errors.is_empty())
	await create_timer(QUIET).timeout
	check("once, and says why", errors.size() == 1 and errors[0].contains(says), errors)
	check("without the token", not errors[0].contains("secret"), errors)
	check("without a picture", not "frame_received" in heard, heard)
	check("it is disconnected", client.get_connection_status() == "disconnected")
	client.queue_free()
