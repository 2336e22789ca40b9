"""The IAM actions that MiniStack lacks, and for every action the checks and the paging that AWS adds."""

import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from ministack.core.responses import get_account_id
from ministack.services import iam

from local_aws.emulator import key_use, parameters, quotas, simulation
from local_aws.emulator.parameters import Answer

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
_PAGE = 100
Handler = Callable[[Any], Answer]


def install(settling: float = 0.0) -> None:
    """Install these actions. For the first ``settling`` seconds, GetUser does not find a new user."""
    iam._IAM_HANDLERS.update(
        GetAccessKeyLastUsed=_last_used(iam._IAM_HANDLERS["GetAccessKeyLastUsed"]),
        ListSSHPublicKeys=_none_of("ListSSHPublicKeys", "SSHPublicKeys"),
        ListServiceSpecificCredentials=_none_of("ListServiceSpecificCredentials", "ServiceSpecificCredentials"),
        ListSigningCertificates=_none_of("ListSigningCertificates", "Certificates"),
        SimulatePrincipalPolicy=simulation.simulate,
        UpdateGroup=_update_group,
        UpdateUser=_update_user,
    )
    for action, handler in iam._IAM_HANDLERS.items():
        iam._IAM_HANDLERS[action] = _as_on_aws(action, handler, settling)


def _as_on_aws(action: str, handler: Handler, settling: float) -> Handler:
    def call(params: Any) -> Answer:
        if not iam._p(params, "UserName") and (name := parameters.caller_name(action)):
            params = {**params, "UserName": [name]}
        refused = parameters.fault(action, params) or _not_there(action, params, settling)
        refused = refused or quotas.refusal(action, params)
        return refused or _paged(handler(params), params)

    return call


def _not_there(action: str, params: Any, settling: float) -> Answer | None:
    """Refuse a call for a user that does not exist, or GetUser for one that is newer than ``settling``."""
    name = iam._p(params, "UserName")
    if not name or action == "CreateUser":
        return None
    user = iam._users.get(name)
    if user is None:
        return _nobody(name)
    made = user.setdefault("made", time.monotonic())
    return _nobody(name) if action == "GetUser" and time.monotonic() - made < settling else None


def _nobody(name: str) -> Answer:
    return iam._error(404, "NoSuchEntity", f"The user with name {iam._xml_escape(name)} cannot be found.")


def _paged(answer: Answer, params: Any) -> Answer:
    """Cut the requested page out of a list; MiniStack returns it whole."""
    status, headers, body = answer
    if b"<IsTruncated>" not in body:
        return answer
    ElementTree.register_namespace("", _NAMESPACE)
    root = ElementTree.fromstring(body)  # noqa: S314 (MiniStack wrote it)
    result = root[0]
    listed = next((part for part in result if part.find(f"{{{_NAMESPACE}}}member") is not None), None)
    if listed is None:
        return answer
    start, most = int(iam._p(params, "Marker") or 0), int(iam._p(params, "MaxItems") or _PAGE)
    more = len(listed) > start + most
    listed[:] = listed[start : start + most]
    for truncated in result.iterfind(f"{{{_NAMESPACE}}}IsTruncated"):
        truncated.text = "true" if more else "false"
    if more:
        ElementTree.SubElement(result, f"{{{_NAMESPACE}}}Marker").text = str(start + most)
    return status, headers, ElementTree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _none_of(action: str, items: str) -> Handler:
    def empty(params: Any) -> Answer:
        inner = f"<{action}Result><{items}/><IsTruncated>false</IsTruncated></{action}Result>"
        return iam._xml(200, f"{action}Response", inner)

    return empty


def _last_used(never_used: Handler) -> Handler:
    """MiniStack's answer, which is that of a key that was never used, with the last use."""

    def call(params: Any) -> Answer:
        status, headers, body = never_used(params)
        if use := key_use.last_use(iam._p(params, "AccessKeyId")):
            never = b"<Region>N/A</Region><ServiceName>N/A</ServiceName>"
            names = ("LastUsedDate", "Region", "ServiceName")
            last = "".join(f"<{name}>{value}</{name}>" for name, value in zip(names, use, strict=True))
            body = body.replace(never, last.encode())
        return status, headers, body

    return call


def _update_user(params: Any) -> Answer:
    old, new = iam._p(params, "UserName"), iam._p(params, "NewUserName") or iam._p(params, "UserName")
    _move(iam._users, old, new, "user", "UserName", iam._p(params, "NewPath"))
    for store in (iam._user_inline_policies, iam._login_profiles):
        if old in store:
            store[new] = store.pop(old)
    for key in iam._access_keys.values():
        key["UserName"] = new if key["UserName"] == old else key["UserName"]
    for group in iam._groups.values():
        group["Users"] = [new if user == old else user for user in group["Users"]]
    return iam._xml(200, "UpdateUserResponse", "")


def _update_group(params: Any) -> Answer:
    old, new = iam._p(params, "GroupName"), iam._p(params, "NewGroupName") or iam._p(params, "GroupName")
    if old not in iam._groups:
        message = f"The group with name {iam._xml_escape(old)} cannot be found."
        return iam._error(404, "NoSuchEntity", message)
    _move(iam._groups, old, new, "group", "GroupName", iam._p(params, "NewPath"))
    if old in iam._group_inline_policies:
        iam._group_inline_policies[new] = iam._group_inline_policies.pop(old)
    return iam._xml(200, "UpdateGroupResponse", "")


def _move(store: Any, old: str, new: str, kind: str, name: str, path: str) -> None:
    entity = store.pop(old)
    path = path or entity["Path"]
    arn = f"arn:aws:iam::{get_account_id()}:{kind}{path}{new}"
    store[new] = {**entity, name: new, "Path": path, "Arn": arn}
