extends "scenario.gd"
## Switched over to a camera that is stopped, the view has no picture: above all not the last one of
## the camera before.

const AllCameras := preload("res://BundleClient.gd")
const Pattern := preload("pattern.gd")


func run() -> void:
	var view: Control = load("res://Scenes/webcam_view.tscn").instantiate()
	var client: Node = view.get_node("WebcamClient")
	client.server_url = argument(0) + "/camera/0"
	root.add_child(view)
	var video: TextureRect = view.find_child("VideoDisplay")
	var status: Label = view.find_child("StatusLabel")
	await until("camera 0 is shown", func() -> bool: return video.texture != null)

	var http := HTTPRequest.new()
	root.add_child(http)
	var address := argument(0).replace("ws://", "http://") + "/api/camera/1/stop"
	http.request(address, [], HTTPClient.METHOD_POST)
	var told: Array = await http.request_completed
	check("camera 1 is to stop", told[1] == 200, told)
	var all := AllCameras.new()
	root.add_child(all)
	all.connect_to_server(argument(0) + "/")
	# Before the bridge knows it, who comes gets the camera's own last picture.
	await until("it has", func() -> bool: return all.why_not_live(1) == "stopped")
	view.show_camera(1)
	check("at once nothing is shown", video.texture == null)
	check("there is no picture", client.get_image() == null)
	check("none is saved", view.save_frame() == "")
	var is_told := func() -> bool: return status.text == "Camera 1 is stopped"
	await until("it is told why", is_told)
	for n in 60:
		await process_frame
	check("still nothing is shown", video.texture == null and client.get_image() == null)
	check("still none is saved", view.save_frame() == "")
	var label: Label = view.find_child("WhyNotLiveLabel")
	check("the reason is in its place", label.text == "stopped", label.text)

	view.show_camera(0)
	await until("camera 0 is shown again", func() -> bool: return video.texture != null)
	var difference := Pattern.differs(client.get_image(), 0)
	check("as it is", not difference, difference)
	check("and live", client.is_live())
	await until("and bright", func() -> bool: return video.self_modulate == Color.WHITE)
