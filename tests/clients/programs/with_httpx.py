import sys

import httpx

timeout = httpx.Timeout(5, read=45)
with httpx.stream("GET", sys.argv[1], headers={"Accept": "text/event-stream"}, timeout=timeout) as response:
    for line in response.iter_lines():
        if line.startswith("data:"):
            print(line[5:].strip(), flush=True)
