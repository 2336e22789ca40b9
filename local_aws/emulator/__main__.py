"""The embedded AWS as a process: `python -m local_aws.emulator` prints where it listens, and ends on SIGTERM."""

import asyncio
import json
import os
import secrets
import signal
import socket
import sys

ACCOUNT = "123456789012"
REGION = "us-east-1"
SERVICES = ("iam", "kms", "s3", "secretsmanager", "ssm", "sts")


def main() -> None:
    """Serve on a free loopback port, and print one line of JSON: the endpoint and the admin's access key."""
    # The announcement has standard output for itself; whatever else is printed goes to the log.
    announcement = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    _configure(listening.getsockname()[1])
    with announcement:
        print(json.dumps(_prepare(listening.getsockname()[1])), file=announcement)
    asyncio.run(_serve(listening))


def _configure(port: int) -> None:
    """MiniStack reads its settings when it is imported. It keeps nothing on disk unless it is told to."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "LOCALSTACK_", "MINISTACK_", "S3_PERSIST"))]:
        del os.environ[name]
    os.environ.update(
        AUTH="true",
        SERVICES=",".join(SERVICES),
        GATEWAY_PORT=str(port),
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_REGION=REGION,
        MINISTACK_HOST="127.0.0.1",
        PERSIST_STATE="0",
        LOG_LEVEL="WARNING",
        # Its own root, whom it would let in unsigned, is nobody's: see gate.close.
        AWS_ACCESS_KEY_ID=secrets.token_hex(16),
        AWS_SECRET_ACCESS_KEY=secrets.token_hex(16),
    )


def _prepare(port: int) -> dict[str, object]:
    from local_aws.emulator import accounts, gate, iam, key_use, partitions, policies

    settling = float(os.environ.get("LOCAL_AWS_SETTLING") or 0)
    policies.install()
    iam.install(settling)
    keys = {account: accounts.admin(account) for account in (ACCOUNT, *_more_accounts())}
    key_use.install(settling)
    partitions.install()
    gate.install()
    gate.close()
    first = keys.pop(ACCOUNT)
    return {"endpoint": f"http://127.0.0.1:{port}", "pid": os.getpid(), **first, "others": keys}


def _more_accounts() -> list[str]:
    return [account for account in os.environ.get("LOCAL_AWS_MORE_ACCOUNTS", "").split(",") if account]


async def _serve(listening: socket.socket) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    from local_aws.emulator.gate import Gate

    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.keep_alive_timeout = 75
    config.errorlog = None if sys.stderr.closed else "-"
    await serve(Gate(app, SERVICES, ACCOUNT), config, shutdown_trigger=asyncio.Event().wait)


if __name__ == "__main__":
    main()
