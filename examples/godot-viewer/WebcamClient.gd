class_name WebcamClient
extends Node
## One camera, live, as a texture: the webcam protocol, ws://HOST:PORT/camera/ID.
## [codeblock]
## func _ready() -> void:
##     $WebcamClient.frame_received.connect(_on_frame_received)
##     $WebcamClient.connect_to_server("ws://localhost:8765/camera/0")
##
## func _on_frame_received(texture: ImageTexture) -> void:
##     $Screen.texture = texture
## [/codeblock]
## It is the same texture each time: to set it once is enough, and materials may hold it. A
## connection that is lost is made again; pictures that come faster than the game can show them are
## skipped.

## The connection stands. So it is said again after each one that was lost.
signal connected
## A connection that stood is over, by [method disconnect_from_server] or not.
signal disconnected
## The texture shows a new picture. When none comes any more, [method is_live] knows it.
signal frame_received(texture: ImageTexture)
## What the bridge says of the camera, first and after each change: camera_id, width, height (0
## where nobody knows them yet), fps (what this client gets; null where nobody knows), format,
## timestamp, state ("streaming", "lost", "stopped", …) and cause.
signal metadata_received(metadata: Dictionary)
## What the bridge answers to [method send_config_message]: ok, and applied or error.
signal config_answered(result: Dictionary)
## One sentence. The address is wrong, or as many attempts as [member max_reconnect_attempts] have
## failed: no connection is made any more, and the status is "disconnected". Or the connection was
## closed for something that you have to change; it is made again all the same.
signal connection_error(error: String)

const ReconnectingSocket := preload("reconnecting_socket.gd")
const JpegTexture := preload("jpeg_texture.gd")
const Liveness := preload("liveness.gd")

const STATUS := {
	ReconnectingSocket.State.IDLE: "disconnected",
	ReconnectingSocket.State.CONNECTING: "connecting",
	ReconnectingSocket.State.OPEN: "connected",
	ReconnectingSocket.State.WAITING: "reconnecting",
}

@export var server_url := "ws://localhost:8765/camera/0"
## Attempts that may fail in a row; -1 for any number, 0 for no second attempt.
@export var max_reconnect_attempts := 10
## In seconds: from a loss to the first attempt. Each further one waits twice as long, at most 10 s;
## chance takes up to a quarter off.
@export var reconnect_delay := 2.0
## In bytes: a message that is larger ends the connection. Godot's own 64 KiB are less than many
## pictures, 16 MiB are several of 12 megapixels. A bundle may have 64 MiB; but Godot sets aside
## three times this much memory for a connection. Takes effect with the next one.
@export var inbound_buffer_size := 16 << 20
## Prints what happens.
@export var enable_logging := true
## Prints a line for each picture, too.
@export var log_frames := false

var _socket := ReconnectingSocket.new()
var _picture := JpegTexture.new()
var _liveness := Liveness.new()
var _metadata := {}
var _received := 0
var _fps := 0.0
var _fps_since := 0
var _fps_frames := 0


func _ready() -> void:
	_socket.opened.connect(_on_opened)
	_socket.closed.connect(_on_closed)
	_socket.refused.connect(func(advice: String) -> void: _report(_address() + ": " + advice))
	_socket.gave_up.connect(_on_gave_up)


func _exit_tree() -> void:
	disconnect_from_server()


## Begins to connect, to another address than before where one is given; a connection that stands is
## closed first. Where that is no address: false, and [signal connection_error].
func connect_to_server(url := "") -> bool:
	if url:
		server_url = url
	disconnect_from_server()
	_socket.max_attempts = max_reconnect_attempts
	_socket.delay = reconnect_delay
	_socket.inbound_buffer_size = inbound_buffer_size
	_metadata = {}
	if not server_url.begins_with("ws://") and not server_url.begins_with("wss://"):
		_report("the address is '%s'; it has to begin with ws:// or wss://" % _address())
		return false
	_log("connecting to " + _address())
	if _socket.open(server_url) != OK:
		_report("'%s' is no address; one is ws://localhost:8765/camera/0" % _address())
		return false
	return true


func disconnect_from_server() -> void:
	_socket.close()
	_forget()


## Asks for something else: {"fps": 15} paces this client alone; resolution and jpeg_quality change
## the camera for everyone, where the bridge allows it. [signal config_answered] brings the answer.
## False where there is no connection.
func send_config_message(config: Dictionary) -> bool:
	var message := {"type": "config"}
	message.merge(config)
	return _socket.send(JSON.stringify(message)) == OK


## "disconnected", "connecting", "connected", or "reconnecting" while it waits for the next attempt.
func get_connection_status() -> String:
	return STATUS[_socket.state]


## The newest metadata, with frames_received, frames_skipped (never shown, as newer ones came
## first), frames_broken and reconnect_attempts beside them.
func get_stream_info() -> Dictionary:
	var info := _metadata.duplicate()
	info["frames_received"] = _received
	info["frames_skipped"] = _picture.skipped
	info["frames_broken"] = _picture.broken
	info["reconnect_attempts"] = _socket.attempts
	return info


## Pictures a second that came, over the last second.
func get_current_fps() -> float:
	return _fps if _socket.state == ReconnectingSocket.State.OPEN else 0.0


## Whether the texture shows what the camera sees now. It keeps its last picture when that is no
## longer so: dim it, and say why.
func is_live() -> bool:
	return not why_not_live()


## Empty where it is live, otherwise for people: "stopped", "lost: no device", "no picture for 4 s".
func why_not_live() -> String:
	return _liveness.why_not(_socket.state == ReconnectingSocket.State.OPEN)


## The newest picture of this connection in main memory, to save or to compute with: null before the
## first one, and yours until the next frame of the game. Duplicate it to keep it.
func get_image() -> Image:
	return _picture.image


func _process(_delta: float) -> void:
	_socket.poll()
	while _socket.has_packet():
		var packet := _socket.get_packet()
		if _socket.was_text():
			_read(packet.get_string_from_utf8())
		else:
			_received += 1
			_picture.offer(packet)
	_measure_fps()
	if _picture.poll():
		if log_frames:
			_log("frame %d, %s" % [_received, _picture.image.get_size()])
		_liveness.picture_came()
		frame_received.emit(_picture.texture)


func _read(text: String) -> void:
	var message: Variant = JSON.parse_string(text)
	if not message is Dictionary:
		return
	match message.get("type"):
		"meta" when message.get("protocol") == "framebundle":
			disconnect_from_server()
			_report("%s brings all cameras: ask for …/camera/0, or use BundleClient" % _address())
		"meta":
			_metadata = message
			for key: String in ["camera_id", "width", "height"]:
				# The size is null before it is known, and when the camera is there no more.
				var number: Variant = message.get(key)
				_metadata[key] = int(number) if number is float else 0
			_liveness.read(_metadata)
			metadata_received.emit(_metadata.duplicate())
		"result":
			if not message.get("ok"):
				_log("the bridge refuses: %s" % message.get("error"))
			config_answered.emit(message)


func _measure_fps() -> void:
	var now := Time.get_ticks_msec()
	if now - _fps_since >= 1000:
		_fps = 1000.0 * (_received - _fps_frames) / (now - _fps_since)
		_fps_since = now
		_fps_frames = _received


func _on_opened() -> void:
	_log("connected")
	connected.emit()


func _on_closed(reason: String) -> void:
	_forget()
	_log("disconnected: " + reason)
	disconnected.emit()


func _on_gave_up(reason: String, advice: String) -> void:
	if not advice:
		advice = "Does ws-bridge run there, and has it that camera?"
	var attempts := 1 + _socket.attempts
	_report("gave up on %s: %s (attempts: %d). %s" % [_address(), reason, attempts, advice])


func _forget() -> void:
	_picture.forget()
	_liveness.forget()


## Without what is behind the ?, which may be a token and is nobody's business.
func _address() -> String:
	return server_url.get_slice("?", 0)


func _report(error: String) -> void:
	_log(error)
	connection_error.emit(error)


func _log(text: String) -> void:
	if enable_logging:
		print("%s: %s" % [name, text])
