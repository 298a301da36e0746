import asyncio
import sys

import aiohttp


async def main():
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=45)
    async with aiohttp.ClientSession(timeout=timeout, read_bufsize=1 << 20) as session:
        async with session.get(sys.argv[1], headers={"Accept": "text/event-stream"}) as response:
            async for line in response.content:
                if line.startswith(b"data:"):
                    print(line[5:].strip().decode(), flush=True)


asyncio.run(main())
