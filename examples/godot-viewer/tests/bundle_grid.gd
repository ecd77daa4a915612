extends "scenario.gd"
## Scenes/bundle_grid.tscn: three cameras from one connection.

const Pattern := preload("pattern.gd")


func run() -> void:
	var grid: Control = load("res://Scenes/bundle_grid.tscn").instantiate()
	var client: Node = grid.get_node("BundleClient")
	client.server_url = argument(0) + "/"
	root.add_child(grid)
	var heard := listen(client)
	var tiles: GridContainer = grid.find_child("Grid")
	await until("there are three tiles", func() -> bool: return tiles.get_child_count() == 3)
	var expected: Array[String] = ["connected", "cameras_changed", "frame_received"]
	check("the signals fire in their order", heard.slice(0, 3) == expected, heard)
	for camera_id in 3:
		var image: Image = client.get_image(camera_id).duplicate()
		var difference := Pattern.differs(image, camera_id)
		check("camera %d is itself" % camera_id, not difference, difference)
		var change := func() -> bool:
			return client.get_image(camera_id).get_data() != image.get_data()
		await until("it moves", change)
		var tile: TextureRect = tiles.get_node("Camera%d" % camera_id)
		var label: Label = tile.get_node("Name")
		check("it has a name", label.text == "Camera %d" % camera_id, label.text)
		var now_us := Time.get_unix_time_from_system() * 1e6
		var age_ms: float = (now_us - client.get_capture_info(camera_id).capture_time_us) / 1000
		check("its picture is new", age_ms > 0 and age_ms < 1000, "%.1f ms" % age_ms)
	check("no bundle is malformed", client.bundles_malformed == 0)

	var seen: Image = await screenshot("bundle_grid")
	if seen:
		for camera_id in 3:
			var shown := part(seen, tiles.get_node("Camera%d" % camera_id))
			var difference := Pattern.differs(shown, camera_id)
			check("camera %d is on the screen" % camera_id, not difference, difference)
