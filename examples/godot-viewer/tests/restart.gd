extends "scenario.gd"
## The bridge ends or hangs and comes back, each time when this script asks for it: the clients come
## back, too.

const OneCamera := preload("res://WebcamClient.gd")
const AllCameras := preload("res://BundleClient.gd")

var _heard: Array[Array] = []


func run() -> void:
	var one := OneCamera.new()
	var all := AllCameras.new()
	for client: Node in [one, all]:
		client.reconnect_delay = 0.2
		root.add_child(client)
		_heard.append(listen(client))
	one.connect_to_server(argument(0) + "/camera/0")
	all.connect_to_server(argument(0) + "/")
	for how: String in ["killed", "stopped", "stuck"]:
		await _until_both("frame_received", "pictures come")
		print("the bridge may be ", how)
		await _until_both("disconnected", "the loss is told")
		var waits := func() -> bool: return one.get_connection_status() == "reconnecting"
		await until("another attempt is to come", waits)
		for heard in _heard:
			heard.clear()
		print("it is %s: it may come back" % how)
		await _until_both("frame_received", "pictures come again")
		var again := _heard[0].slice(0, 2)
		check("first the signals of a new connection", again == ["connected", "metadata_received"])
		again = _heard[1].slice(0, 2)
		check("with all cameras, too", again == ["connected", "cameras_changed"], again)
		var is_proven := func() -> bool: return one.get_stream_info()["reconnect_attempts"] == 0
		await until("when it has stood for a while, it is as at first", is_proven)
	check("it never gave up", not "connection_error" in _heard[0])


func _until_both(fired: String, what: String) -> void:
	await until(what, func() -> bool: return fired in _heard[0] and fired in _heard[1])
