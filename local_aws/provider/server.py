"""The process that the engine starts: a gRPC server on a free port, ended by a signal or with its parent."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2_grpc

from .aws import AwsError
from .stand_in import StandIn

_BIGGEST_MESSAGE = 400 * 1024 * 1024  # as the engine's own
_PARENT_CHECK_SECONDS = 2
_METHODS = ["CheckConfig", "DiffConfig", "Configure", "Check", "Diff", "Create", "Read", "Update", "Delete", "Invoke"]


def _plainly(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The framework's method, with our errors as their sentence: the framework would add a traceback."""

    async def call(self: ProviderServicer, request: Any, context: Any) -> Any:
        try:
            return await method(self, request, context)
        except Exception as error:
            cause = error.__context__
            if not isinstance(cause, AwsError):
                raise
        return await context.abort(grpc.StatusCode.UNKNOWN, str(cause))

    return call


Servicer = type("Servicer", (ProviderServicer,), {name: _plainly(getattr(ProviderServicer, name)) for name in _METHODS})


async def serve(engine: str, version: str) -> None:
    """Serve the engine at address ``engine`` as the plugin of ``version``; the port goes to stdout, as plugins do."""
    parent = os.getppid()
    # Set by hand: in a shell's background job SIGINT is ignored, and the engine would wait five seconds for us.
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    limits = [("grpc.max_receive_message_length", _BIGGEST_MESSAGE), ("grpc.max_send_message_length", _BIGGEST_MESSAGE)]
    server = grpc.aio.server(options=limits)
    servicer = Servicer([], version, StandIn(version), engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await _until(ended, parent)
    await server.stop(grace=None)


async def _until(ended: asyncio.Event, parent: int) -> None:
    while not ended.is_set() and os.getppid() == parent:  # an engine that was killed tells nobody
        try:
            await asyncio.wait_for(ended.wait(), _PARENT_CHECK_SECONDS)
        except asyncio.TimeoutError:
            continue


def main(version: str = "") -> None:
    """Run until the engine is done with us; threads that still wait for AWS do not hold us up.

    The engine warns where ``version`` is not that of the program's SDK.
    """
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    asyncio.run(serve(addresses[0] if addresses else "", version))
    os._exit(0)
