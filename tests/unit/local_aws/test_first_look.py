"""What `make up` says was seen: for every kind of key, and no word more than that."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import first_look, photos
from local_aws.server import Aws

SECRET = "do-not-print-this-one"


def refused(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "x")


class Bucket:
    """S3 as a key sees it that is refused some calls."""

    def __init__(
        self, refuses: set[str], fault: tuple[str, int] = ("AccessDenied", 403), *, empty: bool = False
    ) -> None:
        self.refuses, self.fault, self.empty, self.calls = refuses, fault, empty, list[tuple[str, Any]]()

    def __getattr__(self, call: str) -> Callable[..., Any]:
        def answer(**asked: Any) -> Any:
            self.calls.append((call, asked))
            beside = asked.get("Key") == photos.BESIDE or asked.get("Prefix", photos.FOLDER) != photos.FOLDER
            if call in self.refuses or (beside and f"{call} beside" in self.refuses):
                raise refused(*self.fault)
            return {
                "list_objects": {} if self.empty else {"Contents": [{"Key": photos.FIRST}]},
                "get_object": {"Body": self, "ContentType": "image/png"},
                "delete_object": {"VersionId": "marker"},
            }.get(call, {})

        return answer

    def read(self) -> bytes:
        return photos._image(2, "PNG")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """The lines for a stack's outputs, with keys that S3 refuses some calls."""
    admin = Bucket(set())

    def lines(outputs: dict[str, Any], site: Bucket | None = None) -> list[str]:
        keys = {"": admin}
        monkeypatch.setattr(Aws, "client", lambda _, __, key="", *___: keys.get(key, site))
        said = list(first_look.lines(Aws("http://127.0.0.1:1", "AKIAADMINEXAMPLE", "secret", 0), outputs))
        assert SECRET not in "".join(said)
        return "\n".join(said).split("\n")

    lines.admin = admin  # type: ignore[attr-defined]
    return lines


USER = {"userName": "site", "userArn": "arn:aws:iam::123456789012:user/site"}
KEY = {**USER, "accessKeyId": "AKIASITEEXAMPLE", "secretAccessKey": SECRET}
NARROW = {"get_object beside", "list_objects beside", "delete_object", "create_bucket"}


def marked(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()[:1] in ("✓", "✗", "!")]


def test_the_recommended_set_up(shown: Any) -> None:
    first, second, *others = marked(shown(KEY, Bucket(NARROW)))
    assert first == "✓ listed 1 images under wp-content/uploads"
    assert re.fullmatch(r"✓ optimised logo.png: 2\d\d,\d{3} → 1\d\d,\d{3} bytes", second)
    assert others == [
        "✓ may not read wp-content/backups/site.sql: AccessDenied",
        "✓ may not list wp-content/backups: AccessDenied",
        "✓ may not delete an image: AccessDenied",
        "✓ may not create a bucket: AccessDenied",
    ]


def test_a_key_that_only_reads(shown: Any) -> None:
    said = marked(shown(KEY, Bucket({*NARROW, "put_object"})))
    assert said[1] == "✗ read logo.png, and may not write it: AccessDenied"


def test_a_key_of_another_bucket(shown: Any) -> None:
    said = marked(shown(KEY, Bucket({"list_objects", "get_object", "put_object", "delete_object", "create_bucket"})))
    assert said[:2] == [
        "✗ may not list wp-content/uploads: AccessDenied",
        "✗ may not read logo.png: AccessDenied",
    ]


def test_full_access_is_said_and_nothing_is_left_of_the_trials(shown: Any) -> None:
    site = Bucket(set())
    said = marked(shown(KEY, site))
    assert said[2:] == [
        "! may read wp-content/backups/site.sql",
        "! may list wp-content/backups",
        "! may delete an image",
        "! may create a bucket",
    ]
    (deleted,) = [asked for call, asked in site.calls if call == "delete_object"]
    (made,) = [asked for call, asked in site.calls if call == "create_bucket"]
    assert deleted["Key"] not in (photos.FIRST, photos.BESIDE)
    assert shown.admin.calls == [("delete_object", {**deleted, "VersionId": "marker"}), ("delete_bucket", made)]


def test_an_inactive_key_is_refused_everything(shown: Any) -> None:
    every = {"list_objects", "get_object", "put_object", "delete_object", "create_bucket"}
    said = marked(shown(KEY, Bucket(every, ("InvalidAccessKeyId", 403))))
    assert all("may not" in line and line.endswith(": InvalidAccessKeyId") for line in said)


def test_what_fails_for_another_reason_is_no_refusal(shown: Any) -> None:
    said = marked(shown(KEY, Bucket({"list_objects", "get_object"}, ("NoSuchBucket", 404))))
    assert said[:2] == [
        "✗ could not list wp-content/uploads: NoSuchBucket",
        "✗ could not read logo.png: NoSuchBucket",
    ]
    assert "✗ could not read wp-content/backups/site.sql: NoSuchBucket" in said


def test_an_image_that_was_optimised_before_is_written_back_as_it_is(
    shown: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "smaller", lambda _: b"")
    site = Bucket(NARROW)
    assert marked(shown(KEY, site))[1] == "✓ read logo.png and wrote it back: it was optimised before"
    (written,) = [asked for call, asked in site.calls if call == "put_object"]
    assert (written["Key"], written["Body"][:4]) == (photos.FIRST, b"\x89PNG")


def test_an_empty_folder(shown: Any) -> None:
    assert marked(shown(KEY, Bucket(NARROW, empty=True)))[0] == "✓ listed 0 images under wp-content/uploads"


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        pytest.param({**USER, "accessKeyId": None}, "access key  none: createAccessKey is false", id="no key"),
        pytest.param(USER, "access key  none: createAccessKey is false", id="no output"),
        pytest.param(
            {**USER, "accessKeyId": "AKIASITEEXAMPLE"},
            "secret      encrypted for the pgpKey: only its owner can try the access key",
            id="pgp",
        ),
    ],
)
def test_where_there_is_nothing_to_try_that_is_said(shown: Any, outputs: dict[str, Any], said: str) -> None:
    lines = shown(outputs)
    assert f"  {said}" in lines
    assert marked(lines) == []


def test_of_many_users_a_few_are_tried(shown: Any) -> None:
    users = {f"site-{number}": {**KEY, "userName": f"site-{number}"} for number in range(5)}
    lines = shown({"users": users}, Bucket(NARROW))
    assert [line for line in lines if "user  " in line] == [f"  user        site-{number}" for number in range(3)]
    assert "  and 2 more users: pulumi stack output users --show-secrets" in lines
