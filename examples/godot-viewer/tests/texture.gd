extends "scenario.gd"
## The texture is one for ever, and gets new memory only where the size of the pictures changes.

const OneCamera := preload("res://WebcamClient.gd")
const Pattern := preload("pattern.gd")


func run() -> void:
	var client := OneCamera.new()
	root.add_child(client)
	var textures := {}
	# The names by which OpenGL knows the memory; without a screen they are all 0.
	var memory := {}
	var hear := func(texture: ImageTexture) -> void:
		textures[texture] = true
		memory[RenderingServer.texture_get_native_handle(texture.get_rid())] = true
	client.frame_received.connect(hear)
	client.connect_to_server(argument(0) + "/camera/0")
	var many := func() -> bool: return client.get_stream_info()["frames_received"] > 30
	await until("pictures come", many)
	check("in the same memory", memory.size() == 1 and not memory.has(0), memory)

	client.send_config_message({"resolution": [320, 240]})
	var texture: ImageTexture = textures.keys()[0]
	var is_small := func() -> bool: return texture.get_size() == Vector2(320, 240)
	await until("they become smaller", is_small)
	check("in memory of their size", memory.size() == 2, memory)
	var difference := Pattern.differs(texture.get_image(), 0)
	check("they are whole", not difference, difference)
	check("all in the same texture", textures.size() == 1)
