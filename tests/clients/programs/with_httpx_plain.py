import sys

import httpx

with httpx.stream("GET", sys.argv[1], headers={"Accept": "text/event-stream"}) as response:
    for line in response.iter_lines():
        if line.startswith("data:"):
            print(line[5:].strip(), flush=True)
