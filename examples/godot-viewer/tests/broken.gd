extends "scenario.gd"
## Camera 0 sends what is no picture, and camera 1 pictures: what does not decode is left out, and
## nothing else suffers.

const OneCamera := preload("res://WebcamClient.gd")
const AllCameras := preload("res://BundleClient.gd")


func run() -> void:
	var one := OneCamera.new()
	var all := AllCameras.new()
	root.add_child(one)
	root.add_child(all)
	one.connect_to_server(argument(0) + "/camera/0")
	all.connect_to_server(argument(0) + "/")
	var many := func() -> bool: return one.get_stream_info()["frames_broken"] > 20
	await until("what does not decode is counted", many)
	check("and not shown", one.get_image() == null and all.get_image(0) == null)
	check("the connection stands", one.get_connection_status() == "connected")
	await until("the other camera is shown", func() -> bool: return all.get_image(1) != null)
	var seen := all.get_image(1).get_pixel(32, 24)
	var off := Vector3i(seen.r8 - 128, seen.g8 - 120, seen.b8 - 90).abs()
	check("as it is", off[off.max_axis_index()] < 8, seen)
