"""A preset's name from its document: each preset with each option, and what is none of them."""

from typing import Any

import pytest

from s3io_user import s3_policy_document
from s3io_user.fleet.preset import preset_named
from s3io_user.policy.presets import PRESETS, Access

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
WITH_DOCUMENT = [access for access, preset in PRESETS.items() if preset.has_document]


@pytest.mark.parametrize("access", WITH_DOCUMENT)
@pytest.mark.parametrize("bucket", ["photos", "photos/uploads"])
def test_each_preset_is_told_with_all_and_with_none_of_its_options(access: Access, bucket: str) -> None:
    options: dict[str, Any] = {name: "locks" if name == "lock_prefix" else True for name in PRESETS[access].options}
    every = {**options, "kms_key_arns": [KEY], "tls_only": True, "source_ips": ["192.0.2.0/24"]}

    assert preset_named(s3_policy_document([bucket], access=access)) == access.value
    assert preset_named(s3_policy_document([bucket], access=access, **every)) == access.value
    assert preset_named(s3_policy_document(access=access)) == access.value


def test_one_action_more_or_less_is_custom() -> None:
    more = [{"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "*"}]
    assert preset_named(s3_policy_document(access="optimizer", extra_statements=more)) == "custom"
    document = s3_policy_document(["photos"], access="optimizer")
    document["Statement"] = [s for s in document["Statement"] if "s3:PutObject" not in s["Action"]]
    assert preset_named(document) == "custom"


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"Statement": "x"}, id="text"),
        pytest.param({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}, id="one-statement"),
        pytest.param({"Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]}, id="all-but"),
        pytest.param({"Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}, id="deny"),
    ],
)
def test_what_is_no_preset_is_custom(document: dict[str, Any]) -> None:
    assert preset_named(document) == "custom"
