#!/usr/bin/env python3
"""Publishes three states of a dashboard and prints the id of each event: publish.py [TARGET]"""
import os
import pathlib
import sys

import grpc

sys.path.append(str(pathlib.Path(__file__).resolve().parent / "gen"))  # made as README.md says
from ssegateway.v1 import dashboard_pb2, publisher_pb2, publisher_pb2_grpc


def requests():
    for request_id, waiting in enumerate((3, 12, 40), start=1):
        dashboard = dashboard_pb2.Dashboard(id="orders", title="Orders", labels={"shop": "eu"})
        dashboard.observed_at.GetCurrentTime()
        status = dashboard_pb2.STATUS_WARNING if waiting > 30 else dashboard_pb2.STATUS_OK
        dashboard.panels.add(id="waiting", title="Waiting", unit="1", gauge=waiting, status=status)
        event = publisher_pb2.Event(dashboard=dashboard)
        yield publisher_pb2.PublishStreamRequest(request_id=request_id, event=event)


def channel_to(target):
    """TLS where PUBLISH_CA names whom to trust; with a certificate where PUBLISH_CERT and PUBLISH_KEY name it."""
    def read(name):
        return pathlib.Path(os.environ[name]).read_bytes() if name in os.environ else None

    if "PUBLISH_CA" not in os.environ:
        return grpc.insecure_channel(target)
    credentials = grpc.ssl_channel_credentials(read("PUBLISH_CA"), read("PUBLISH_KEY"), read("PUBLISH_CERT"))
    return grpc.secure_channel(target, credentials)


def metadata():
    """Shows the token of PUBLISH_TOKEN, if there is one."""
    token = os.environ.get("PUBLISH_TOKEN")
    return [("authorization", f"Bearer {token}")] if token else None


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else "localhost:50051"
    refused = 0
    with channel_to(target) as channel:
        stub = publisher_pb2_grpc.PublisherServiceStub(channel)
        try:
            for response in stub.PublishStream(requests(), metadata=metadata()):  # one for each request, in order
                if response.HasField("error"):
                    refused += 1
                    print(f"{response.request_id}: {response.error.message}", file=sys.stderr)
                else:
                    print(response.id, flush=True)
        except grpc.RpcError as error:
            sys.exit(f"{target}: {error.details()}")
    sys.exit(1 if refused else 0)


main()
