"""Removes the value of a secret input from an error's sentence. Pure."""

import re

from s3io_user.iam.arns import PARTITIONS

_SHOWN = re.compile(r"(?<!\w)'((?:[^'\\]|\\.)*)'", re.DOTALL)
_OUR_OWN = {*PARTITIONS, "Allow", "Deny", "2012-10-17", "aws:", "/", "//", "..", "*", "?", "${", "managed", "optimizer"}


def unquoted(sentence: str) -> str:
    """An error's sentence without the value that it quotes.

    A value is between quotation marks, or follows "(got". Words of our own between quotation marks stay.
    """
    hidden = _SHOWN.sub(lambda quoted: quoted[0] if quoted[1] in _OUR_OWN else "'…'", sentence)
    return re.sub(r" \(got .*", "", hidden, flags=re.DOTALL)
