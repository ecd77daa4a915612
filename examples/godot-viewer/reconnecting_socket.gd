extends RefCounted
## A WebSocket that comes back. Poll it once a frame of the game, then take its packets until none
## is left.
##
## A connection that fails or ends is tried again after [member delay] seconds, each time twice as
## long, at most [constant LONGEST_DELAY]. The first delay holds again once a connection has stood
## for [constant PROOF], so not where each one is closed at once. [method close] ends it for good.

## The connection stands.
signal opened
## A connection that stood is over.
signal closed(reason: String)
## One was closed, maybe before it was seen to stand, for something that somebody has to change.
signal refused(advice: String)
## So many attempts in a row have failed that no further one is made. With what to change, if that
## is known.
signal gave_up(reason: String, advice: String)

enum State { IDLE, CONNECTING, OPEN, WAITING }

## In seconds: a peer that is gone without a word is noticed after two of these.
const HEARTBEAT := 5.0
## In seconds: how long a connection may take to come about.
const CONNECT_TIMEOUT := 10.0
## In seconds.
const LONGEST_DELAY := 10.0
## A share of the delay that chance takes off, so that many games do not come back in one instant.
const JITTER := 0.25
## In seconds: a connection that has stood so long works.
const PROOF := 5.0
## Close codes after which trying again is not enough.
const NOT_ALLOWED := 1008
const MESSAGE_TOO_BIG := 1009

## In seconds: from a failure to the first attempt after it.
var delay := 2.0
## Attempts in a row after which it gives up; -1 for never.
var max_attempts := 10
## In bytes: a message larger than this ends the connection.
var inbound_buffer_size := 16 << 20
## Attempts since a connection last worked.
var attempts := 0
var state := State.IDLE

var _url := ""
var _peer: WebSocketPeer
var _deadline := 0
var _opened_at := 0


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
	return _peer.get_packet()


## Whether the packet that was taken last is text.
func was_text() -> bool:
	return _peer.was_string_packet()


func send(text: String) -> Error:
	return _peer.send_text(text) if state == State.OPEN else ERR_UNAVAILABLE


func _connect() -> Error:
	_peer = WebSocketPeer.new()
	_peer.inbound_buffer_size = inbound_buffer_size  # before connecting: later it has no effect
	_peer.set("heartbeat_interval", HEARTBEAT)  # older Godots have no such property, and pass over it
	state = State.CONNECTING
	_deadline = Time.get_ticks_msec() + int(1000 * CONNECT_TIMEOUT)
	return _peer.connect_to_url(_url)


func _follow() -> void:
	match _peer.get_ready_state():
		WebSocketPeer.STATE_OPEN:
			if state == State.CONNECTING:
				state = State.OPEN
				_opened_at = Time.get_ticks_msec()
				opened.emit()
			elif Time.get_ticks_msec() - _opened_at >= 1000 * PROOF:
				attempts = 0
		WebSocketPeer.STATE_CONNECTING:
			if Time.get_ticks_msec() >= _deadline:
				_fail("no answer within %d s" % CONNECT_TIMEOUT)
		_:
			_fail(_why())


func _why() -> String:
	var code := _peer.get_close_code()
	if code != -1:
		return "closed with %d %s" % [code, _peer.get_close_reason()]
	if state == State.CONNECTING:
		return "nobody there, or refused (Godot's console has the HTTP status)"
	return "the connection broke"


func _advice() -> String:
	match _peer.get_close_code():
		NOT_ALLOWED:
			var why := "the bridge does not allow this, or it was too slow for delivery=every"
			return "%s: change what server_url asks for" % why
		MESSAGE_TOO_BIG:
			var size := String.humanize_size(inbound_buffer_size)
			return "a message is larger than inbound_buffer_size, %s: make that larger" % size
	return ""


func _fail(reason: String) -> void:
	var was_open := state == State.OPEN
	var advice := _advice()
	var gives_up := max_attempts >= 0 and attempts >= max_attempts
	_peer = null
	state = State.IDLE if gives_up else State.WAITING
	var wait := minf(delay * pow(2.0, attempts), maxf(delay, LONGEST_DELAY))
	_deadline = Time.get_ticks_msec() + int(1000 * wait * randf_range(1.0 - JITTER, 1.0))
	if was_open:
		closed.emit(reason)
	if gives_up:
		gave_up.emit(reason, advice)
	elif advice:
		refused.emit(advice)
