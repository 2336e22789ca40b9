"""Accounts in China: MiniStack's ARNs are all of the partition ``aws``, and a call for such a region has ``aws-cn``."""

from typing import Any

from ministack.core.responses import get_region
from ministack.services import iam, sts

_PAIRS = ((b"arn:aws-cn:", b"arn:aws:"), (b"arn%3Aaws-cn%3A", b"arn%3Aaws%3A"))


def install() -> None:
    """Translate the ARNs in IAM and STS calls for a region in China, and in their responses."""
    for module in (iam, sts):
        module.handle_request = _translated(module.handle_request)


def _translated(handle: Any) -> Any:
    async def translated(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        if not get_region().startswith("cn-"):
            return await handle(method, path, headers, body, query_params)
        for theirs, ours in _PAIRS:
            body = body.replace(theirs, ours)
        status, answered, answer = await handle(method, path, headers, body, query_params)
        for theirs, ours in _PAIRS:
            answer = answer.replace(ours, theirs)
        return status, answered, answer

    return translated
