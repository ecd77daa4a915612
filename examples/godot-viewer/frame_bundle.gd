extends RefCounted
## Reads a FrameBundle, version 1, as proto/frame-bundle.md describes it. Pictures are places in the
## payload: nothing is copied.
## [codeblock]
## var bundle := FrameBundle.new(packet)
## if bundle.error:
##     push_warning("no bundle: " + bundle.error)
## for frame in bundle.frames:
##     if frame.pixel_format == FrameBundle.JPEG:
##         image.load_jpg_from_buffer(packet.slice(frame.begin, frame.end))
## [/codeblock]
## Numbers of 64 bits are held in Godot's signed int: those from 2^63 on look negative until
## [method String.num_uint64] writes them. Equal is equal, and differences are right.

const MAGIC := 0xCAFEBABE
const VERSION := 1
const JPEG := 1

const HEADER_SIZE := 24
const FRAME_HEADER_SIZE := 16
const BLOCK_HEADER_SIZE := 8
const CAPTURE_INFO_PREFIX_SIZE := 4
const CAPTURE_INFO_ENTRY_SIZE := 24
const SENDER_SIZE := 8

const TAG_CAPTURE_INFO := 1
const TAG_SENDER := 2

var payload: PackedByteArray
## Empty where the bundle is sound; otherwise the kind of the first check that fails, and nothing
## else is of use.
var error := ""
## One more each bundle, within one life of the sender.
var seq := 0
## Microseconds of the sender's clock, when the bundle was put together.
var timestamp_us := 0
var has_session := false
## Which life of the sender this is: where it changes, seq begins again.
var session := 0
var frames: Array[Frame] = []
var capture_infos: Array[CaptureInfo] = []


class Frame:
	extends RefCounted
	var camera_id: int
	var pixel_format: int
	var width: int
	var height: int
	## The data are the bytes of the payload from here …
	var begin: int
	## … to before here.
	var end: int


class CaptureInfo:
	extends RefCounted
	var camera_id: int
	## 0 arrival at the host, 1 the camera's clock mapped to the host's, 2 PTP.
	var clock: int
	## Unix time.
	var capture_time_us: int
	## The camera's own running number: a gap counts frames that were dropped or not streamed.
	var frame_number: int


func _init(bytes: PackedByteArray) -> void:
	payload = bytes
	error = _read_header()
	if error:
		frames.clear()
		capture_infos.clear()


## When a camera's picture was taken; null where the bundle does not tell.
func capture_info_of(camera_id: int) -> CaptureInfo:
	for info in capture_infos:
		if info.camera_id == camera_id:
			return info
	return null


func _read_header() -> String:
	if payload.size() < HEADER_SIZE:
		return "no header"
	if payload.decode_u32(0) != MAGIC:
		return "magic"
	if payload.decode_u16(4) != VERSION:
		return "version"
	var camera_count := payload.decode_u16(6)
	if camera_count == 0:
		return "no camera"
	seq = payload.decode_u64(8)
	timestamp_us = payload.decode_u64(16)
	return _read_frames(camera_count)


func _read_frames(count: int) -> String:
	var seen := {}
	var at := HEADER_SIZE
	for _n in count:
		if payload.size() - at < FRAME_HEADER_SIZE:
			return "frame past end"
		var frame := Frame.new()
		frame.camera_id = payload.decode_u8(at)
		frame.pixel_format = payload.decode_u8(at + 1)
		frame.width = payload.decode_u32(at + 4)
		frame.height = payload.decode_u32(at + 8)
		frame.begin = at + FRAME_HEADER_SIZE
		frame.end = frame.begin + payload.decode_u32(at + 12)
		if frame.end > payload.size():
			return "frame past end"
		if seen.has(frame.camera_id):
			return "camera twice"
		seen[frame.camera_id] = true
		frames.append(frame)
		at = frame.end
	return _read_blocks(at)


func _read_blocks(at: int) -> String:
	var seen := {}
	while at < payload.size():
		if payload.size() - at < BLOCK_HEADER_SIZE:
			return "left over"
		var tag := payload.decode_u16(at)
		var begin := at + BLOCK_HEADER_SIZE
		at = begin + payload.decode_u32(at + 4)
		if at > payload.size():
			return "block past end"
		if tag != TAG_CAPTURE_INFO and tag != TAG_SENDER:
			continue
		if seen.has(tag):
			return "block twice"
		seen[tag] = true
		var fits := _read_sender(begin, at) if tag == TAG_SENDER else _read_capture_infos(begin, at)
		if not fits:
			return "block too short"
	return ""


func _read_capture_infos(begin: int, end: int) -> bool:
	if end - begin < CAPTURE_INFO_PREFIX_SIZE:
		return false
	var entry_size := payload.decode_u16(begin)
	begin += CAPTURE_INFO_PREFIX_SIZE
	if entry_size < CAPTURE_INFO_ENTRY_SIZE or (end - begin) % entry_size != 0:
		return false
	for at in range(begin, end, entry_size):
		var info := CaptureInfo.new()
		info.camera_id = payload.decode_u8(at)
		info.clock = payload.decode_u8(at + 1)
		info.capture_time_us = payload.decode_u64(at + 8)
		info.frame_number = payload.decode_u64(at + 16)
		capture_infos.append(info)
	return true


func _read_sender(begin: int, end: int) -> bool:
	if end - begin < SENDER_SIZE:
		return false
	session = payload.decode_u64(begin)
	has_session = true
	return true
