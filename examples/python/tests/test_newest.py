from __future__ import annotations

import asyncio
import threading

import pytest

from cameracast.address import Address
from cameracast.backoff import Backoff
from cameracast.clock import BridgeClock
from cameracast.frame import CameraFrame
from cameracast.newest import Cursor, Newest
from cameracast.silence import Silence


def frame(camera_id: int, seq: int) -> CameraFrame:
    return CameraFrame(camera_id, b"", 1, 1, None, None, None, seq, None, 0)


def test_who_was_away_gets_the_newest_frame_of_each_camera_once_and_nothing_older() -> None:
    newest = Newest()
    cursor = Cursor(newest)
    for seq in range(10):
        newest.put([frame(0, seq)])
    newest.put([frame(1, 10)])
    assert [(f.camera_id, f.seq) for f in (cursor.next(), cursor.next())] == [(0, 9), (1, 10)]
    threading.Timer(0.01, newest.put, [[frame(1, 11)]]).start()
    assert cursor.next().seq == 11


def test_a_fast_camera_does_not_keep_a_slow_one_from_being_seen() -> None:
    newest = Newest()
    cursor = Cursor(newest)
    newest.put([frame(7, 0)])
    newest.put([frame(0, 1)])
    assert cursor.next().camera_id == 7
    newest.put([frame(7, 2)])
    assert cursor.next().camera_id == 0


def test_each_taker_gets_every_frame_for_itself() -> None:
    newest = Newest()
    newest.put([frame(0, 5)])
    assert [Cursor(newest).next().seq for _ in range(3)] == [5, 5, 5]


def test_a_coroutine_waits_without_a_thread_and_can_be_cancelled() -> None:
    async def watch() -> int:
        newest = Newest()
        cursor = Cursor(newest)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cursor.next_async(), 0.01)
        threading.Timer(0.01, newest.put, [[frame(3, 4)]]).start()
        return (await cursor.next_async()).seq

    assert asyncio.run(watch()) == 4


def test_whoever_waits_is_told_why_there_will_be_no_more() -> None:
    newest = Newest()
    threading.Timer(0.01, newest.end, [ConnectionAbortedError("closed")]).start()
    with pytest.raises(ConnectionAbortedError, match="closed"):
        Cursor(newest).next()
    with pytest.raises(ConnectionAbortedError, match="closed"):
        newest.latest(0, None)


def test_the_newest_of_a_connection_that_is_lost_is_not_the_newest_any_more() -> None:
    newest = Newest()
    newest.put([frame(0, 1)])
    assert newest.latest(0, 0) == newest.latest(None, 0) == frame(0, 1)
    newest.clear()
    assert newest.latest(0, 0) is None


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(1, 5)
    pauses = [backoff.pause() for _ in range(5)]
    for pause, full in zip(pauses, [1, 2, 4, 5, 5], strict=True):
        assert 0.75 * full <= pause <= full
    backoff.reset()
    assert backoff.pause() <= 1


def test_the_exchange_that_took_least_tells_the_clocks_offset() -> None:
    clock = BridgeClock()
    assert clock.offset_us() is None
    clock.add(sent_us=0, received_us=1000, bridge_us=9_000_000)
    clock.add(sent_us=5000, received_us=5010, bridge_us=1_005_005)
    assert clock.offset_us() == 1_000_000


def test_a_slow_camera_may_be_silent_for_longer_but_not_because_it_was_silent_before() -> None:
    silence = Silence()
    assert silence.too_long(0, 100) is None
    for now in (0, 0.1, 60):
        silence.heard(0, now)
    assert silence.too_long(0, 62.9) is None
    assert silence.too_long(0, 64) == 4
    for now in (0, 5, 10):
        silence.heard(1, now)
    assert silence.too_long(1, 24) is None
    assert silence.too_long(1, 26) == 16


@pytest.mark.parametrize(
    ("url", "websocket", "status"),
    [
        ("localhost:8765", "ws://localhost:8765/?fps=5", "http://localhost:8765/api/status"),
        ("http://10.0.0.1:8765/", "ws://10.0.0.1:8765/?fps=5", "http://10.0.0.1:8765/api/status"),
        ("https://cams.example/gate?token=x", "wss://cams.example/gate/?fps=5", "https://cams.example/gate/api/status"),
        ("ws://h/?cameras=0,2&fps=9&token=x", "ws://h/?cameras=0%2C2&fps=5", "http://h/api/status"),
        ("ws://[::1]:8765/", "ws://[::1]:8765/?fps=5", "http://[::1]:8765/api/status"),
    ],
)
def test_one_address_leads_to_the_websocket_and_to_http(url: str, websocket: str, status: str) -> None:
    address = Address.parse(url)
    assert address.websocket(fps="5", cameras=None) == websocket
    assert address.http("api/status") == status
    assert address.headers() == ({"Authorization": "Bearer x"} if "token" in url else {})


def test_what_is_no_address_is_named_with_what_is() -> None:
    with pytest.raises(ValueError, match="ftp://host is no address of a bridge: ws://"):
        Address.parse("ftp://host")


def test_a_token_in_an_address_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="is no address") as error:
        Address.parse("ftp://host/?token=0123456789abcdef")
    assert "0123456789abcdef" not in str(error.value)


def test_who_waited_on_a_loop_that_is_closed_hinders_nobody() -> None:
    newest = Newest()
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(Cursor(newest).next_async())
    loop.run_until_complete(asyncio.sleep(0))  # it waits now
    loop.close()
    newest.put([frame(0, 1)])
    assert newest.latest(0, 0) == frame(0, 1)
    assert not waiting.done()
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]
