"""The Python that forks what the tests run: whatever happens to who asked, no process is left."""

import socket

from local_aws.sandbox import Sandbox


def test_what_was_not_asked_to_the_end_ends(sandbox: Sandbox) -> None:
    """The engine kills its plugins, which may have been about to ask."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(60)
        asking.connect(str(sandbox.root / "bin" / "socket"))
        asking.sendall(b'[["-u"')
        asking.shutdown(socket.SHUT_WR)
        with asking.makefile() as answers:
            assert int(answers.readline())
            assert answers.readline() == "0\n"
