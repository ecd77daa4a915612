extends Control
## Runs Scenes/bundle_grid.tscn: all cameras side by side, over one connection.

const Client := preload("BundleClient.gd")
## What is no longer live is not to look as if it were.
const OLD := Color(1, 1, 1, 0.25)

## Otherwise [method BundleClient.connect_to_server] has to be called.
@export var connect_on_start := true

var _names := {}  # by camera id
var _tiles := {}  # TextureRect by camera id

@onready var _client: Client = $BundleClient
@onready var _grid: GridContainer = %Grid
@onready var _status: Label = %StatusLabel


func _ready() -> void:
	_client.connected.connect(func() -> void: _status.text = "Connected")
	_client.disconnected.connect(func() -> void: _status.text = "Reconnecting …")
	_client.connection_error.connect(func(error: String) -> void: _status.text = error)
	_client.cameras_changed.connect(_on_cameras_changed)
	_client.frame_received.connect(_on_frame_received)
	if connect_on_start:
		_status.text = "Connecting"
		_client.connect_to_server()


func _process(_delta: float) -> void:
	for camera_id: int in _tiles:
		var why_not := _client.why_not_live(camera_id)
		var tile: TextureRect = _tiles[camera_id]
		tile.self_modulate = OLD if why_not else Color.WHITE  # not the label in it
		var label: Label = tile.get_node("Name")
		var camera_name: Variant = _names.get(camera_id)
		label.text = camera_name if camera_name else "Camera %d" % camera_id
		if why_not:
			label.text += " · " + why_not


func _on_cameras_changed(cameras: Array[Dictionary]) -> void:
	for camera in cameras:
		_names[camera["camera_id"]] = camera.get("name")


func _on_frame_received(camera_id: int, texture: ImageTexture) -> void:
	if _tiles.has(camera_id):
		return  # the texture in its tile has changed by itself
	var tile := TextureRect.new()
	tile.name = "Camera%d" % camera_id
	tile.texture = texture
	tile.expand_mode = TextureRect.EXPAND_IGNORE_SIZE
	tile.stretch_mode = TextureRect.STRETCH_KEEP_ASPECT_CENTERED
	tile.size_flags_horizontal = SIZE_EXPAND_FILL
	tile.size_flags_vertical = SIZE_EXPAND_FILL
	var label := Label.new()
	label.name = "Name"
	label.position = Vector2(8, 8)
	tile.add_child(label)
	_tiles[camera_id] = tile
	_grid.add_child(tile)
	_grid.columns = ceili(sqrt(_tiles.size()))
