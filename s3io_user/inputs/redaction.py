"""An error's sentence about an input that is a secret. Pure."""

import re

from s3io_user.iam.arns import PARTITIONS

_SHOWN = re.compile(r"(?<!\w)'((?:[^'\\]|\\.)*)'", re.DOTALL)
_OUR_OWN = {*PARTITIONS, "Allow", "Deny", "2012-10-17", "aws:", "/", "//", "..", "*", "?", "${", "managed", "optimizer"}


def unquoted(sentence: str) -> str:
    """An error's sentence without what it says of a value that is a secret.

    All that is of the value is shown (between quotation marks), or follows "(got". What is between quotation marks
    in every such sentence, whatever the value, stays.
    """
    hidden = _SHOWN.sub(lambda found: found[0] if found[1] in _OUR_OWN else "'…'", sentence)
    return re.sub(r" \(got .*", "", hidden, flags=re.DOTALL)
