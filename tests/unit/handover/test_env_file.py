"""A .env file with the new key: dotenv and a real shell read it, everything else stays, or the file stays."""

import io
import logging
import os
import shlex
import subprocess
from pathlib import Path

import dotenv
import pytest
from dotenv.parser import parse_stream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3io_user.cli.commands.export import _write_env
from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.handover.env_file import merge_env
from s3io_user.handover.formats import render_env

KEY_ID = "AKIANEWXXXXXXEXAMPLE"
SECRET = "newJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE0"
PAIR = Credentials("site-a", KEY_ID, SECRET)
ID, KEY = f"AWS_ACCESS_KEY_ID={KEY_ID}\n", f"AWS_SECRET_ACCESS_KEY={SECRET}\n"
NAMES = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]


logging.getLogger("dotenv.main").setLevel(logging.ERROR)


def by_dotenv(text: str) -> dict[str, str | None]:
    return dict(dotenv.dotenv_values(stream=io.StringIO(text, newline=""), interpolate=False))


def by_a_shell(file: Path, *names: str) -> list[str]:
    """What a program that is started after `set -a; . file` has in its environment."""
    script = 'set -a; . "$0"; exec env -0'
    done = subprocess.run(["sh", "-c", script, str(file)], env={"PATH": os.environ["PATH"]}, capture_output=True)
    found = dict(each.split("=", 1) for each in done.stdout.decode(errors="surrogateescape").split("\0") if each)
    return [found.get(name, "") for name in names]


def merged(text: str, tmp_path: Path, pair: Credentials = PAIR) -> str:
    """The file after an export; both readers have the key, and the one that reads all has everything else as before."""
    file = tmp_path / ".env"
    file.write_bytes(text.encode())
    _write_env(file, pair)
    after = file.read_bytes().decode()
    assert by_a_shell(file, *NAMES, "AWS_SESSION_TOKEN") == [KEY_ID, SECRET, ""]
    new = {**by_dotenv(text), "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    assert by_dotenv(after) == {name: value for name, value in new.items() if name != "AWS_SESSION_TOKEN"}
    return after


MERGES = [
    pytest.param("", ID + KEY, id="empty"),
    pytest.param("A=1\n", f"A=1\n{ID}{KEY}", id="added"),
    pytest.param("A=1", f"A=1\n{ID}{KEY}", id="no-newline"),
    pytest.param("A=1\\\n", f"A=1\\\n\n{ID}{KEY}", id="goes-on"),
    pytest.param("A=1\nAWS_ACCESS_KEY_ID=old\nB=2\n", f"A=1\n{ID}{KEY}B=2\n", id="half"),
    pytest.param("AWS_ACCESS_KEY_ID=old", f"{ID}{KEY}", id="half-no-newline"),
    pytest.param("AWS_SECRET_ACCESS_KEY=\nA=1\nAWS_ACCESS_KEY_ID=\n", f"{KEY}A=1\n{ID}", id="empty-values"),
    pytest.param("AWS_ACCESS_KEY_ID=a\nAWS_ACCESS_KEY_ID=b\n", f"{ID}{ID}{KEY}", id="twice"),
    pytest.param("AWS_ACCESS_KEY_ID=a # mine\n", f"AWS_ACCESS_KEY_ID={KEY_ID} # mine\n{KEY}", id="its-comment"),
    pytest.param("AWS_ACCESS_KEY_ID=a#b\n", ID + KEY, id="no-comment"),
    pytest.param('AWS_ACCESS_KEY_ID="a"\n', f'AWS_ACCESS_KEY_ID="{KEY_ID}"\n{KEY}', id="quotes"),
    pytest.param("AWS_ACCESS_KEY_ID='a' # b\n", f"AWS_ACCESS_KEY_ID='{KEY_ID}' # b\n{KEY}", id="apostrophes"),
    pytest.param("AWS_ACCESS_KEY_ID='a\nb'\nA=1\n", f"AWS_ACCESS_KEY_ID='{KEY_ID}'\n{KEY}A=1\n", id="several-lines"),
    pytest.param("  export AWS_ACCESS_KEY_ID=a\n", f"  export {ID}  export {KEY}", id="export"),
    pytest.param("export A=1\nexport B=2\n", f"export A=1\nexport B=2\nexport {ID}export {KEY}", id="all-exported"),
    pytest.param("export A=1\nB=2\n", f"export A=1\nB=2\n{ID}{KEY}", id="some-exported"),
    pytest.param("AWS_ACCESS_KEY_ID = a\n", ID + KEY, id="blanks"),
    pytest.param("A=1\r\nAWS_ACCESS_KEY_ID=a\r\nB=2\r\n", f"A=1\r\n{ID}{KEY}B=2\r\n", id="carriage-returns"),
    pytest.param("AWS_SESSION_TOKEN=t # t\nA=1\n", f"A=1\n{ID}{KEY}", id="token"),
    pytest.param("# AWS_ACCESS_KEY_ID=a\n", f"# AWS_ACCESS_KEY_ID=a\n{ID}{KEY}", id="in-a-comment"),
    pytest.param("MY_AWS_ACCESS_KEY_ID=a\n", f"MY_AWS_ACCESS_KEY_ID=a\n{ID}{KEY}", id="another-name"),
    pytest.param(f"{ID}{KEY}A=$AWS_ACCESS_KEY_ID\n", f"{ID}{KEY}A=$AWS_ACCESS_KEY_ID\n", id="referred-to"),
    pytest.param(
        f"{ID}{KEY}A=${{AWS_ACCESS_KEY_ID}}\n", f"{ID}{KEY}A=${{AWS_ACCESS_KEY_ID}}\n", id="referred-to-braces"
    ),
    pytest.param("A='\nAWS_ACCESS_KEY_ID=a\n'\n", f"A='\nAWS_ACCESS_KEY_ID=a\n'\n{ID}{KEY}", id="in-a-value"),
    pytest.param('A="x \\" y\nAWS_ACCESS_KEY_ID=a"\n', f'A="x \\" y\nAWS_ACCESS_KEY_ID=a"\n{ID}{KEY}', id="in-quotes"),
    pytest.param("NAMES=AWS_ACCESS_KEY_ID,B\n", f"NAMES=AWS_ACCESS_KEY_ID,B\n{ID}{KEY}", id="a-value"),
    pytest.param(
        "export A=x B\nexport 'C=1' # 1\n", f"export A=x B\nexport 'C=1' # 1\nexport {ID}export {KEY}", id="words"
    ),
    pytest.param("A=x y\n\n# z\n", f"A=x y\n\n# z\n{ID}{KEY}", id="not-for-a-shell"),
]


@pytest.mark.parametrize(("text", "wanted"), MERGES)
def test_merge(text: str, wanted: str, tmp_path: Path) -> None:
    assert merged(text, tmp_path) == wanted
    assert merged(wanted, tmp_path) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("", render_env(Credentials("site-a", KEY_ID, SECRET, "eu-west-1")), id="added"),
        pytest.param(f"{ID}{KEY}AWS_REGION=x\n", f"{ID}{KEY}AWS_REGION=x\n", id="kept"),
        pytest.param(f"AWS_DEFAULT_REGION = x\n{ID}{KEY}", f"AWS_DEFAULT_REGION = x\n{ID}{KEY}", id="default"),
        pytest.param(f"export {ID}{KEY}", f"export {ID}{KEY}AWS_REGION=r\nAWS_DEFAULT_REGION=r\n", id="beside"),
    ],
)
def test_the_region_is_added_where_none_is(text: str, wanted: str) -> None:
    assert merge_env(text, Credentials("a", KEY_ID, SECRET, "eu-west-1")) == wanted.replace("=r\n", "=eu-west-1\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("A=1\nAWS_ACCESS_KEY_ID=a; B=2\n", "line 2", id="two-on-a-line"),
        pytest.param("AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=canary\n", "line 1", id="both-on-a-line"),
        pytest.param("A=1; AWS_ACCESS_KEY_ID=a\n", "line 1", id="second"),
        pytest.param("AWS_SECRET_ACCESS_KEY=$(cat canary)\n", "line 1", id="command"),
        pytest.param("AWS_SECRET_ACCESS_KEY=a\\\ncanary\n", "read differently", id="goes-on"),
        pytest.param("\n\nunset AWS_SECRET_ACCESS_KEY\n", "line 3", id="unset"),
        pytest.param("export A AWS_SECRET_ACCESS_KEY\n", "line 1", id="export"),
        pytest.param("readonly AWS_SECRET_ACCESS_KEY=canary\n", "line 1", id="readonly"),
        pytest.param("AWS_SECRET_ACCESS_KEY+=canary\n", "line 1", id="more"),
        *(
            pytest.param(
                f"\ufeff{first}\nAWS_ACCESS_KEY_ID=a\n", "begins with a byte order mark", id=f"mark-{first[:9]}"
            )
            for first in (
                "AWS_ACCESS_KEY_ID=a",
                "export AWS_SECRET_ACCESS_KEY=canary",
                "AWS_REGION=x",
                "A=1",
                "# A",
                "",
            )
        ),
        pytest.param("A=1\nB=it's canary\n", "line 2 of the .env file: a quote there is not closed", id="apostrophe"),
        pytest.param('A=1\nB="canary\n', "line 2", id="quote"),
        pytest.param("A=1\\", "line 1", id="backslash"),
        pytest.param("A=canary(x\n", "can't read the .env file (line 1)", id="bracket"),
        pytest.param("A=1\nB=it's\nAWS_ACCESS_KEY_ID=a\nC=it's\n", "read differently", id="two-apostrophes"),
        pytest.param("AWS_ACCESS_KEY_ID=it's\n# it's\n", "read differently", id="comment-in-a-value"),
        pytest.param("export B=x\nexport A=x canary-1\n", "a shell stops at line 2", id="export-no-name"),
        pytest.param("A=canary\udce9\n", "not in UTF-8", id="latin-1"),
    ],
)
def test_what_readers_take_differently_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(S3IOError) as caught:
        _write_env(file, PAIR)
    assert said in str(caught.value)
    assert file.read_bytes() == text.encode(errors="surrogateescape")
    assert not {"canary", SECRET} & set(str(caught.value).replace("'", " ").split())
    assert os.listdir(tmp_path) == [".env"]


def test_without_a_shell_it_is_dotenv_that_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / ".env").write_text("A=p(x\n")
    _write_env(tmp_path / ".env", PAIR)
    assert (tmp_path / ".env").read_text() == f"A=p(x\n{ID}{KEY}"


def test_no_line_of_the_file_is_run(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"A=$(touch {shlex.quote(str(tmp_path))}/seen)\ntouch {tmp_path}/seen\n")
    _write_env(tmp_path / ".env", PAIR)
    assert os.listdir(tmp_path) == [".env"]


# ---- whatever the layout

VALUES = st.sampled_from(
    [
        *(
            "",
            "x",
            "'x y'",
            '"x y"',
            "x y",
            "it's",
            '"it\'s"',
            "'a\nb = c'",
            '"a\nAWS_ACCESS_KEY_ID=b\n"',
            "a#b",
            "${A}",
        ),
        *(
            "'x' # note",
            "x # it's",
            "x;y",
            "x\\\ny",
            "p(q",
            "'x'y",
            '"x\\"y"',
            "'",
            " x",
            "$(echo x)",
            "é",
            "a=b",
            "`x`",
        ),
    ]
)
LINES = st.one_of(
    st.sampled_from(["", "# note = it's", "  # AWS_ACCESS_KEY_ID=x", "word", "A=1; B=2", "\t", "=", "A B=1", "'k'=v"]),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "export ", "  "]),
        st.sampled_from(["A", "B", "DB_PASSWORD", *NAMES, "AWS_SESSION_TOKEN", "AWS_REGION"]),
        st.sampled_from(["=", "=", "=", " = "]),
        VALUES,
    ),
)


@settings(suppress_health_check=list(HealthCheck))
@given(lines=st.lists(LINES, max_size=6), end=st.sampled_from(["\n", "\r\n"]), ended=st.booleans())
def test_both_read_the_key_and_the_rest_stays_or_the_file_stays(
    lines: list[str], end: str, ended: bool, tmp_path: Path
) -> None:
    text = "\n".join(lines).replace("\n", end) + (end if ended else "")
    refusal = ""
    try:
        after = merged(text, tmp_path)
    except S3IOError as error:
        refusal = str(error)
    if refusal:
        assert (tmp_path / ".env").read_bytes() == text.encode()
        assert "\n" not in refusal
        return
    assert others(after) == others(text)


def others(text: str) -> list[str]:
    """Whatever dotenv finds beside the pair, comments too, letter for letter."""
    found = parse_stream(io.StringIO(text, newline=""))
    kept = [each.original.string.strip() for each in found if each.key not in (*NAMES, "AWS_SESSION_TOKEN")]
    return [each for each in kept if each]
