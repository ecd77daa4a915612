extends RefCounted
## Whether what is shown of a camera is what it sees now, and why not.
##
## The bridge tells how a camera is; of one whose grabber does not tell, it says "streaming"
## whatever happens. So a camera that is silent for too long is not live, either.

## In seconds; or three periods of the camera, where these are longer.
const LONGEST_SILENCE := 3.0

## "streaming", "opening", "stalled", "lost", "stopped" or "waiting".
var state := "streaming"
## Why it is not streaming; may be empty.
var cause := ""
## Frames a second that should come; infinite where nobody knows.
var fps := INF

var _picture_at := -1  # in ms


## Takes what the bridge says of the camera; no key has to be there, and each may be null. Of the
## camera's frames at most so many a second were asked for.
func read(metadata: Dictionary, asked_fps := INF) -> void:
	state = _text(metadata.get("state"), "streaming")
	cause = _text(metadata.get("cause"), "")
	var told: Variant = metadata.get("fps")
	fps = minf(told if told is float else INF, asked_fps)


## The bridge knows the camera no more.
func gone() -> void:
	state = "lost"
	cause = "no such camera any more"


## A new picture is shown.
func picture_came() -> void:
	_picture_at = Time.get_ticks_msec()


## No picture is shown that could be live.
func forget() -> void:
	_picture_at = -1


## Empty where the camera is live; otherwise the reason, for people.
func why_not(is_connected: bool) -> String:
	if not is_connected:
		return "not connected"
	if state != "streaming":
		return "%s: %s" % [state, cause] if cause else state
	if _picture_at < 0:
		return "no picture yet"
	var silence := (Time.get_ticks_msec() - _picture_at) / 1000.0
	if silence >= maxf(LONGEST_SILENCE, 3.0 / fps):
		return "no picture for %d s" % silence
	return ""


func _text(value: Variant, otherwise: String) -> String:
	return value if value is String else otherwise
