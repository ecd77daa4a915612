extends "scenario.gd"
## Two clients of one camera: one asks for half the rate, and gets it alone.

const OneCamera := preload("res://WebcamClient.gd")
const SECONDS := 4.0


func run() -> void:
	var clients: Array[OneCamera] = []
	for n in 2:
		clients.append(OneCamera.new())
		clients[n].name = "Client%d" % n
		root.add_child(clients[n])
		check("connecting begins", clients[n].connect_to_server(argument(0) + "/camera/0"))
		await until("pictures come", func() -> bool: return clients[n].get_image() != null)

	var before := await _received(clients)
	var answers: Array[Dictionary] = []
	clients[0].config_answered.connect(func(result: Dictionary) -> void: answers.append(result))
	check("a config is sent", clients[0].send_config_message({"fps": 15}))
	await until("it is answered", func() -> bool: return answers.size() == 1)
	check("and applied", answers[0]["ok"] and answers[0]["applied"]["fps"] == 15, answers)
	var is_told := func() -> bool: return clients[0].get_stream_info()["fps"] == 15
	await until("metadata says so", is_told)
	var after := await _received(clients)
	print("figure: frames a second before %s, after %s" % [before, after])

	for n in 2:
		check("client %d got all at first" % n, absf(before[n] - 30) < 2, before)
	check("then the one got half", absf(after[0] - 15) < 1, after)
	check("and the other one all", absf(after[1] - 30) < 2, after)
	var said := clients[0].get_current_fps()
	check("it says the same", absf(said - 15) < 2, said)
	clients[0].disconnect_from_server()
	check("without a connection nothing is sent", not clients[0].send_config_message({"fps": 15}))


## Frames a second that each client gets.
func _received(clients: Array[OneCamera]) -> Array[float]:
	var count := func(client: OneCamera) -> int: return client.get_stream_info()["frames_received"]
	var begin := clients.map(count)
	await create_timer(SECONDS).timeout
	var end := clients.map(count)
	return [(end[0] - begin[0]) / SECONDS, (end[1] - begin[1]) / SECONDS]
