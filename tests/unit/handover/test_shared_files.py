"""Profiles in the files that the AWS SDKs share: botocore takes the new key, or the file stays as it was."""

import configparser
import io
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3io_user.cli.commands.export import _write_profile
from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.handover.shared_files import is_config

KEY_ID = "AKIANEWXXXXXXEXAMPLE"
SECRET = "newJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE0"
PAIR = Credentials("site-a", KEY_ID, SECRET, "eu-west-1")
OLD = "aws_access_key_id = AKIAOLDXXXXXXEXAMPLE\naws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home folder, no AWS variables, and neither a program nor the network for a check to reach."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()

    def forbidden(*_: object, **__: object) -> None:
        pytest.fail("a check runs nothing and asks nobody")  # no Exception, so that nothing catches it

    monkeypatch.setattr(subprocess.Popen, "__init__", forbidden)
    monkeypatch.setattr(socket.socket, "connect", forbidden)
    return tmp_path


def resolved(profile: str, **files: Path) -> tuple[str, str, str | None]:
    """What a program that uses the AWS SDK takes for the profile."""
    session = botocore.session.Session(profile=profile)
    for kind, path in files.items():
        session.set_config_variable(f"{kind}_file", str(path))
    found = session.get_credentials()
    assert found
    return found.access_key, found.secret_key, found.token


def sections(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    parser.read_file(io.StringIO(text, newline=None))
    return {name: dict(parser[name]) for name in parser.sections()}


def test_a_config_file_gets_a_profile_header(home: Path) -> None:
    file = home / ".aws" / "config"
    file.write_text("[default]\nregion = eu-west-1\n\n[profile other]\nregion = us-east-1\n")
    _write_profile(file, PAIR, "site", force=False)
    assert resolved("site") == (KEY_ID, SECRET, None)
    assert list(sections(file.read_text())) == ["default", "profile other", "profile site"]
    _write_profile(file, PAIR, "default", force=False)
    assert resolved("default") == (KEY_ID, SECRET, None)
    assert list(sections(file.read_text())) == ["default", "profile other", "profile site"]


@pytest.mark.parametrize(
    "header",
    [
        "[profile site]",
        '[profile "site"]',
        "[profile 'site']",
        "[profile   site]",
        "[profile\tsite]",
        "[profile site] # the blog's",
        "[profile site];x",
    ],
)
def test_a_section_of_a_config_file_is_found_as_botocore_finds_it(header: str, home: Path) -> None:
    file = home / ".aws" / "config"
    file.write_text(f"# mine\n{header}\nregion = us-east-1\n{OLD}\n[profile b]\n{OLD}")
    _write_profile(file, PAIR, "site", force=False)
    new = OLD.replace("AKIAOLDXXXXXXEXAMPLE", KEY_ID).replace("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00", SECRET)
    assert file.read_text() == f"# mine\n{header}\nregion = us-east-1\n{new}\n[profile b]\n{OLD}"
    assert resolved("site") == (KEY_ID, SECRET, None)


KINDS = [
    pytest.param("config", "", {}, True, id="its-name"),
    pytest.param("credentials", "[profile x]\n", {}, False, id="the-other-name"),
    pytest.param("aws.ini", "", {}, False, id="nothing-known"),
    pytest.param("aws.ini", "[profile x]\n", {}, True, id="profiles"),
    pytest.param("aws.ini", "# mine\r\n[ sso-session x]\r\n", {}, True, id="sso-session"),
    pytest.param("aws.ini", "[services x]\n", {}, True, id="services"),
    pytest.param("aws.ini", "[profiles]\n# [profile x]\n", {}, False, id="no-such-section"),
    pytest.param("aws.ini", "", {"AWS_CONFIG_FILE": "~/aws.ini"}, True, id="config-variable"),
    pytest.param("aws.ini", "", {"AWS_CONFIG_FILE": "$HOME/x/../aws.ini"}, True, id="config-variable-not-plain"),
    pytest.param(
        "config", "[profile x]\n", {"AWS_SHARED_CREDENTIALS_FILE": "~/config"}, False, id="credentials-variable"
    ),
    pytest.param("aws.ini", "", {"AWS_CONFIG_FILE": "", "AWS_SHARED_CREDENTIALS_FILE": ""}, False, id="empty"),
]


@pytest.mark.parametrize(("name", "text", "variables", "config"), KINDS)
def test_the_kind_of_a_file(
    name: str, text: str, variables: dict[str, str], config: bool, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert is_config(home / name, text) is config


def test_the_homes_own_files_are_known_by_their_place(home: Path) -> None:
    assert is_config(home / ".aws" / "config", "")
    assert not is_config(home / ".aws" / "credentials", "[profile x]\n")


OTHER_WAYS = {
    "role": "role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default",
    "role-alone": "role_arn = arn:aws:iam::123456789012:role/x",
    "role-of-itself": "role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = site",
    "role-source": "role_arn = arn:aws:iam::123456789012:role/x\ncredential_source = Ec2InstanceMetadata",
    "role-process": "role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = process",
    "source": "credential_source = Environment",
    "sso": "sso_session = x\nsso_account_id = 123456789012\nsso_role_name = r",
    "sso-legacy": "sso_start_url = https://x/start\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r",
    "sso-half": "sso_account_id = 123456789012",
    "process": "credential_process = /bin/touch seen",
    "web-identity": "web_identity_token_file = /no/such\nrole_arn = arn:aws:iam::123456789012:role/x",
    "web-identity-alone": "web_identity_token_file = /no/such",
    "login": "login_session = arn:aws:iam::123456789012:user/x",
}
DEFAULTS = {**OTHER_WAYS, "token": "aws_session_token = stale", "security-token": "aws_security_token = stale"}


def refused(file: Path, profile: str = "site") -> str:
    """Why the profile was not written; the file is as it was, and nothing is left beside it."""
    before, listing = file.read_bytes(), sorted(file.parent.iterdir())
    with pytest.raises(S3IOError) as caught:
        _write_profile(file, PAIR, profile, force=False)
    assert (file.read_bytes(), sorted(file.parent.iterdir())) == (before, listing)
    said = str(caught.value)
    assert SECRET not in said
    assert "wJalr" not in said
    assert "stale" not in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("pair", ["", OLD], ids=["no-pair", "pair"])
@pytest.mark.parametrize("kind", ["config", "credentials"])
@pytest.mark.parametrize("way", OTHER_WAYS)
def test_a_profile_with_another_way_in_is_refused(way: str, kind: str, pair: str, home: Path) -> None:
    file = home / ".aws" / kind
    section = "profile site" if kind == "config" else "site"
    file.write_text(
        f"[{section}]\n{OTHER_WAYS[way]}\n{pair}\n[process]\ncredential_process = touch seen\n[default]\n{OLD}"
    )
    said = refused(file)
    assert OTHER_WAYS[way].split(" ")[0] in said
    assert f"in {file}" in said
    assert "another --profile" in said
    _write_profile(file, PAIR, "site-2", force=False)
    assert resolved("site-2") == (KEY_ID, SECRET, None)


@pytest.mark.parametrize("kind", ["config", "credentials"])
@pytest.mark.parametrize("way", DEFAULTS)
def test_what_all_profiles_inherit_is_refused(way: str, kind: str, home: Path) -> None:
    file = home / ".aws" / kind
    file.write_text(f"[DEFAULT]\n{DEFAULTS[way]}\n[default]\n{OLD}")
    assert f"in [DEFAULT] of {file}" in refused(file)


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_another_way_in_the_other_file_is_refused(way: str, home: Path) -> None:
    (home / ".aws" / "config").write_text(f"[profile site]\n{OTHER_WAYS[way]}\n[profile process]\n")
    file = home / ".aws" / "credentials"
    file.write_text(f"[default]\n{OLD}")
    assert f"in {home}/.aws/config)" in refused(file)


def test_a_key_in_the_credentials_file_comes_before_one_in_the_config_file(home: Path) -> None:
    (home / ".aws" / "credentials").write_text(f"[site]\n{OLD}")
    file = home / ".aws" / "config"
    file.write_text("[default]\n")
    assert f"{home}/.aws/credentials has another key for it" in refused(file)


def test_a_stale_token_of_the_profile_itself_is_taken_away(home: Path) -> None:
    for kind, section in (("config", "profile a"), ("credentials", "b")):
        file = home / ".aws" / kind
        file.write_text(f"[{section}]\nAWS_Session_Token = stale\n{OLD}aws_security_token: stale\n  more\n")
        _write_profile(file, PAIR, section[-1], force=False)
        assert resolved(section[-1]) == (KEY_ID, SECRET, None)
        assert "stale" not in file.read_text()


def test_the_file_beside_is_the_other_one_of_a_folder(home: Path) -> None:
    """Of /srv/site/.aws/credentials it is /srv/site/.aws/config that counts, and this machine's where there is none."""
    (home / "srv").mkdir()
    file = home / "srv" / "credentials"
    file.write_text("")
    (home / ".aws" / "config").write_text("[profile site]\ncredential_process = x\n")
    assert f"{home}/.aws/config" in refused(file)
    (home / "srv" / "config").write_text("[profile other]\ncredential_process = x\n")
    _write_profile(file, PAIR, "site", force=False)
    assert f"{home}/srv/config" in refused(file, "other")


@pytest.mark.parametrize("force", [False, True])
def test_a_new_file_is_checked_too(force: bool, home: Path) -> None:
    (home / ".aws" / "config").write_text(f"[default]\n{OTHER_WAYS['role']}\n")
    with pytest.raises(S3IOError, match="profile default would not use the key: it has role_arn"):
        _write_profile(home / ".aws" / "credentials", PAIR, None, force=force)
    assert not (home / ".aws" / "credentials").exists()


def test_a_forced_config_file_has_the_profile_header(home: Path) -> None:
    _write_profile(home / ".aws" / "config", PAIR, "site", force=True)
    assert resolved("site") == (KEY_ID, SECRET, None)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param("credentials", "[site] # see [wiki]\n", id="comment-with-brackets"),
        pytest.param("credentials", "[site # mine]\n", id="comment-inside"),
        pytest.param("credentials", "[ site ]\n", id="spaces"),
        pytest.param("credentials", '["site"]\n', id="quotes"),
        pytest.param("config", "[profile site] # see [wiki]\n", id="config-comment-with-brackets"),
        pytest.param("config", "[profile site ; mine]\n", id="config-comment-inside"),
        pytest.param("config", "[ profile site ]\n", id="config-spaces"),
        pytest.param("config", "[profile site's]\n".replace("'s", "'"), id="config-open-quote"),
        pytest.param("config", f"[profile site]\n{OLD}[profile 'site']\n{OLD}", id="config-twice"),
        pytest.param("config", "[default]\n[profile default]\n", id="default-twice"),
        pytest.param("config", "[ default ]\n", id="config-default-spaces"),
    ],
)
def test_a_section_that_readers_take_differently_is_refused(kind: str, text: str, home: Path) -> None:
    file = home / ".aws" / kind
    file.write_text(f"[x]\n{text}")
    said = refused(file, "default" if "default" in text else "site")
    profile = "default" if "default" in text else "site"
    assert said.startswith("the file has more than one section") or said == (
        f"line 2 of the file looks like the section of profile {profile}, but the AWS SDKs do not read it as that: "
        "put nothing but the name in the brackets, and a comment on a line of its own"
    )
    assert "line 2" in said or "lines 2 and" in said


@pytest.mark.parametrize(
    "other",
    ["[Site]\n", "[site2]\n", "[my site]\n", "# [site]\n", "[profile site]\n", "[x]\ny = 1\n  [site] # a [b]\n"],
)
def test_another_section_is_no_section_of_the_profile(other: str, home: Path) -> None:
    file = home / ".aws" / "credentials"
    file.write_text(other)
    _write_profile(file, PAIR, "site", force=False)
    assert file.read_text().startswith(other)
    assert resolved("site") == (KEY_ID, SECRET, None)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param("config", b"[profile x]\ns3 =\n  nothing\n", id="nested"),
        pytest.param("credentials", b"# caf\xe9\n[x]\n", id="latin-1"),
    ],
)
def test_a_file_that_botocore_alone_cannot_read_is_refused(kind: str, text: bytes, home: Path) -> None:
    file = home / ".aws" / kind
    file.write_bytes(text)
    said = refused(file)

    assert said.startswith(f"{file} is left as it was")
    assert "botocore can't read" in said
    assert "(ConfigParseError)" in said


def test_another_file_that_botocore_cannot_read_is_named(home: Path) -> None:
    (home / ".aws" / "config").write_text("wJalr\n")
    file = home / ".aws" / "credentials"
    file.write_text("")
    assert f"{home}/.aws/config" in refused(file)


# ---- whatever the layout

LINES = st.sampled_from(
    [
        *("", "# note", "  ; note", "region = eu-west-1", "output=json", "s3 =\n  max_concurrent_requests = 5"),
        *("aws_access_key_id = AKIAOLDXXXXXXEXAMPLE", "aws_secret_access_key: wJalr", "AWS_SESSION_TOKEN=stale"),
        *OTHER_WAYS.values(),
    ]
)
HEADERS = st.sampled_from(
    [
        *("[site]", "[profile site]", "[default]", "[DEFAULT]", "[profile default]", "[ site ]", "[site] # note"),
        *("[site] # a [b]", "[profile 'site']", "[profile site] ; note", "[other]", "[sso-session x]", "[profile]"),
    ]
)
LAYOUTS = st.lists(st.tuples(HEADERS, st.lists(LINES, max_size=3, unique=True)), max_size=4)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    layout=LAYOUTS,
    end=st.sampled_from(["\n", "\r\n"]),
    kind=st.sampled_from(["config", "credentials"]),
    profile=st.sampled_from(["site", "default"]),
)
def test_botocore_takes_the_key_or_the_file_stays(
    layout: list[tuple[str, list[str]]], end: str, kind: str, profile: str, home: Path
) -> None:
    text = "\n".join(line for header, lines in layout for line in (header, *lines)).replace("\n", end)
    file = home / ".aws" / kind
    file.write_bytes(text.encode())
    refusal = ""
    try:
        _write_profile(file, PAIR, profile, force=False)
    except S3IOError as error:
        refusal = str(error)
    if refusal:
        assert file.read_bytes() == text.encode()
        assert "wJalr" not in refusal
        return
    assert resolved(profile) == (KEY_ID, SECRET, None)
    before, after = sections(text), sections(file.read_bytes().decode())
    assert len(set(after) - set(before)) <= 1
    assert {name: values for name, values in after.items() if KEY_ID not in values.values()}.items() <= before.items()
