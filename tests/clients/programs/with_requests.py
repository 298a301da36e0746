import sys

import requests

with requests.get(sys.argv[1], headers={"Accept": "text/event-stream"}, stream=True, timeout=(5, 45)) as response:
    for line in response.iter_lines(decode_unicode=True):
        if line.startswith("data:"):
            print(line[5:].strip(), flush=True)
