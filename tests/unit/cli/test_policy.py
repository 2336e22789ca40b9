"""`s3io-user policy`: what it prints is the document, and what it says of it is so."""

import json

import pytest

from s3io_user import cli, s3_policy_document


def printed(argv: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, object], str]:
    assert cli.main(["policy", *argv]) == 0
    shown = capsys.readouterr()
    return json.loads(shown.out), shown.err


def test_alone_it_is_the_help_pages_policy_and_says_how_wide_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    document, said = printed([], capsys)

    assert document == s3_policy_document()
    assert "for every bucket: --bucket narrows it" in said


def test_it_takes_the_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--access", "optimizer", "--bucket", "photos/a", "--allow-acl", "--tls-only", "--compact"]
    document, said = printed(argv, capsys)

    assert document == s3_policy_document(["photos/a"], access="optimizer", allow_acl=True, tls_only=True)
    assert said == ""


@pytest.mark.parametrize(
    ("buckets", "said"), [(2, ""), (20, "create a managed policy"), (90, "of 6,144 characters): use fewer buckets")]
)
def test_it_says_where_aws_would_refuse_it(buckets: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv = [word for n in range(buckets) for word in ("--bucket", f"photos-of-a-site-number-{n}/wp-content/uploads")]
    _, shown = printed(argv, capsys)

    assert said in shown
    assert bool(said) is bool(shown)
