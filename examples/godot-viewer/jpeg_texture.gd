extends RefCounted
## A texture that shows the newest JPEG it was offered.
##
## A worker thread decodes, so the game never waits; what comes faster than it decodes is skipped.
## The texture stays the same object for ever, and its memory as long as the size of the pictures
## does.

## What is shown.
var texture := ImageTexture.new()
## The same picture in main memory; null before the first one, and after [method forget]. It changes
## in [method poll].
var image: Image
## What was offered with it.
var about: Variant
## JPEGs that were never shown because a newer one was there.
var skipped := 0
## JPEGs that do not decode.
var broken := 0

var _next: Job
var _running: Job
var _task := -1
var _spare := Image.new()


## A JPEG on its way: the bytes from begin to end of what holds it.
class Job:
	extends RefCounted
	var bytes: PackedByteArray
	var begin: int
	var end: int
	var about: Variant
	var image: Image
	var error: Error
	var is_wanted := true

	func decode() -> void:
		var whole := begin == 0 and end == bytes.size()
		error = image.load_jpg_from_buffer(bytes if whole else bytes.slice(begin, end))


## Takes a JPEG, or one that is a part of something larger, without copying it; with what is to be
## known about it.
func offer(
	bytes: PackedByteArray, begin := 0, end := bytes.size(), about_it: Variant = null
) -> void:
	if end - begin < 4 or bytes.decode_u16(begin) != 0xD8FF:
		broken += 1
		return
	if _next:
		skipped += 1
	_next = Job.new()
	_next.bytes = bytes
	_next.begin = begin
	_next.end = end
	_next.about = about_it


## What came is of the past, as with another camera: it is no longer given out, and what is still on
## its way is not shown. The texture keeps its picture until the next one.
func forget() -> void:
	image = null
	about = null
	_next = null
	if _running:
		_running.is_wanted = false


## Goes on with the decoding, once a frame of the game. True when the texture has become a new
## picture.
func poll() -> bool:
	var is_new := false
	if _task != -1 and WorkerThreadPool.is_task_completed(_task):
		WorkerThreadPool.wait_for_task_completion(_task)
		_task = -1
		is_new = _running.is_wanted and _show(_running)
	if _task == -1 and _next:
		_running = _next
		_next = null
		_running.image = _spare
		_task = WorkerThreadPool.add_task(_running.decode, true, "JPEG")
	return is_new


func _show(job: Job) -> bool:
	if job.error != OK:
		broken += 1
		return false
	# Two images take turns: one is looked at while the other is decoded into.
	_spare = image if image else Image.new()
	image = job.image
	about = job.about
	var fits := Vector2i(texture.get_size()) == image.get_size()
	if fits and texture.get_format() == image.get_format():
		texture.update(image)
	else:
		texture.set_image(image)
	return true


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and _task != -1:
		WorkerThreadPool.wait_for_task_completion(_task)
