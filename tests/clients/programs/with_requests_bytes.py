import sys

import requests

with requests.get(sys.argv[1], headers={"Accept": "text/event-stream"}, stream=True, timeout=(5, 45)) as response:
    for line in response.iter_lines():
        if line.startswith(b"data:"):
            print(line[5:].strip().decode(), flush=True)
