extends Control
## Runs Scenes/test_websocket.tscn: tries a connection, and writes down all that the client says.

const Client := preload("WebcamClient.gd")
const LINES := 200

@onready var _client: Client = $WebcamClient
@onready var _video: TextureRect = %VideoDisplay
@onready var _log: RichTextLabel = %Log
@onready var _url: LineEdit = %UrlEdit
@onready var _config: LineEdit = %ConfigEdit


func _ready() -> void:
	_url.text = _client.server_url
	_client.connected.connect(note.bind("connected", ""))
	_client.disconnected.connect(note.bind("disconnected", ""))
	_client.metadata_received.connect(
		func(meta: Dictionary) -> void: note("metadata_received", meta)
	)
	_client.config_answered.connect(func(told: Dictionary) -> void: note("config_answered", told))
	_client.connection_error.connect(func(error: String) -> void: note("connection_error", error))
	_client.frame_received.connect(_on_frame_received)
	%ConnectButton.pressed.connect(_on_connect_pressed)
	%DisconnectButton.pressed.connect(_client.disconnect_from_server)
	%ConfigButton.pressed.connect(_on_config_pressed)


func _process(_delta: float) -> void:
	_video.self_modulate = Color.WHITE if _client.is_live() else Color(1, 1, 1, 0.25)
	if not _client.is_live():
		%StatusLabel.text = _client.why_not_live()


## A line of the log: when, what, and what came with it.
func note(what: String, details: Variant = "") -> void:
	_log.add_text("%8.3f  %s %s\n" % [Time.get_ticks_msec() / 1000.0, what, details])
	while _log.get_paragraph_count() > LINES:
		_log.remove_paragraph(0)


func _on_connect_pressed() -> void:
	note("connect_to_server", _url.text)
	_video.texture = null
	_client.connect_to_server(_url.text.strip_edges())


func _on_config_pressed() -> void:
	var config: Variant = JSON.parse_string(_config.text)
	if not config is Dictionary:
		note("not sent: no JSON object", _config.text)
	elif not _client.send_config_message(config):
		note("not sent: there is no connection")


func _on_frame_received(texture: ImageTexture) -> void:
	if not _video.texture:
		note("frame_received", "first picture, %s" % texture.get_size())
	_video.texture = texture
	%StatusLabel.text = "%.1f frames/s" % _client.get_current_fps()
