extends "scenario.gd"
## The client that people write first: one WebSocketPeer, load_jpg_from_buffer on every packet. With
## pictures of 200 KB it works once its buffer is set, and not before.

const OneCamera := preload("res://WebcamClient.gd")
const WANTED := 30


class MinimalClient:
	extends Node
	var socket := WebSocketPeer.new()
	var image := Image.new()
	var frames := 0
	var largest := 0

	func _process(_delta: float) -> void:
		socket.poll()
		while socket.get_available_packet_count() > 0:
			var packet := socket.get_packet()
			if image.load_jpg_from_buffer(packet) == OK:
				frames += 1
				largest = maxi(largest, packet.size())


func run() -> void:
	var with_buffer := MinimalClient.new()
	with_buffer.socket.inbound_buffer_size = 16 << 20
	root.add_child(with_buffer)
	with_buffer.socket.connect_to_url(argument(0) + "/camera/0")
	var shows := func() -> bool: return with_buffer.frames >= WANTED
	await until("with its buffer set it shows %d pictures" % WANTED, shows)
	check("they have 200 KB", with_buffer.largest > 200_000, with_buffer.largest)
	check("it is connected", with_buffer.socket.get_ready_state() == WebSocketPeer.STATE_OPEN)

	var ours := OneCamera.new()
	root.add_child(ours)
	ours.connect_to_server(argument(0) + "/camera/0")
	await until("so does ours", func() -> bool: return ours.get_image() != null)

	var without := MinimalClient.new()
	root.add_child(without)
	var default := without.socket.inbound_buffer_size
	check("the default is less", default == 65535, default)
	var socket := without.socket
	socket.connect_to_url(argument(0) + "/camera/0")
	var is_over := func() -> bool: return socket.get_ready_state() == WebSocketPeer.STATE_CLOSED
	await until("without, the connection ends", is_over)
	check("with no picture", without.frames == 0, without.frames)
	var why := [socket.get_close_code(), socket.get_close_reason()]
	print("figure: with the default buffer it is closed with %d '%s'" % why)
