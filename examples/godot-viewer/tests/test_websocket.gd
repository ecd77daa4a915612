extends "scenario.gd"
## Scenes/test_websocket.tscn, by its buttons: what happens is in its log.

const Pattern := preload("pattern.gd")


func run() -> void:
	var scene: Control = load("res://Scenes/test_websocket.tscn").instantiate()
	root.add_child(scene)
	var client: Node = scene.get_node("WebcamClient")
	var video: TextureRect = scene.find_child("VideoDisplay")
	var said: RichTextLabel = scene.find_child("Log")
	var says := func(text: String) -> Callable:
		return func() -> bool: return said.get_parsed_text().contains(text)

	scene.find_child("UrlEdit").text = argument(0) + "/camera/1"
	scene.find_child("ConnectButton").pressed.emit()
	for line: String in ["connected", "metadata_received", "first picture, (640.0, 480.0)"]:
		await until("the log has: " + line, says.call(line))
	var difference := Pattern.differs(client.get_image(), 1)
	check("the camera is shown", video.texture != null and not difference, difference)

	scene.find_child("ConfigEdit").text = '{"fps": 15}'
	scene.find_child("ConfigButton").pressed.emit()
	await until("a config is answered", says.call('"ok": true'))
	scene.find_child("ConfigEdit").text = '{"jpeg_quality": 1000}'
	scene.find_child("ConfigButton").pressed.emit()
	await until("what cannot be is refused, with the reason", says.call("jpeg_quality"))
	await until("in the answer", says.call('"ok": false'))

	var seen: Image = await screenshot("test_websocket")
	if seen:
		var shown := part(seen, video)
		check("it is on the screen", not Pattern.differs(shown, 1), Pattern.differs(shown, 1))

	scene.find_child("DisconnectButton").pressed.emit()
	await until("the end is in the log", says.call("  disconnected"))
	scene.find_child("UrlEdit").text = "no address"
	scene.find_child("ConnectButton").pressed.emit()
	await until("a wrong one is told", says.call("connection_error the address is 'no address'"))
