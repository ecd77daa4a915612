extends SceneTree
## What the tests share. Each is a script that runs against a real bridge and says what is true, a
## line a check:
## [codeblock]
## godot --headless --path . --script tests/NAME.gd -- ws://localhost:8765
## [/codeblock]
## Exit code 1 where a check fails. cargo test --test godot starts bridges for them.

## In seconds: a loaded machine is slow, a broken program never comes.
const PATIENCE := 20.0

var _failed := 0


func _initialize() -> void:
	print("figure: Godot ", Engine.get_version_info()["string"], ", ", DisplayServer.get_name())
	_run_and_quit.call_deferred()


## What a test does.
func run() -> void:
	pass


## What is behind -- on the command line, by place.
func argument(n: int) -> String:
	var arguments := OS.get_cmdline_user_args()
	return arguments[n] if n < arguments.size() else ""


func check(what: String, is_so: bool, instead: Variant = "") -> void:
	if is_so:
		print("ok       ", what)
	else:
		print("FAILED   ", what, " ", instead)
		_failed += 1


## Lets the game go on until something is so.
func until(what: String, is_so: Callable, seconds := PATIENCE) -> void:
	var deadline := Time.get_ticks_msec() + int(1000 * seconds)
	while not is_so.call() and Time.get_ticks_msec() < deadline:
		await process_frame
	check(what, is_so.call(), "not within %s s" % seconds)


## The signals of a node, in the order in which they fire: a list that grows. Of a run of the same
## one, the first.
func listen(node: Node) -> Array[String]:
	var heard: Array[String] = []
	for told: Dictionary in node.get_script().get_script_signal_list():
		var hear := func() -> void:
			if heard.is_empty() or heard[-1] != told["name"]:
				heard.append(told["name"])
		var count: int = told["args"].size()
		node.connect(told["name"], hear.unbind(count) if count > 0 else hear)
	return heard


## Keeps what is on the screen in the folder of the second argument, and gives it back; null where
## there is no screen.
func screenshot(name: String) -> Image:
	if DisplayServer.get_name() == "headless":
		return null
	await RenderingServer.frame_post_draw
	var image := root.get_texture().get_image()
	if argument(1):
		var error := image.save_png(argument(1).path_join(name + ".png"))
		check("the screenshot is kept", error == OK, error_string(error))
	return image


## The part of a screenshot where a picture of this size is, centred in its node.
func part(image: Image, display: TextureRect) -> Image:
	var area := display.get_global_rect()
	var size := display.texture.get_size()
	size *= minf(area.size.x / size.x, area.size.y / size.y)
	return image.get_region(Rect2i(Rect2(area.get_center() - size / 2, size)))


func _run_and_quit() -> void:
	await run()
	quit(1 if _failed else 0)
