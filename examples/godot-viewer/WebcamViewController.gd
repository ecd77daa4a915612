extends Control
## Runs Scenes/webcam_view.tscn: one camera, any of the bridge's at a time, whose pictures can be
## saved.

const Client := preload("WebcamClient.gd")
## What is no longer live is not to look as if it were.
const OLD := Color(1, 1, 1, 0.25)

## Otherwise the button has to be pressed.
@export var connect_on_start := true

var _showing := -1

@onready var _client: Client = $WebcamClient
@onready var _camera_names: HTTPRequest = $CameraNames
@onready var _video: TextureRect = %VideoDisplay
@onready var _why_not_live: Label = %WhyNotLiveLabel
@onready var _status: Label = %StatusLabel
@onready var _info: Label = %InfoLabel
@onready var _url: LineEdit = %UrlEdit
@onready var _cameras: OptionButton = %CameraList
@onready var _connect: Button = %ConnectButton
@onready var _disconnect: Button = %DisconnectButton
@onready var _save: Button = %SaveButton


func _ready() -> void:
	_client.connected.connect(_on_connected)
	_client.disconnected.connect(_show_status)
	_client.metadata_received.connect(_on_metadata_received)
	_client.frame_received.connect(_on_frame_received)
	_client.connection_error.connect(_on_connection_error)
	_camera_names.request_completed.connect(_on_cameras_known)
	_connect.pressed.connect(connect_to_server)
	_disconnect.pressed.connect(disconnect_from_server)
	_url.text_submitted.connect(func(_text: String) -> void: connect_to_server())
	_cameras.item_selected.connect(func(n: int) -> void: show_camera(_cameras.get_item_id(n)))
	_save.pressed.connect(save_frame)
	_url.text = _client.server_url
	_show_status()
	if connect_on_start:
		connect_to_server()


func _process(_delta: float) -> void:
	var why_not := _client.why_not_live()
	_video.self_modulate = OLD if why_not else Color.WHITE  # not the label in it
	_why_not_live.text = why_not


func connect_to_server() -> void:
	_video.texture = null  # it may be another camera's
	if _client.connect_to_server(_url.text.strip_edges()):
		_show_status()


func disconnect_from_server() -> void:
	_client.disconnect_from_server()
	_show_status()


## Goes over to another camera of the same bridge.
func show_camera(camera_id: int) -> void:
	_url.text = RegEx.create_from_string("/camera/\\d+").sub(_url.text, "/camera/%d" % camera_id)
	connect_to_server()


## Writes the picture that is shown as a PNG into the user's folder of this project. Returns its
## path, empty where there is none.
func save_frame() -> String:
	var image := _client.get_image()
	if not image:
		return ""
	var time := Time.get_datetime_string_from_system().replace(":", "-")
	var path := "user://camera-%d_%s_%d.png" % [_showing, time, Time.get_ticks_msec()]
	var error := image.save_png(path)
	if error != OK:
		_status.text = "Not saved: " + error_string(error)
		return ""
	_status.text = "Saved as " + ProjectSettings.globalize_path(path)
	return path


func _on_connected() -> void:
	_show_status()
	# ws://HOST:PORT/camera/0 is at the same place as http://HOST:PORT/api/status, which knows all
	# cameras.
	var camera_url := RegEx.create_from_string("^ws(.*)/camera/\\d+")
	_camera_names.cancel_request()
	_camera_names.request(camera_url.sub(_client.server_url, "http$1/api/status"))


func _on_cameras_known(
	_result: int, code: int, _headers: PackedStringArray, body: PackedByteArray
) -> void:
	var status: Variant = JSON.parse_string(body.get_string_from_utf8()) if code == 200 else null
	if not status is Dictionary:
		return
	_cameras.clear()
	for camera: Dictionary in status.get("cameras", []):
		_cameras.add_item(str(camera["name"]), int(camera["camera_id"]))
	_cameras.select(_cameras.get_item_index(_showing))


func _on_metadata_received(metadata: Dictionary) -> void:
	_showing = metadata["camera_id"]
	_cameras.select(_cameras.get_item_index(_showing))
	_show_status()
	if metadata.get("state", "streaming") != "streaming":
		var cause: Variant = metadata.get("cause")
		var why := ": %s" % cause if cause else ""
		_status.text = "Camera %d is %s%s" % [_showing, metadata["state"], why]


func _on_frame_received(texture: ImageTexture) -> void:
	_video.texture = texture
	var stream := _client.get_stream_info()
	var size_of_picture := texture.get_size()
	_info.text = (
		"%d × %d, %.1f frames/s, %d received, %d skipped"
		% [
			size_of_picture.x,
			size_of_picture.y,
			_client.get_current_fps(),
			stream["frames_received"],
			stream["frames_skipped"],
		]
	)


func _on_connection_error(error: String) -> void:
	_show_status()
	_status.text = error


func _show_status() -> void:
	var status := _client.get_connection_status()
	_status.text = status.capitalize()
	_connect.disabled = status == "connected" or status == "connecting"
	_disconnect.disabled = status == "disconnected"
