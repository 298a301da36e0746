#!/usr/bin/env python3
"""Publishes three states of a dashboard and prints the id of each event: publish.py [--batch] [TARGET]"""
import os
import pathlib
import sys

import grpc

sys.path.append(str(pathlib.Path(__file__).resolve().parent / "gen"))  # made as README.md says
from ssegateway.v1 import dashboard_pb2, publisher_pb2, publisher_pb2_grpc


def events():
    for waiting in (3, 12, 40):
        dashboard = dashboard_pb2.Dashboard(id="orders", title="Orders", labels={"shop": "eu"})
        dashboard.observed_at.GetCurrentTime()
        status = dashboard_pb2.STATUS_WARNING if waiting > 30 else dashboard_pb2.STATUS_OK
        dashboard.panels.add(id="waiting", title="Waiting", unit="1", gauge=waiting, status=status)
        yield publisher_pb2.Event(dashboard=dashboard)


def one_by_one(stub):
    """Number and answer of each event: one answer for each request, in order."""
    requests = (publisher_pb2.PublishStreamRequest(request_id=number, event=event)
                for number, event in enumerate(events(), start=1))
    for response in stub.PublishStream(requests, metadata=metadata()):
        yield response.request_id, response


def in_a_batch(stub):
    """The same for many at once: one answer for each batch, with a result for each event, in order."""
    batches = iter([publisher_pb2.PublishBatchRequest(request_id=1, events=events())])
    for response in stub.PublishBatch(batches, metadata=metadata()):
        yield from enumerate(response.results, start=1)


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
    arguments = [argument for argument in sys.argv[1:] if argument != "--batch"]
    publish = in_a_batch if "--batch" in sys.argv else one_by_one
    target = arguments[0] if arguments else "localhost:50051"
    refused = 0
    with channel_to(target) as channel:
        try:
            for number, result in publish(publisher_pb2_grpc.PublisherServiceStub(channel)):
                if result.HasField("error"):
                    refused += 1
                    print(f"{number}: {result.error.message}", file=sys.stderr)
                else:
                    print(result.id, flush=True)
        except grpc.RpcError as error:
            sys.exit(f"{target}: {error.details()}")
    sys.exit(1 if refused else 0)


main()
