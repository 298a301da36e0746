import sys

from sseclient import SSEClient

for event in SSEClient(sys.argv[1]):
    if event.event == "message":
        print(event.data, flush=True)
