"""`s3io-user policy`: what it prints is the document, and what it says of it is so."""

import io
import json
from pathlib import Path

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


TAGS = {"Effect": "Allow", "Action": "s3:PutObjectTagging", "Resource": "arn:aws:s3:::photos/*"}


@pytest.mark.parametrize("standard_input", [False, True])
def test_it_takes_statements_of_a_file_beside_the_preset(
    standard_input: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "more.json").write_text(json.dumps([TAGS]))
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(TAGS)))
    named = "-" if standard_input else str(tmp_path / "more.json")
    document, _ = printed(["--access", "read-write", "--bucket", "photos", "--extra-statements", named], capsys)

    assert document == s3_policy_document(["photos"], access="read-write", extra_statements=[TAGS])


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (None, 1, "s3io-user: --extra-statements {} can't be read: No such file or directory"),
        ("{}", 2, "--extra-statements: "),
        ('[{"Effect": "Maybe"}]', 2, "--extra-statements: "),
    ],
    ids=["missing", "empty", "invalid"],
)
@pytest.mark.parametrize("command", ["policy", "explain"])
def test_statements_that_are_none_are_a_sentence(
    command: str, text: str | None, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "more.json"
    if text is not None:
        file.write_text(text)
    try:
        ended = cli.main([command, "--access", "read-only", "--extra-statements", str(file)])
    except SystemExit as end:
        ended = int(end.code or 0)

    assert ended == code
    assert said.format(file) in capsys.readouterr().err
