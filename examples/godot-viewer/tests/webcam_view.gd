extends "scenario.gd"
## Scenes/webcam_view.tscn, by its buttons: connects, shows, switches, saves, disconnects.

const Pattern := preload("pattern.gd")


func run() -> void:
	var view: Control = load("res://Scenes/webcam_view.tscn").instantiate()
	var client: Node = view.get_node("WebcamClient")
	client.server_url = argument(0) + "/camera/0"
	view.connect_on_start = false
	root.add_child(view)
	var heard := listen(client)
	var video: TextureRect = view.find_child("VideoDisplay")
	var status: Label = view.find_child("StatusLabel")
	var cameras: OptionButton = view.find_child("CameraList")

	check("nothing is shown at first", video.texture == null)
	check("it is disconnected", status.text == "Disconnected", status.text)
	view.find_child("ConnectButton").pressed.emit()
	check("it connects", client.get_connection_status() == "connecting")
	await until("it says so", func() -> bool: return status.text == "Connected")
	await until("a picture is shown", func() -> bool: return video.texture != null)
	var expected: Array[String] = ["connected", "metadata_received", "frame_received"]
	check("the signals fire in their order", heard.slice(0, 3) == expected, heard)
	var first: Image = client.get_image().duplicate()
	check("it is camera 0", not Pattern.differs(first, 0), Pattern.differs(first, 0))
	check("so is the texture", not Pattern.differs(video.texture.get_image(), 0))
	var texture := video.texture
	var change := func() -> bool: return client.get_image().get_data() != first.get_data()
	await until("the picture changes", change)
	check("the texture is still the same one", video.texture == texture)
	await until("the rate is 30", func() -> bool: return absf(client.get_current_fps() - 30) < 3)
	var info: Dictionary = client.get_stream_info()
	check("the stream is described", info["width"] == 640 and info["camera_id"] == 0, info)
	check("so is it to people", view.find_child("InfoLabel").text.begins_with("640 × 480"))

	await until("all cameras are listed", func() -> bool: return cameras.item_count == 3)
	check("the one that is shown is chosen", cameras.get_selected_id() == 0)
	cameras.item_selected.emit(cameras.get_item_index(2))
	check("camera 0's picture is gone", client.get_image() == null and video.texture == null)
	var is_shown := func() -> bool:
		return client.get_image() != null and not Pattern.differs(client.get_image(), 2)
	await until("camera 2 is shown", is_shown)
	check("it was said that the first connection ended", heard.has("disconnected"), heard)
	check("in the same texture", video.texture == texture)
	await until("and chosen", func() -> bool: return cameras.get_selected_id() == 2)

	var seen: Image = await screenshot("webcam_view")
	if seen:
		var shown := part(seen, video)
		check("it is on the screen", not Pattern.differs(shown, 2), Pattern.differs(shown, 2))
		check("so is the texture's memory", not Pattern.differs(video.texture.get_image(), 2))

	var outcomes := {"stop": "Camera 2 is stopped", "start": "Connected"}
	for action: String in outcomes:
		var http := HTTPRequest.new()
		root.add_child(http)
		var address := argument(0).replace("ws://", "http://") + "/api/camera/2/" + action
		http.request(address, [], HTTPClient.METHOD_POST)
		await until(outcomes[action], func() -> bool: return status.text == outcomes[action])

	var path: String = view.save_frame()
	check("a picture is saved", path != "")
	var full_path := ProjectSettings.globalize_path(path)
	check("it is told where", status.text.contains(full_path), status.text)
	var saved := Image.load_from_file(path)
	check("as the PNG that was shown", saved.get_data() == client.get_image().get_data())
	DirAccess.remove_absolute(path)

	view.find_child("DisconnectButton").pressed.emit()
	check("it disconnects", client.get_connection_status() == "disconnected")
	check("with a signal", heard[-1] == "disconnected", heard)
	check("and says so", status.text == "Disconnected", status.text)
	var received: int = client.get_stream_info()["frames_received"]
	for n in 30:
		await process_frame
	check("for good", client.get_stream_info()["frames_received"] == received)
	check("and nothing fires", heard[-1] == "disconnected", heard)
	check("there was no error", not heard.has("connection_error"), heard)
