"""Why actions do not work on the resources of their statement, as far as the ARNs show it, and what to write instead.

Pure.
"""

from collections.abc import Sequence

from s3io_user.explain.catalogue import Action
from s3io_user.explain.places import names_no_bucket
from s3io_user.explain.statements import is_unfilled

_LITERAL = "${$}{"


def hint(actions: Sequence[Action], resources: Sequence[str]) -> str:
    """The end of a sentence on actions that do not work on resources; empty if nothing more is known."""
    if any(_LITERAL in text for text in resources):
        return ": without Version 2012-10-17, a variable is plain text"
    if any(map(is_unfilled, resources)):
        return ": it has a placeholder of a template that was not filled in"
    if fault := next((fault for text in resources if (fault := names_no_bucket(text))), None):
        return f": {fault}"
    if all(text.startswith("arn:") and ":s3:" in text and ":s3:::" not in text for text in resources):
        return ": a bucket's ARN has neither Region nor account, as in arn:aws:s3:::my-bucket"
    if all(text.endswith("/") for text in resources):
        return ": a bucket's ARN has no slash at its end, and an object's ends in /*"
    return next((sentence for sentence, fits in _HINTS.items() if actions and all(map(fits, actions))), "")


def as_written(resource: str) -> str:
    """A resource as its document has it."""
    return resource.replace(_LITERAL, "${")


_HINTS = {
    ": an object's ARN ends in /*, as in arn:aws:s3:::my-bucket/*": lambda action: "object" in action.resources,
    ": a bucket's ARN ends after its name, as in arn:aws:s3:::my-bucket": lambda action: "bucket" in action.resources,
    ": name a key's own ARN, since an alias's allows nothing": lambda action: "key" in action.resources,
    ': it works on "Resource": "*", not on a single one': lambda action: not action.resources,
}
