"""A remote that is some way off: forwards TCP to a local port, each piece that many milliseconds late, both ways.

`python -m tests.benchmarks.far PORT MILLISECONDS` prints the port it listens on, on this machine only.
"""

import asyncio
import sys


async def forward(source: asyncio.StreamReader, target: asyncio.StreamWriter, delay: float) -> None:
    """Pass pieces on in order, each `delay` seconds after it came; many may be on the way at once."""
    loop = asyncio.get_running_loop()
    way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def leave() -> None:
        while True:
            due, data = await way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                target.close()
                return
            target.write(data)
            await target.drain()

    leaving = asyncio.create_task(leave())
    try:
        while True:
            data = await source.read(1 << 16)
            way.put_nowait((loop.time() + delay, data))
            if not data:
                break
        await leaving
    except (ConnectionError, asyncio.CancelledError):
        leaving.cancel()
        target.close()


async def serve(port: int, delay: float) -> None:
    """Listen until killed."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(forward(reader, back, delay), forward(there, writer, delay))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
