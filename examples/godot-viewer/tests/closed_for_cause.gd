extends "scenario.gd"
## A connection that is closed each time for the same cause is not made again and again without a
## pause, and what to do about it is told.

const OneCamera := preload("res://WebcamClient.gd")
const AllCameras := preload("res://BundleClient.gd")
const DELAY := 0.2
## The hello of a bridge fits into it, no picture does.
const SMALL := 4096

## In ms: how long the connection stands, well enough for a hello.
const STANDS := 200

var _server := TCPServer.new()
## When each was opened, in ms.
var _peers := {}
var _is_too_large := true


func run() -> void:
	const TOO_LARGE := "inbound_buffer_size, 4.00 KiB: make"
	for client: Node in [OneCamera.new(), AllCameras.new()]:
		client.server_url = argument(0) + ("/camera/0" if client is OneCamera else "/")
		await _ends("a picture of the bridge is too large", client, TOO_LARGE)

	check("somebody else listens", _server.listen(0, "127.0.0.1") == OK)
	process_frame.connect(_serve)
	var url := "ws://127.0.0.1:%d/?token=secret" % _server.get_local_port()
	for client: Node in [OneCamera.new(), AllCameras.new()]:
		client.server_url = url
		await _ends("a later message is too large", client, TOO_LARGE)
	_is_too_large = false
	for client: Node in [OneCamera.new(), AllCameras.new()]:
		client.server_url = url
		await _ends("it is not allowed", client, "change what server_url asks for")


func _ends(what: String, client: Node, advice: String) -> void:
	client.inbound_buffer_size = SMALL
	client.max_reconnect_attempts = 2
	client.reconnect_delay = DELAY
	root.add_child(client)
	var errors: Array[String] = []
	var times: Array[int] = []
	client.connection_error.connect(
		func(error: String) -> void:
			errors.append(error)
			times.append(Time.get_ticks_msec())
	)
	client.connect_to_server()
	await until(what + ": it gives up", func() -> bool: return errors.size() == 3)
	check("after as many attempts as it may", errors[-1].contains("(attempts: 3)"), errors)
	for error in errors:
		check("what to do is told", error.contains(advice) and not error.contains("secret"), error)
	if times.size() == 3:
		var waited := [times[1] - times[0], times[2] - times[1]]
		check("it waited", waited[0] >= 0.75 * 1000 * DELAY, waited)
		check("and then twice as long", waited[1] >= 0.75 * 1000 * 2 * DELAY, waited)
	client.queue_free()


## As the bridge does: first says something, and then something that is too large, or that the
## client was too slow. Not at once, so that the connection is seen to stand.
func _serve() -> void:
	if _server.is_connection_available():
		var peer := WebSocketPeer.new()
		peer.accept_stream(_server.take_connection())
		_peers[peer] = 0
	for peer: WebSocketPeer in _peers:
		peer.poll()
		if peer.get_ready_state() != WebSocketPeer.STATE_OPEN:
			continue
		if _peers[peer] == 0:
			_peers[peer] = Time.get_ticks_msec()
			peer.send_text("{}")
		elif Time.get_ticks_msec() - _peers[peer] >= STANDS:
			if _is_too_large:
				var large := PackedByteArray()
				large.resize(2 * SMALL)
				peer.send(large)
			else:
				peer.close(1008, "too slow")
