extends "scenario.gd"
## A game that draws five frames a second, and one that hangs, show the newest picture all the same.

const OneCamera := preload("res://WebcamClient.gd")
const AllCameras := preload("res://BundleClient.gd")
const FRAME_MS := 200
const HANG_MS := 4000


func run() -> void:
	var one := OneCamera.new()
	var all := AllCameras.new()
	root.add_child(one)
	root.add_child(all)
	var heard := [listen(one), listen(all)]
	one.connect_to_server(argument(0) + "/camera/0")
	all.connect_to_server(argument(0) + "/")
	var come := func() -> bool: return one.get_image() != null and all.get_image(0) != null
	await until("pictures come", come)
	var ages: Array[float] = []
	all.frame_received.connect(
		func(camera_id: int, _texture: ImageTexture) -> void:
			if camera_id == 0:
				ages.append(_age_ms(all))
	)
	var before: Dictionary = one.get_stream_info()
	var began := Time.get_ticks_msec()
	for n in 20:
		OS.delay_msec(FRAME_MS)
		await process_frame
	var seconds := (Time.get_ticks_msec() - began) / 1000.0
	var after: Dictionary = one.get_stream_info()
	var rate: float = (after["frames_received"] - before["frames_received"]) / seconds
	var skipped: int = after["frames_skipped"] - before["frames_skipped"]
	print("figure: %.1f frames/s came, %d skipped" % [rate, skipped])
	print("figure: pictures were %.0f ms old at most when they were shown" % ages.max())
	check("all pictures come", absf(rate - 30) < 4, rate)
	check("most are not decoded", skipped > 60, skipped)
	# It came just before a frame of the game, which has it decoded until the next one.
	check("what is shown is never old", ages.size() > 10 and ages.max() < 4 * FRAME_MS, ages)

	OS.delay_msec(HANG_MS)
	for n in 3:
		await process_frame
	await until("after a hang the newest is there", func() -> bool: return _age_ms(all) < 300, 2.0)
	check("over the same connections", heard[0].count("connected") == 1, heard)
	check("none was lost", not ("disconnected" in heard[0] or "disconnected" in heard[1]), heard)
	check("whole", one.get_stream_info()["frames_broken"] == 0 and all.bundles_malformed == 0)


func _age_ms(client: AllCameras) -> float:
	var now_us := Time.get_unix_time_from_system() * 1e6
	return (now_us - client.get_capture_info(0).capture_time_us) / 1000
