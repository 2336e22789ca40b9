"""Bad inputs on the real engine: all the faults of all users at once, nothing made; and odd ones that are right."""

import re
from collections.abc import Callable

from local_aws.server import Aws
from tests.bad_inputs import complaint
from tests.engine.conftest import Ran, Stack

# Each is one fault, of the input that it is given for.
BAD: list[tuple[str, object]] = [
    *(
        ("userName", name)
        for name in ("", "a b", "x" * 65, "s\u0456te", "\uff21\uff37\uff33", "a\u202eb", "\u001b[2J", "$(id)", 5)
    ),
    *(("path", path) for path in ("sites", "/a b/", "/\n/", ["/"], "/?>\u00e9/")),
    *(("tags", tags) for tags in ({"aws:x": "y"}, {"a": [1]}, ["a"], {"a": "\u001b]0;owned\u0007"}, "'; DROP")),
    *(("groups", groups) for groups in ("of editors", ["a b"], [None], {"a": 1})),
    *(
        ("buckets", buckets)
        for buckets in ([], "no bucket", ["No!"], ["photos/*/x"], ["photos-\u0430"], ["192.168.0.1"], [["a"]])
    ),
    *(("access", access) for access in ("optimiser", True, "full\n")),
    *(("policy", policy) for policy in ("{", '{"Version": NaN}', "[" * 2000, '{"a": 1, "a": 2}', {"Version": 1})),
    *(("keyGeneration", number) for number in (0, 1.5, "2", 1e30, True)),
    *(("tlsOnly", flag) for flag in ("false", 0)),
    *(("pgpKey", key) for key in ("-----BEGIN PGP", "%s%n")),
    *(("secretsManager", store) for store in ({}, {"name": "a b"}, "x")),
    *((key, "x") for key in ("user-name", "__proto__", "\u001b[31mred", "userN\u0430me")),
]
ODD = {
    "`id`": {"path": "/$(id)'\"%s/"},
    "a:b ?>": {"tags": {"\u00fc/\u0430": "=1+1"}},
    "C:\\": {"buckets": ['photos/it\'s "\u00e9"']},
}


def faults(ran: Ran) -> list[tuple[str, str]]:
    """The faults that a run of pulumi says, by the key of config."""
    return re.findall(r"^\s*(?:error: )?(users\.\S+): (.*)$", ran.text, re.MULTILINE)


def test_every_fault_of_every_user_is_said_at_once_and_nothing_is_made(
    new_stack: Callable[..., Stack], aws: Aws, user_name: str
) -> None:
    users = {
        f"u{number:02}": {"userName": f"{user_name}-{number}", key: value} for number, (key, value) in enumerate(BAD)
    }
    stack = new_stack(users=users)
    for ran in (stack.preview(check=False), stack.up(check=False)):
        assert ran.code != 0
        assert "Traceback" not in ran.text
        said = faults(ran)
        assert [name.split(".")[1] for name, _ in said] == list(users)
        assert [complaint(f"{name}: {reason}") for name, reason in said] == [None] * len(BAD)
    assert [user for user in names_in(aws) if user.startswith(user_name)] == []
    # The right values, however odd, reach AWS as they are.
    stack.config(users={name: {"userName": f"{user_name}-{n}", **odd} for n, (name, odd) in enumerate(ODD.items())})
    stack.up()
    iam = aws.client("iam")
    path, tagged, narrowed = (iam.get_user(UserName=f"{user_name}-{n}")["User"] for n in range(3))
    assert path["Path"] == ODD["`id`"]["path"]
    assert tagged["Tags"] == [{"Key": "\u00fc/\u0430", "Value": "=1+1"}]
    policy = iam.get_user_policy(UserName=narrowed["UserName"], PolicyName="S3Access")["PolicyDocument"]
    assert 'arn:aws:s3:::photos/it\'s "\u00e9"/*' in [arn for each in policy["Statement"] for arn in each["Resource"]]


def names_in(aws: Aws) -> list[str]:
    """The names of all users in AWS."""
    return [
        user["UserName"] for page in aws.client("iam").get_paginator("list_users").paginate() for user in page["Users"]
    ]
