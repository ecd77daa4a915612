extends "scenario.gd"
## Pictures that are no longer live do not look so, in both scenes, and the reason is beside them.
##
## Cameras 0 and 1 are the grabber's, 2 is of a sender without control, 3 is not there. Whoever runs
## this script does to them what it asks for.

const OneCamera := preload("res://WebcamClient.gd")
## In seconds, from the last picture until it is dim; and what a loaded machine adds.
const SILENCE := 3.0
const SLACK := 3.0

var _grid: Control
var _all: Node
## Views of cameras 0 and 2.
var _views := {}
## How many bundles had come, and when the last one did, in ms.
var _bundles := [0, 0]


func run() -> void:
	var unplugged := OneCamera.new()
	root.add_child(unplugged)
	var told := listen(unplugged)
	unplugged.connect_to_server(argument(0) + "/camera/3")
	await until("of a camera that never sent is told", func() -> bool: return told.size() > 1)
	var info := unplugged.get_stream_info()
	check("that it has no size", info["width"] == 0 and info["camera_id"] == 3, info)
	check("and is not live", info["state"] != "streaming" and not unplugged.is_live(), info)

	for camera_id: int in [0, 2]:
		_views[camera_id] = _scene("webcam_view", "WebcamClient", "/camera/%d" % camera_id)
	_grid = _scene("bundle_grid", "BundleClient", "/")
	_all = _grid.get_node("BundleClient")
	for camera_id in 3:
		await until("camera %d is live" % camera_id, _looks.bind(camera_id, ""))
	await _see("live", true)

	await _ask("stop")
	await until("a camera that is stopped is dim", _looks.bind(0, "stopped"))
	check("the others are not", _looks(1, "") and _looks(2, ""))
	await _see("stopped", false)
	await _ask("start")
	await until("when it starts, it is as before", _looks.bind(0, ""))

	print("the senders may hang")
	await until("nothing comes", func() -> bool: return not _moves())
	var began := Time.get_ticks_msec()
	for camera_id in 3:
		await until("camera %d is dim" % camera_id, _looks.bind(camera_id, "no picture for "))
	var took := (Time.get_ticks_msec() - began) / 1000.0
	print("figure: dim after %.1f s" % took)
	check("soon", took < SILENCE + SLACK, took)
	print("they may go on")
	for camera_id in 3:
		await until("camera %d is live again" % camera_id, _looks.bind(camera_id, ""))

	var removed := OneCamera.new()
	root.add_child(removed)
	removed.connect_to_server(argument(0) + "/camera/1")
	await until("camera 1 is live", removed.is_live)
	print("camera 1 may be removed")
	await until("then it is dim", _looks.bind(1, "no such camera any more"))
	await until("for a client of it alone", func() -> bool: return not removed.is_live())
	info = removed.get_stream_info()
	check("which is told the reason", info["cause"] == "no such camera any more", info)
	check("the others are live", _looks(0, "") and _looks(2, ""))

	print("the bridge may end")
	for camera_id in 3:
		await until("camera %d is dim" % camera_id, _looks.bind(camera_id, "not connected"))
	check("no picture is given out", _all.get_image(0) == null and removed.get_image() == null)
	check("nor when it was taken", _all.get_capture_info(0) == null)
	check("nor is one saved", _views[0].save_frame() == "")


func _scene(name: String, client: String, path: String) -> Control:
	var scene: Control = load("res://Scenes/%s.tscn" % name).instantiate()
	scene.get_node(client).server_url = argument(0) + path
	root.add_child(scene)
	return scene


## Whether a camera looks live in each scene; or, where there is a reason, old, with it.
func _looks(camera_id: int, reason: String) -> bool:
	var tile: TextureRect = _grid.find_child("Grid").get_node_or_null("Camera%d" % camera_id)
	if not tile or not _shows(tile, tile.get_node("Name"), reason):
		return false
	if _all.is_live(camera_id) != (reason == ""):
		return false
	if not _views.has(camera_id):
		return true
	var view: Control = _views[camera_id]
	return _shows(view.find_child("VideoDisplay"), view.find_child("WhyNotLiveLabel"), reason)


func _shows(display: TextureRect, label: Label, reason: String) -> bool:
	if not display.texture:
		return false
	if reason:
		return display.self_modulate.a < 0.5 and label.text.contains(reason)
	return display.self_modulate == Color.WHITE and not label.text.contains("no ")


## How the white bar of the test pattern looks on the screen.
func _see(name: String, is_bright: bool) -> void:
	for view: Control in _views.values():
		view.hide()
	var seen: Image = await screenshot("old_pictures_" + name)
	if seen:
		var shown := part(seen, _grid.find_child("Grid").get_node("Camera0"))
		var white := shown.get_pixel(shown.get_width() / 16, int(0.91 * shown.get_height()))
		check("so it is on the screen", white.v > 0.9 if is_bright else white.v < 0.6, white)


func _ask(action: String) -> void:
	var http := HTTPRequest.new()
	root.add_child(http)
	var address := argument(0).replace("ws://", "http://") + "/api/camera/0/" + action
	http.request(address, [], HTTPClient.METHOD_POST)
	await http.request_completed
	http.queue_free()


## Whether bundles came lately.
func _moves() -> bool:
	if _all.bundles_received != _bundles[0]:
		_bundles = [_all.bundles_received, Time.get_ticks_msec()]
	return Time.get_ticks_msec() - _bundles[1] < 300
