extends SceneTree
## Holds frame_bundle.gd to the vectors of the contract.
## [codeblock]
## godot --headless --no-header --path examples/godot-viewer --script tests/vectors.gd [-- FILE …]
## [/codeblock]
## Without files: all of proto/vectors/good and malformed. A line a vector; exit 1 where one
## disagrees, 2 where there is none. The vectors in packets are of the Unix socket, which a viewer
## does not read: not applicable.

const FrameBundle := preload("res://frame_bundle.gd")


func _initialize() -> void:
	var paths := OS.get_cmdline_user_args()
	if paths.is_empty():
		var project := ProjectSettings.globalize_path("res://")
		var vectors := project.path_join("../../proto/vectors").simplify_path()
		for folder: String in ["good", "malformed"]:
			for file in DirAccess.get_files_at(vectors.path_join(folder)):
				if file.ends_with(".hex"):
					paths.append(vectors.path_join(folder).path_join(file))
	if paths.is_empty():
		printerr("no vectors in proto/vectors")
		quit(2)
		return
	var disagree := 0
	for path in paths:
		if not _agrees(path):
			disagree = 1
	quit(disagree)


func _agrees(path: String) -> bool:
	var hex := ""
	var expected := ""
	for line in FileAccess.get_file_as_string(path).split("\n"):
		if line.begins_with("# packets: "):
			print("not applicable ", path)
			return true
		if line.begins_with("# error: "):
			expected = line.trim_prefix("# error: ")
		elif not line.begins_with("#"):
			hex += line
	if not expected:
		expected = _without_space(FileAccess.get_file_as_string(path.get_basename() + ".json"))
	hex = _without_space(hex)
	var found := _contents(FrameBundle.new(hex.hex_decode() if hex else PackedByteArray()))
	if found == expected:
		print("agrees    ", path)
		return true
	print("DISAGREES %s\n  expected %s\n  found    %s" % [path, expected, found])
	return false


## As the JSON beside a good vector, white space left out; the kind of a malformed one.
func _contents(bundle: FrameBundle) -> String:
	if bundle.error:
		return bundle.error
	var frames := bundle.frames.map(
		func(frame: FrameBundle.Frame) -> Dictionary:
			return {
				"camera_id": frame.camera_id,
				"pixel_format": frame.pixel_format,
				"width": frame.width,
				"height": frame.height,
				"data": bundle.payload.slice(frame.begin, frame.end).hex_encode(),
			}
	)
	var infos := bundle.capture_infos.map(
		func(info: FrameBundle.CaptureInfo) -> Dictionary:
			return {
				"camera_id": info.camera_id,
				"clock": info.clock,
				"capture_time_us": String.num_uint64(info.capture_time_us),
				"frame_number": String.num_uint64(info.frame_number),
			}
	)
	var contents := {
		"seq": String.num_uint64(bundle.seq),
		"timestamp_us": String.num_uint64(bundle.timestamp_us),
		"session": String.num_uint64(bundle.session) if bundle.has_session else null,
		"frames": frames,
		"capture_info": infos,
	}
	return JSON.stringify(contents, "", false)


func _without_space(text: String) -> String:
	return text.replace(" ", "").replace("\t", "").replace("\r", "").replace("\n", "")
