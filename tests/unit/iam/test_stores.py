"""Stores: the names that Secrets Manager, Parameter Store and KMS accept, to the character."""

from collections.abc import Callable

import pytest

from s3io_user.iam.stores import kms_key_id_fault, parameter_path_fault, recovery_window_fault, secret_name_fault

ARN = "arn:aws-cn:kms:cn-north-1:123456789012:"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
LEVELS = "/a" * 14


@pytest.mark.parametrize(
    ("fault", "good"),
    [
        (secret_name_fault, ["s", "Sites/a_+=.@-9", "x" * 512]),
        (recovery_window_fault, [0, 7, 30, 7.0]),
        (parameter_path_fault, ["/a", "/sites/Ex_a.m-9", LEVELS, "/" + "x" * 899, "/a/aws", "/my-aws"]),
        (
            kms_key_id_fault,
            [ID, f"mrk-{'0a' * 16}", "alias/a_b", f"{ARN}key/1-2", f"{ARN}alias/a/b", "alias/" + "k" * 250],
        ),
    ],
)
def test_good(fault: Callable[[object], str | None], good: list[object]) -> None:
    assert [fault(value) for value in good] == [None] * len(good)


SECRET = "must be 1 to 512 letters, digits and / _ + = . @ - (got "
WINDOW = "must be 0, or 7 to 30 days (got "
PATH = "must be a path like /sites/example of letters, digits and _ . - (got "
KEPT = "must not begin with 'aws' or 'ssm', which AWS keeps for itself (got "
KMS = "must be a KMS key's ARN or ID, or an alias like alias/sites (got "
NO_KEYS = ["", "a b", "arn:aws:kms:x:1:key/k", ARN, "alias/" + "k" * 251, f"{ID}\n", 5, None]
NO_KEYS += ["sites", "aws/ssm", "alias/", f"key/{ID}", f"{ARN}{ID}", "*", "12345678", f" {ID}", "key/alias/x"]


@pytest.mark.parametrize(
    ("fault", "said", "bad"),
    [
        (secret_name_fault, SECRET, ["", "a b", "é", "a\n", "x" * 513, 5, None]),
        (recovery_window_fault, WINDOW, [1, 6, 6.5, 7.5, 31, -1, True, False, "7", None, float("nan"), float("inf")]),
        (parameter_path_fault, PATH, ["", "a", "/", "/a/", "a/b", "/a b", "/é", f"{LEVELS}/a", "/" + "x" * 900, 5]),
        (parameter_path_fault, KEPT, ["/aws", "/AWS/x", "/awsome", "/ssm/x", "/SsM"]),
        (kms_key_id_fault, KMS, NO_KEYS),
    ],
)
def test_bad(fault: Callable[[object], str | None], said: str, bad: list[object]) -> None:
    found = [fault(value) or "" for value in bad]
    assert [each[: len(said)] for each in found] == [said] * len(bad)
    assert all(each.endswith(")") and "None)" not in each for each, value in zip(found, bad, strict=True) if value)
