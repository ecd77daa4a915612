class_name BundleClient
extends Node
## All cameras of a bridge over one connection, each as a texture: FrameBundles, ws://HOST:PORT/.
##
## `?cameras=0,2` and `?fps=10` behind the address choose. A connection that is lost is made again;
## of pictures that come faster than the game can show them, the newest of each camera is shown.

## The connection stands. So it is said again after each one that was lost.
signal connected
## A connection that stood is over.
signal disconnected
## What the bridge says of its cameras, first and after each change: camera_id, name, width, height,
## fps, state, cause; what nobody knows is null.
signal cameras_changed(cameras: Array[Dictionary])
## The texture of a camera, always the same one, shows a new picture.
signal frame_received(camera_id: int, texture: ImageTexture)
## One sentence. No connection is made any more; or it was closed for something that you have to
## change, and is made again all the same.
signal connection_error(error: String)

const ReconnectingSocket := preload("reconnecting_socket.gd")
const JpegTexture := preload("jpeg_texture.gd")
const Liveness := preload("liveness.gd")
const FrameBundle := preload("frame_bundle.gd")

@export var server_url := "ws://localhost:8765/"
## Attempts that may fail in a row; -1 for any number.
@export var max_reconnect_attempts := -1
## In seconds: from a loss to the first attempt. Each further one waits twice as long, at most 10 s;
## chance takes up to a quarter off.
@export var reconnect_delay := 1.0
## In bytes: a message that is larger ends the connection. Godot's own 64 KiB are less than many
## pictures, 16 MiB are several of 12 megapixels. A bundle may have 64 MiB; but Godot sets aside
## three times this much memory for a connection. Takes effect with the next one.
@export var inbound_buffer_size := 16 << 20

## Bundles that came.
var bundles_received := 0
## Bundles that the bridge left out because this client was too slow for them.
var bundles_missed := 0
## Messages that are no bundles.
var bundles_malformed := 0

var _socket := ReconnectingSocket.new()
var _pictures := {}  # JpegTexture by camera id
var _liveness := {}  # Liveness by camera id


func _ready() -> void:
	_socket.opened.connect(func() -> void: connected.emit())
	_socket.closed.connect(_on_closed)
	_socket.refused.connect(
		func(advice: String) -> void: connection_error.emit(_address() + ": " + advice)
	)
	_socket.gave_up.connect(_on_gave_up)


func _exit_tree() -> void:
	disconnect_from_server()


## Begins to connect. False, and [signal connection_error], where the address is none.
func connect_to_server(url := "") -> bool:
	if url:
		server_url = url
	disconnect_from_server()
	_socket.max_attempts = max_reconnect_attempts
	_socket.delay = reconnect_delay
	_socket.inbound_buffer_size = inbound_buffer_size
	if _socket.open(server_url) != OK:
		connection_error.emit("'%s' is no address; one is ws://localhost:8765/" % _address())
		return false
	return true


func disconnect_from_server() -> void:
	_socket.close()
	_forget()


## Whether a camera's texture shows what it sees now. The texture keeps its last picture when that
## is no longer so: dim it, and say why.
func is_live(camera_id: int) -> bool:
	return not why_not_live(camera_id)


## Empty where it is live, otherwise for people: "stopped", "lost: no device", "no picture for 4 s".
func why_not_live(camera_id: int) -> String:
	return _liveness_of(camera_id).why_not(_socket.state == ReconnectingSocket.State.OPEN)


## The newest picture of a camera in main memory; null before the first one of a connection. Good
## until the next frame of the game.
func get_image(camera_id: int) -> Image:
	return _pictures[camera_id].image if _pictures.has(camera_id) else null


## When the picture that is shown was taken, and as which of its camera's frames; null where the
## sender does not tell.
func get_capture_info(camera_id: int) -> FrameBundle.CaptureInfo:
	return _pictures[camera_id].about if _pictures.has(camera_id) else null


## Pictures that were never shown, as newer ones of the same camera came first.
func get_frames_skipped() -> int:
	var skipped := 0
	for picture: JpegTexture in _pictures.values():
		skipped += picture.skipped
	return skipped


func _process(_delta: float) -> void:
	_socket.poll()
	while _socket.has_packet():
		var packet := _socket.get_packet()
		if _socket.was_text():
			_read_text(packet.get_string_from_utf8())
		else:
			_read_bundle(FrameBundle.new(packet))
	for camera_id: int in _pictures:
		if _pictures[camera_id].poll():
			_liveness_of(camera_id).picture_came()
			frame_received.emit(camera_id, _pictures[camera_id].texture)


func _read_bundle(bundle: FrameBundle) -> void:
	if bundle.error:
		bundles_malformed += 1
		push_warning("not a FrameBundle: " + bundle.error)
		return
	bundles_received += 1
	for frame in bundle.frames:
		if frame.pixel_format != FrameBundle.JPEG:
			continue
		if not _pictures.has(frame.camera_id):
			_pictures[frame.camera_id] = JpegTexture.new()
		var capture_info := bundle.capture_info_of(frame.camera_id)
		_pictures[frame.camera_id].offer(bundle.payload, frame.begin, frame.end, capture_info)


func _read_text(text: String) -> void:
	var message: Variant = JSON.parse_string(text)
	if not message is Dictionary:
		return
	match message.get("type"):
		"meta":
			_read_cameras(message.get("cameras"))
		"drop":
			var bundles: Variant = message.get("bundles")
			bundles_missed += int(bundles) if bundles is float else 0


func _read_cameras(told: Variant) -> void:
	var cameras: Array[Dictionary] = []
	for liveness: Liveness in _liveness.values():
		liveness.gone()  # unless it is among these
	for camera: Variant in told if told is Array else []:
		if camera is Dictionary and camera.get("camera_id") is float:
			camera["camera_id"] = int(camera["camera_id"])
			_liveness_of(camera["camera_id"]).read(camera, _asked_fps())
			cameras.append(camera)
	cameras_changed.emit(cameras)


func _liveness_of(camera_id: int) -> Liveness:
	if not _liveness.has(camera_id):
		_liveness[camera_id] = Liveness.new()
	return _liveness[camera_id]


func _on_closed(_reason: String) -> void:
	_forget()
	disconnected.emit()


func _on_gave_up(reason: String, advice: String) -> void:
	if not advice:
		advice = "Does ws-bridge run there?"
	var attempts := 1 + _socket.attempts
	var told := "gave up on %s: %s (attempts: %d). %s" % [_address(), reason, attempts, advice]
	connection_error.emit(told)


func _forget() -> void:
	for camera_id: int in _pictures:
		_pictures[camera_id].forget()
		_liveness_of(camera_id).forget()


## What ?fps= in the address asks for.
func _asked_fps() -> float:
	var asked := RegEx.create_from_string("[?&]fps=([0-9.]+)").search(server_url)
	return asked.get_string(1).to_float() if asked else INF


## Without what is behind the ?, which may be a token and is nobody's business.
func _address() -> String:
	return server_url.get_slice("?", 0)
