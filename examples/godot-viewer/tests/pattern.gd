extends RefCounted
## How the grabber's test pattern looks: a slope around its camera's hue, and colour bars below.

## From the left, where the picture is 91 hundredths down.
const BARS: Array[Color] = [
	Color.WHITE,
	Color.YELLOW,
	Color.CYAN,
	Color.GREEN,
	Color.MAGENTA,
	Color.RED,
	Color.BLUE,
	Color.BLACK,
]
const BARS_AT := 0.91
## Where nothing is drawn above the slope, in parts of the width and the height.
const HUE_AT := Vector2(0.97, 0.4)
## What JPEG and scaling may change.
const TOLERANCE := 16.0 / 255.0


## Empty where the picture is the pattern of that camera; otherwise what is different.
static func differs(image: Image, camera_id: int) -> String:
	for n in BARS.size():
		var seen := _at(image, (n + 0.5) / BARS.size(), BARS_AT)
		var off := Vector3(seen.r - BARS[n].r, seen.g - BARS[n].g, seen.b - BARS[n].b).abs()
		if off[off.max_axis_index()] > TOLERANCE:
			return "bar %d is %s" % [n, seen]
	var along := (HUE_AT * Vector2(image.get_size())).dot(Vector2.ONE)
	along /= image.get_width() + image.get_height()
	var wanted := fposmod(215.0 + camera_id * 137.508 + 50.0 * (along - 0.5), 360.0)
	var found := _at(image, HUE_AT.x, HUE_AT.y).h * 360.0
	var apart := absf(fposmod(found - wanted + 180.0, 360.0) - 180.0)
	return "" if apart < 20.0 else "the hue is %.0f, not %.0f" % [found, wanted]


static func _at(image: Image, x: float, y: float) -> Color:
	return image.get_pixel(int(x * image.get_width()), int(y * image.get_height()))
