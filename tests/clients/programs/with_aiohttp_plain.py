import asyncio
import sys

import aiohttp


async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get(sys.argv[1], headers={"Accept": "text/event-stream"}) as response:
            async for line in response.content:
                if line.startswith(b"data:"):
                    print(line[5:].strip().decode(), flush=True)


asyncio.run(main())
