extends RefCounted
## A WebSocket that comes back. Poll it once a frame of the game, then take its packets until none
## is left.
##
## A connection that fails or ends is tried again after [member delay] seconds, each time twice as
## long, at most [constant LONGEST_DELAY]. [method close] ends it for good.

## The connection stands.
signal opened
## A connection that stood is over.
signal closed(reason: String)
## So many attempts in a row have failed that no further one is made.
signal gave_up(reason: String)

enum State { IDLE, CONNECTING, OPEN, WAITING }

## A message larger than this ends the connection: Godot's own 64 KiB are less than many pictures.
const INBOUND_BUFFER_SIZE := 16 << 20
## In seconds: a peer that is gone without a word is noticed after two of these.
const HEARTBEAT := 5.0
## In seconds: how long a connection may take to come about.
const CONNECT_TIMEOUT := 10.0
## In seconds.
const LONGEST_DELAY := 10.0

## In seconds: from a failure to the first attempt after it.
var delay := 2.0
## Attempts in a row after which it gives up; -1 for never.
var max_attempts := 10
## Attempts since something last came.
var attempts := 0
var state := State.IDLE

var _url := ""
var _peer: WebSocketPeer
var _deadline := 0


## Begins to connect. What Godot cannot read as an address is refused.
func open(url: String) -> Error:
	close()
	_url = url
	attempts = 0
	var error := _connect()
	if error != OK:
		state = State.IDLE
	return error


## Says goodbye, and connects no more. A connection that stood ends with [signal closed].
func close() -> void:
	var was_open := state == State.OPEN
	state = State.IDLE
	if _peer:
		_peer.close()
		_peer.poll()  # sends the goodbye
		_peer = null
	if was_open:
		closed.emit("closed here")


func poll() -> void:
	if state == State.WAITING and Time.get_ticks_msec() >= _deadline:
		attempts += 1
		if _connect() != OK:
			_fail("cannot connect")
	elif state == State.CONNECTING or state == State.OPEN:
		_peer.poll()
		_follow()


func has_packet() -> bool:
	return state == State.OPEN and _peer.get_available_packet_count() > 0


func get_packet() -> PackedByteArray:
	attempts = 0
	return _peer.get_packet()


## Whether the packet that was taken last is text.
func was_text() -> bool:
	return _peer.was_string_packet()


func send(text: String) -> Error:
	return _peer.send_text(text) if state == State.OPEN else ERR_UNAVAILABLE


func _connect() -> Error:
	_peer = WebSocketPeer.new()
	_peer.inbound_buffer_size = INBOUND_BUFFER_SIZE  # before connecting: later it has no effect
	_peer.set("heartbeat_interval", HEARTBEAT)  # older Godots have no such property, and pass over it
	state = State.CONNECTING
	_deadline = Time.get_ticks_msec() + int(1000 * CONNECT_TIMEOUT)
	return _peer.connect_to_url(_url)


func _follow() -> void:
	match _peer.get_ready_state():
		WebSocketPeer.STATE_OPEN:
			if state == State.CONNECTING:
				state = State.OPEN
				opened.emit()
		WebSocketPeer.STATE_CONNECTING:
			if Time.get_ticks_msec() >= _deadline:
				_fail("no answer within %d s" % CONNECT_TIMEOUT)
		_:
			_fail(_why())


func _why() -> String:
	if state == State.CONNECTING:
		return "nobody there, or refused (Godot's console has the HTTP status)"
	var code := _peer.get_close_code()
	if code == -1:
		return "the connection broke"
	return "closed with %d %s" % [code, _peer.get_close_reason()]


func _fail(reason: String) -> void:
	var was_open := state == State.OPEN
	var gives_up := max_attempts >= 0 and attempts >= max_attempts
	_peer = null
	state = State.IDLE if gives_up else State.WAITING
	var wait := minf(delay * pow(2.0, attempts), maxf(delay, LONGEST_DELAY))
	_deadline = Time.get_ticks_msec() + int(1000 * wait)
	if was_open:
		closed.emit(reason)
	if gives_up:
		gave_up.emit(reason)
