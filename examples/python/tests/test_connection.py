"""What a bridge should never send: a websockets server in its place sends it."""

from __future__ import annotations

import asyncio
import http
import time
from contextlib import aclosing

import pytest
from vectors import ALL, payload_of
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

import cameracast
from cameracast.frame_bundle import parse

MALFORMED = [path for path in ALL if path.parent.name == "malformed"]
GOOD = payload_of(next(path for path in ALL if path.stem == "one-camera"))


def test_a_bridge_that_sends_what_is_none_is_left_and_come_back_to(caplog: pytest.LogCaptureFixture) -> None:
    messages: list[str | bytes] = [payload_of(MALFORMED[0]), b"", "no JSON"]
    wrong = iter(messages)
    greetings = ["[]", "null", '{"type":"drop"}', '{"type":"meta"}', '{"type":"later"}']

    async def talk(socket: ServerConnection) -> None:
        for greeting in greetings:
            await socket.send(greeting)
        for message in wrong:
            await socket.send(message)
            await socket.wait_closed()
            return
        await socket.send(GOOD)
        await socket.wait_closed()

    async def watch() -> cameracast.CameraFrame:
        async with serve(talk, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with asyncio.timeout(20), aclosing(cameracast.every_frame(f"127.0.0.1:{port}")) as frames:
                return await anext(frames)

    frame = asyncio.run(watch())
    assert frame.seq == parse(GOOD).seq
    assert (frame.capture_time_us, frame.clock, frame.frame_number) == (1767225600240000, "camera", 1000)
    assert sum("trying again" in line for line in caplog.messages) == 1, caplog.messages


def test_a_recorder_that_was_too_slow_is_told_so_and_not_connected_again() -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.send(GOOD)
        await socket.close(1008, "too slow for delivery=every: more than 256 bundles were waiting")

    async def watch() -> None:
        async with serve(talk, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with asyncio.timeout(20), aclosing(cameracast.every_frame(f"127.0.0.1:{port}")) as frames:
                assert (await anext(frames)).seq == parse(GOOD).seq
                await anext(frames)

    too_slow = "too slow for delivery=every.*; frames may be missing from here"
    with pytest.raises(cameracast.Refused, match=too_slow) as refused:
        asyncio.run(watch())
    assert refused.value.status == 1008


def test_a_bridge_that_sends_a_bundle_and_closes_is_asked_more_and_more_seldom() -> None:
    came: list[float] = []

    async def talk(socket: ServerConnection) -> None:
        came.append(time.monotonic())
        await socket.send(GOOD)

    async def watch() -> None:
        async with serve(talk, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with asyncio.timeout(20), cameracast.Client(f"127.0.0.1:{port}"):
                while len(came) < 4:
                    await asyncio.sleep(0.01)

    asyncio.run(watch())
    assert came[3] - came[2] > 0.7, came


def test_a_bridge_with_too_many_clients_is_asked_again_when_it_says_so() -> None:
    came: list[float] = []

    def answer(socket: ServerConnection, _: Request) -> Response | None:
        came.append(time.monotonic())
        if len(came) > 1:
            return None
        busy = socket.respond(http.HTTPStatus.TOO_MANY_REQUESTS, "too many\n")
        busy.headers["Retry-After"] = "1"
        return busy

    async def talk(socket: ServerConnection) -> None:
        await socket.send(GOOD)
        await socket.wait_closed()

    async def watch() -> None:
        async with serve(talk, "127.0.0.1", 0, process_request=answer) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with asyncio.timeout(20), aclosing(cameracast.every_frame(f"127.0.0.1:{port}")) as frames:
                await anext(frames)

    asyncio.run(watch())
    assert came[1] - came[0] >= 1
