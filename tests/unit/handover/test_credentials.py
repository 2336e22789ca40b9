"""Credentials: masked wherever they are shown, and read back by the readers that each format is for."""

import configparser
import copy
import csv
import dataclasses
import io
import json
import pickle
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dotenv
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi.runtime.rpc import UNKNOWN

from s3io_user import tokens
from s3io_user.errors import InputError, S3IOError
from s3io_user.handover.credentials import MASK, Credentials, from_outputs, user_outputs
from s3io_user.handover.formats import (
    RENDERERS,
    csv_warning,
    render_csv,
    render_env,
    render_ini,
    render_json,
    render_process,
    render_wp_cli,
    render_wp_config,
)
from s3io_user.handover.profiles import merge_profile
from tests.programs import require_program

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
PAIR = Credentials("site-a", KEY_ID, SECRET, "eu-west-1", ["photos/wp-content/uploads"])

# A busy machine is no reason to fail.
_patiently = settings(suppress_health_check=[HealthCheck.too_slow])


def for_any(*values: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """A property that holds for any of these values."""
    return lambda test: _patiently(given(*values)(test))


names = st.text("abcXYZ019_+=,.@-", min_size=1, max_size=64)
secrets = st.text("abcXYZ019/+=", min_size=40, max_size=40)
key_ids = st.text("ABCXYZ234567", min_size=13, max_size=25).map(lambda text: f"{text}EXAMPLE")
regions = st.sampled_from(["", "eu-west-1", "us-gov-west-1", "cn-north-1"])
folder_names = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="/*?", exclude_categories=["Cc"]),
    min_size=1,
    max_size=20,
).filter(lambda text: "${" not in text)
buckets = st.builds("photos-{}/{}".format, st.integers(1, 9), folder_names)
pairs = st.builds(Credentials, names, key_ids, secrets, regions, st.lists(buckets, max_size=3))


# ---- what is shown


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(repr, id="repr"),
        pytest.param(str, id="str"),
        pytest.param("{}".format, id="format"),
        pytest.param(lambda pair: f"{[pair]} {vars(type(pair))}", id="inside"),
        pytest.param(lambda pair: repr(pair.masked()), id="masked"),
        *(pytest.param(lambda pair, r=r: r(pair.masked()), id=f"masked-{f}") for f, r in RENDERERS.items()),
    ],
)
def test_the_secret_is_not_in(show: Callable[[Credentials], str]) -> None:
    assert SECRET not in show(PAIR)


@pytest.mark.parametrize(
    "copier",
    [
        pytest.param(vars, id="vars"),
        pytest.param(pickle.dumps, id="pickle"),
        pytest.param(copy.copy, id="copy"),
        pytest.param(copy.deepcopy, id="deepcopy"),
        pytest.param(json.dumps, id="json"),
        pytest.param(dataclasses.asdict, id="asdict"),
    ],
)
def test_it_gives_itself_to_no(copier: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        copier(PAIR)


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        PAIR.region = "x"
    with pytest.raises(AttributeError):
        del PAIR.secret_access_key


# ---- what is refused


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param({"user_name": "a b"}, "userName", id="name"),
        pytest.param({"user_name": "a\n"}, "userName", id="name-newline"),
        pytest.param({"access_key_id": SECRET}, "accessKeyId", id="swapped"),
        pytest.param({"access_key_id": f"{KEY_ID}\n"}, "accessKeyId", id="id-newline"),
        pytest.param({"secret_access_key": "short"}, "secretAccessKey", id="short"),
        pytest.param({"secret_access_key": "[secret]"}, "secretAccessKey", id="not-asked-for"),
        *(
            pytest.param({"secret_access_key": f"canary{letter}{'x' * 20}"}, "secretAccessKey", id=repr(letter))
            for letter in "'\"\\$`,;# \n\r\0é"
        ),
        pytest.param({"secret_access_key": 5}, "secretAccessKey", id="number"),
        pytest.param({"region": "eu west"}, "region", id="region"),
        pytest.param({"buckets": ["photos", "p"]}, "buckets", id="bucket"),
        pytest.param({"buckets": ["photos/a\nb"]}, "buckets", id="folder-newline"),
        pytest.param({"buckets": ["photos", "media/?><?php"]}, "buckets", id="folder-that-ends-php"),
    ],
)
def test_a_bad_value_is_named_but_the_pair_is_not(change: dict[str, Any], name: str) -> None:
    good = {"user_name": "site-a", "access_key_id": KEY_ID, "secret_access_key": SECRET}
    with pytest.raises(InputError) as caught:
        Credentials(**{**good, **change})
    assert [fault[0] for fault in caught.value.faults] == [name]
    assert "must" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert SECRET not in str(caught.value)


OUTPUTS = {
    "userName": "site-a",
    "accessKeyId": KEY_ID,
    "secretAccessKey": SECRET,
    "credentials": {
        "userName": "site-a",
        "accessKeyId": KEY_ID,
        "secretAccessKey": SECRET,
        "region": "eu-west-1",
        "buckets": ["photos"],
    },
}


def test_from_outputs() -> None:
    pair = from_outputs(OUTPUTS)
    assert [getattr(pair, name) for name in Credentials.__slots__] == [
        KEY_ID,
        ("photos",),
        "eu-west-1",
        SECRET,
        "site-a",
    ]


@pytest.mark.parametrize("region", [pytest.param({"region": None}, id="null"), pytest.param({}, id="none")])
def test_from_outputs_without_region_and_buckets(region: dict[str, Any]) -> None:
    pair = from_outputs({"credentials": {"userName": "u", "accessKeyId": KEY_ID, "secretAccessKey": SECRET, **region}})
    assert (pair.region, pair.buckets) == ("", ())


@pytest.mark.parametrize(
    ("outputs", "cure"),
    [
        pytest.param({"userName": "a"}, "createAccessKey", id="no-key"),
        pytest.param({"userName": "a", "credentials": {"accessKeyId": None}}, "createAccessKey", id="no-key-null"),
        pytest.param({"userName": "a", "accessKeyId": KEY_ID, "encryptedSecret": "wcBM"}, "gpg --decrypt", id="pgp"),
        pytest.param({"userName": "a", "accessKeyId": KEY_ID}, "raise keyGeneration", id="imported"),
        pytest.param({**OUTPUTS, "credentials": {"buckets": "photos"}}, "as a list", id="buckets-no-list"),
    ],
)
def test_from_outputs_says_what_to_do(outputs: dict[str, Any], cure: str) -> None:
    with pytest.raises(S3IOError, match=re.escape(cure)) as caught:
        from_outputs(outputs)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


TWO = {"users": {"blog": {"userName": "b"}, "shop": {"userName": "s"}}}


@pytest.mark.parametrize(
    ("outputs", "user", "name"),
    [
        pytest.param({"userName": "a"}, None, "a", id="one"),
        pytest.param({"userName": "a"}, "a", "a", id="one-named"),
        pytest.param({"users": {"blog": {"userName": "b"}}}, None, "b", id="map-of-one"),
        pytest.param(TWO, "shop", "s", id="map"),
    ],
)
def test_user_outputs(outputs: dict[str, Any], user: str | None, name: str) -> None:
    assert user_outputs(outputs, user)["userName"] == name


@pytest.mark.parametrize(
    ("outputs", "user", "said"),
    [
        pytest.param({}, None, "run pulumi up first", id="no-outputs"),
        pytest.param({"url": "x"}, None, "neither an output userName nor", id="another-stack"),
        pytest.param(TWO, None, r"2 users: .*--user \(blog, shop\)", id="several"),
        pytest.param(TWO, "shpo", "did you mean 'shop'", id="near"),
        pytest.param(TWO, "xyz", "known: blog, shop", id="far"),
        pytest.param({"userName": "a"}, "b", "known: a", id="one-other"),
        pytest.param({"users": {}}, None, "0 users", id="empty-map"),
        pytest.param({"users": {"a": "text"}}, None, "map of name to outputs", id="no-map"),
    ],
)
def test_user_outputs_says_what_to_do(outputs: dict[str, Any], user: str | None, said: str) -> None:
    with pytest.raises(S3IOError, match=said):
        user_outputs(outputs, user)


# ---- each format, read back


def aws_cli_import(text: str) -> dict[str, str]:
    """What ``aws configure import`` (AWS CLI v2) reads: headers without case, in any order; split at every comma."""
    header, row = text.removeprefix("\ufeff").splitlines()
    columns = [name.lower().strip() for name in header.split(",")]
    return {name: row.split(",")[columns.index(name)].strip() for name in columns}


@for_any(pairs)
def test_csv(pair: Credentials) -> None:
    text = render_csv(pair)
    read = aws_cli_import(text)
    assert (read["access key id"], read["secret access key"]) == (pair.access_key_id, pair.secret_access_key)
    header, row = csv.reader(io.StringIO(text))
    assert header == ["Access key ID", "Secret access key", "User name"]
    assert [*row[:2], ",".join(row[2:])] == [pair.access_key_id, pair.secret_access_key, pair.user_name]
    if csv_warning(pair) is None:
        assert row[2:] == [pair.user_name] == [read["user name"]]


@pytest.mark.parametrize("name", ["=cmd", "+a", "-a", "@a", "a,b"])
def test_csv_warns_of_a_name_that_its_readers_change(name: str) -> None:
    warning = csv_warning(Credentials(name, KEY_ID, SECRET))
    assert warning is not None
    assert name in warning


def docker_env_file(text: str) -> dict[str, str]:
    """What ``docker --env-file`` reads: everything after the first ``=``, quotes included."""
    return dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))


@for_any(pairs)
def test_env(pair: Credentials) -> None:
    text = render_env(pair)
    wanted = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    if pair.region:
        wanted |= {"AWS_REGION": pair.region, "AWS_DEFAULT_REGION": pair.region}
    assert dict(word.split("=", 1) for word in shlex.split(text)) == wanted
    assert dotenv.dotenv_values(stream=io.StringIO(text)) == wanted
    assert docker_env_file(text) == wanted


@for_any(pairs)
def test_env_is_nothing_but_assignments_that_a_shell_takes_as_they_are(pair: Credentials) -> None:
    assert re.fullmatch(r"(AWS_[A-Z_]+=[\w/+=.-]+\n)+", render_env(pair))


def test_env_in_a_real_shell() -> None:
    script = f'{render_env(PAIR)}printf \'%s|%s|%s\' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_REGION"'
    shown = subprocess.run(["sh", "-eu"], input=script, capture_output=True, text=True, check=True).stdout
    assert shown == f"{KEY_ID}|{SECRET}|eu-west-1"


def read_ini(text: str) -> dict[str, dict[str, str]]:
    """As botocore reads a shared credentials file."""
    parser = configparser.RawConfigParser()
    parser.read_file(io.StringIO(text, newline=None))
    return {name: dict(parser[name]) for name in parser.sections()}


@for_any(pairs, st.text("aZ0_./%@:+=,-", min_size=1))
def test_ini(pair: Credentials, profile: str) -> None:
    wanted = {"aws_access_key_id": pair.access_key_id, "aws_secret_access_key": pair.secret_access_key}
    if pair.region:
        wanted["region"] = pair.region
    assert read_ini(render_ini(pair, profile)) == {profile: wanted}


@pytest.mark.parametrize("profile", ["", "a b", "a]\n[b", "é", "DEFAULT", "a#b", "x" * 129])
def test_ini_refuses_a_profile_that_is_not_read_back(profile: str) -> None:
    with pytest.raises(InputError, match="profile: must be"):
        render_ini(PAIR, profile)


@for_any(pairs)
def test_json(pair: Credentials) -> None:
    read = json.loads(render_json(pair))
    assert read == {
        "userName": pair.user_name,
        "accessKeyId": pair.access_key_id,
        "secretAccessKey": pair.secret_access_key,
        "region": pair.region or None,
        "buckets": list(pair.buckets),
    }


@for_any(pairs)
def test_process(pair: Credentials) -> None:
    wanted = {"Version": 1, "AccessKeyId": pair.access_key_id, "SecretAccessKey": pair.secret_access_key}
    assert json.loads(render_process(pair)) == wanted


PHP_DEFINE = re.compile(r"define\( '(?P<name>[A-Z0-9_]+)', '(?P<value>(?:[^'\\]|\\['\\])*)' \);")


def read_php(text: str) -> dict[str, str]:
    """The constants, by PHP's rules of a single-quoted string; every other line must be a comment that ends nowhere."""
    read = {}
    for line in text.splitlines():
        if found := PHP_DEFINE.fullmatch(line):
            read[found["name"]] = re.sub(r"\\(['\\])", r"\1", found["value"])
        else:
            assert line.startswith("//")
            assert "?>" not in line
    return read


@for_any(pairs)
def test_wp_config(pair: Credentials) -> None:
    wanted = {"DBI_AWS_ACCESS_KEY_ID": pair.access_key_id, "DBI_AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    if len(pair.buckets) == 1:
        name, _, folder = pair.buckets[0].partition("/")
        wanted |= {"S3_IMAGE_OPTIMIZER_BUCKET": name}
        wanted |= {"S3_IMAGE_OPTIMIZER_FOLDER": f"{folder}/"} if folder else {}
        wanted |= {"S3_IMAGE_OPTIMIZER_REGION": pair.region} if pair.region else {}
    assert read_php(render_wp_config(pair)) == wanted


def test_wp_config_names_several_buckets_in_a_comment() -> None:
    text = render_wp_config(Credentials("u", KEY_ID, SECRET, "eu-west-1", ["photos/a", "media"]))
    assert "//   photos/a\n//   media\n" in text
    assert "S3_IMAGE_OPTIMIZER" not in text


def test_wp_config_says_how_keys_are_paired() -> None:
    assert "AS3CF_ comes before DBI_, and DBI_ before AWS_" in render_wp_config(PAIR)


# The shape of WordPress's own wp-config-sample.php: the lines go where the comment says.
WP_CONFIG = """<?php
define( 'DB_NAME', 'database_name_here' );
define( 'DB_PASSWORD', 'it\\'s' );
$table_prefix = 'wp_';
define( 'WP_DEBUG', false );

/* Add any custom values between this line and the "stop editing" line. */

%s
/* That's all, stop editing! Happy publishing. */

if ( ! defined( 'ABSPATH' ) ) {
\tdefine( 'ABSPATH', __DIR__ . '/' );
}
echo json_encode( array_slice( get_defined_constants( true )['user'], 3 ), JSON_UNESCAPED_UNICODE );
"""


@pytest.mark.parametrize(
    "places",
    [
        pytest.param([], id="every-bucket"),
        pytest.param(["photos"], id="bucket"),
        pytest.param(["photos/wp-content/uploads"], id="folder"),
        pytest.param(["photos/it's \\ a $folder \"é\" \\'"], id="quotes"),
        pytest.param(["photos/> <!php", "media/x > y"], id="several"),
    ],
)
def test_wp_config_in_real_php(places: list[str], tmp_path: Any) -> None:
    php = require_program("php", "php-cli")
    text = render_wp_config(Credentials("a,b=c@d+e", KEY_ID, SECRET, "eu-west-1", places))
    file = tmp_path / "wp-config.php"
    file.write_text(WP_CONFIG % text)
    subprocess.run([php, "-l", str(file)], check=True, capture_output=True)
    shown = subprocess.run([php, str(file)], check=True, capture_output=True, text=True).stdout
    read = json.loads(shown)
    assert read.pop("ABSPATH")
    assert read == read_php(text)


# ---- merging a profile


PAIR_KEYS = ("AWS_Access_Key_ID", "aws_secret_access_key", "aws_session_token")
NOTES = st.sampled_from(["# note = [site]", "  ; [other]", "", "  ", "#\tücret"])


@st.composite
def sections(draw: st.DrawFn, name: str) -> list[tuple[str, bool]]:
    """Lines, and whether each is of the pair of ``site``: odd indents, both delimiters, values over several lines."""
    indent = draw(st.sampled_from(["", "  ", "\t"]))
    lines = [(f"[{name}]", False)]
    for key in draw(st.lists(st.sampled_from([*PAIR_KEYS, "region", "role_arn", "s3"]), unique=True)):
        value = draw(st.sampled_from([" = v", "=a=b", ": [site]", " :x # y", "="]))
        more = draw(st.lists(st.sampled_from(["aws_access_key_id = inner", "[site]", "word"]), max_size=2))
        mine = name == "site" and key in PAIR_KEYS
        lines += [(f"{indent}{key}{value}", mine), *((f"{indent}    {line}", mine) for line in more)]
        lines += [(note, False) for note in draw(st.lists(NOTES, max_size=1))]
    return lines


@st.composite
def credentials_files(draw: st.DrawFn) -> tuple[str, str]:
    """A file that botocore can read, and the same without the pair of ``site``."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines = [(note, False) for note in draw(st.lists(NOTES, max_size=2))]
    for name in draw(st.lists(st.sampled_from(["site", "default", "a b", "x]y", "Site"]), unique=True)):
        lines += draw(sections(name))
    last = draw(st.sampled_from(["", end]))
    return end.join(line for line, _ in lines) + last, end.join(line for line, mine in lines if not mine) + last


def flat(values: dict[str, str]) -> dict[str, str]:
    """Without the empty lines at a value's end, which configparser drops only at the end of a file."""
    return {key: value.rstrip() for key, value in values.items() if key not in map(str.lower, PAIR_KEYS)}


@for_any(credentials_files(), pairs)
def test_merge_changes_this_profiles_pair_alone(file: tuple[str, str], pair: Credentials) -> None:
    before, after = read_ini(file[0]), read_ini(merge_profile(file[0], "site", pair))
    before.setdefault("site", {"region": pair.region} if pair.region else {})
    new = {"aws_access_key_id": pair.access_key_id, "aws_secret_access_key": pair.secret_access_key}
    assert {key: value for key, value in after["site"].items() if key in map(str.lower, PAIR_KEYS)} == new
    assert flat(after.pop("site")) == flat(before.pop("site"))
    assert {name: {k: v.rstrip() for k, v in values.items()} for name, values in after.items()} == {
        name: {k: v.rstrip() for k, v in values.items()} for name, values in before.items()
    }


@for_any(credentials_files(), pairs)
def test_merge_keeps_every_other_byte(file: tuple[str, str], pair: Credentials) -> None:
    text, rest = file
    merged = merge_profile(text, "site", pair)
    secret = re.escape(pair.secret_access_key)
    new = re.compile(rf"[ \t]*aws_(access_key_id = {pair.access_key_id}|secret_access_key = {secret})\r?\n")
    if "site" in read_ini(text):
        assert new.sub("", merged).rstrip() == rest.rstrip()
    else:
        assert merged.startswith(text)
    assert len(new.findall(merged)) == 2
    assert not re.search(r"(?<!\r)\n" if "\r\n" in text else "\r", merged)


@for_any(credentials_files(), pairs)
def test_merge_again_changes_nothing(file: tuple[str, str], pair: Credentials) -> None:
    merged = merge_profile(file[0], "site", pair)
    assert merge_profile(merged, "site", pair) == merged


MINE = """\
# mine
[default]
aws_access_key_id = AKIADEFAULTXXEXAMPLE
aws_secret_access_key = unchanged

[site]
# the blog's key
aws_access_key_id=AKIAOLDXXXXXXEXAMPLE
  ; between
aws_secret_access_key : old
aws_session_token = stale
region = us-east-1
[next]
"""


def test_merge_by_example() -> None:
    wanted = (
        MINE.replace("aws_access_key_id=AKIAOLDXXXXXXEXAMPLE", f"aws_access_key_id = {KEY_ID}")
        .replace("aws_secret_access_key : old", f"aws_secret_access_key = {SECRET}")
        .replace("aws_session_token = stale\n", "")
    )
    assert merge_profile(MINE, "site", PAIR) == wanted


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        pytest.param("", "{site}", id="empty"),
        pytest.param("[a]\nx=1", "[a]\nx=1\n\n{site}", id="no-newline-at-end"),
        pytest.param("[a]\nx=1\n", "[a]\nx=1\n\n{site}", id="newline-at-end"),
        pytest.param("[site]", "[site]\n{pair}", id="bare-header"),
        pytest.param("[site]\n# x\n  y = z\n", "[site]\n  {id}\n  {secret}\n# x\n  y = z\n", id="a-comment-first"),
        pytest.param("[site]\n  region = x\n", "[site]\n  {id}\n  {secret}\n  region = x\n", id="indented"),
        pytest.param("[DEFAULT]\nx=1\n[site]\n", "[DEFAULT]\nx=1\n[site]\n{pair}", id="defaults"),
    ],
)
def test_merge_at_the_edges(text: str, merged: str) -> None:
    lines = {"id": f"aws_access_key_id = {KEY_ID}", "secret": f"aws_secret_access_key = {SECRET}"}
    pair = "{id}\n{secret}\n".format(**lines)
    wanted = merged.format(**lines, pair=pair, site=f"[site]\n{pair}region = eu-west-1\n")
    assert merge_profile(text, "site", PAIR) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("canary = 1\n", "line 1 of the file is before the first section", id="no-header"),
        pytest.param("[a]\ncanary\n", "line 2 of the file is neither a section", id="no-delimiter"),
        pytest.param("[a]\n[b]\n[a]\n", "line 3 of the file begins a section that the file has", id="section-twice"),
        pytest.param("[a]\ncanary=1\ncanary=2\n", "line 3 of the file sets a key that its section", id="key-twice"),
        pytest.param("\ufeff[a]\n", "the file begins with a byte order mark", id="byte-order-mark"),
    ],
)
def test_merge_refuses_a_file_that_botocore_cannot_read(text: str, said: str) -> None:
    with pytest.raises(S3IOError, match=f"^{said}") as caught:
        merge_profile(text, "site", PAIR)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_the_mask_is_what_stands_for_a_secret() -> None:
    assert PAIR.masked().secret_access_key == MASK


# ---- to the letter


def sentence(call: Callable[[], object]) -> str:
    with pytest.raises((S3IOError, AttributeError, TypeError)) as caught:
        call()
    return str(caught.value)


MANY = {"users": {f"site-{number:02}": {} for number in range(21)}}
TWENTY = {"users": {f"site-{number:02}": {} for number in range(20)}}
NAMED = ", ".join(f"site-{number:02}" for number in range(20))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: delattr(PAIR, "region"), "credentials are frozen: 'region' can't be deleted"),
        (lambda: setattr(PAIR, "region", ""), "credentials are frozen: 'region' can't be set"),
        (
            lambda: copy.copy(PAIR),
            "credentials can't be pickled or copied, so that their secret does not spread unnoticed",
        ),
        (lambda: user_outputs({}), "the stack has no outputs yet: run pulumi up first"),
        (
            lambda: user_outputs({"url": "x"}),
            "the stack has neither an output userName nor an output users, which this command reads: name another "
            "stack by --stack, or export the component's outputs by their own names",
        ),
        (
            lambda: user_outputs({"users": {"a": 1}}),
            "the output users must be a map of name to outputs: see the program that exports it",
        ),
        (lambda: user_outputs({"users": {}}), "the stack has 0 users: choose one by --user (none)"),
        (lambda: user_outputs(MANY), f"the stack has 21 users: choose one by --user ({NAMED} and 1 more)"),
        (lambda: user_outputs(TWENTY), f"the stack has 20 users: choose one by --user ({NAMED})"),
        (lambda: user_outputs(TWO, "shpo"), "no user 'shpo' in the stack (did you mean 'shop'?)"),
        (lambda: user_outputs(TWO, "xyz"), "no user 'xyz' in the stack (known: blog, shop)"),
        (
            lambda: from_outputs({"userName": "a"}),
            "'a' has no access key in the stack's outputs: set createAccessKey to true, or export accessKeyId and "
            "secretAccessKey in a program of your own, and run pulumi up",
        ),
        (
            lambda: from_outputs({"userName": "a", "accessKeyId": KEY_ID, "encryptedSecret": "wcBM"}),
            "the secret of 'a' is encrypted with your PGP key, and only that key opens it: "
            "pulumi stack output encryptedSecret | base64 --decode | gpg --decrypt",
        ),
        (
            lambda: from_outputs({"userName": "a", "accessKeyId": KEY_ID}),
            "the stack does not know the secret of 'a', because AWS shows it once, when the key is created: "
            "raise keyGeneration by one and run pulumi up for a new key",
        ),
        (
            lambda: from_outputs({**OUTPUTS, "credentials": {"buckets": "photos"}}),
            "the output credentials must hold buckets as a list: see the program that exports it",
        ),
    ],
)
def test_a_sentence(call: Callable[[], object], said: str) -> None:
    assert sentence(call) == said


def test_a_masked_pair_is_the_same_but_for_the_secret() -> None:
    masked = PAIR.masked()
    assert {name: getattr(masked, name) for name in Credentials.__slots__} == {
        **{name: getattr(PAIR, name) for name in Credentials.__slots__},
        "secret_access_key": MASK,
    }


@pytest.mark.parametrize("name", ["X", "a"])
def test_a_plain_name_is_not_warned_of(name: str) -> None:
    assert csv_warning(Credentials(name, KEY_ID, SECRET)) is None


@pytest.mark.parametrize(
    ("profile", "config", "header"),
    [("site", False, "[site]"), ("site", True, "[profile site]"), ("default", True, "[default]")],
)
def test_the_header_of_a_profile(profile: str, config: bool, header: str) -> None:
    assert render_ini(PAIR, profile, config=config).splitlines()[0] == header
    assert render_ini(PAIR).splitlines()[0] == "[default]"


def test_json_is_for_people_too() -> None:
    assert render_json(PAIR).startswith('{\n  "userName": "site-a",\n')


HEAD = f"""\
// The S3 key of IAM user site-a: paste above "That's all, stop editing!" in wp-config.php.
// Remove every other AS3CF_, DBI_ or AWS_ constant of a key: AS3CF_ comes before DBI_, and DBI_ before AWS_,
// for the ID and the secret separately, so that one left over is paired wrongly.
define( 'DBI_AWS_ACCESS_KEY_ID', '{KEY_ID}' );
define( 'DBI_AWS_SECRET_ACCESS_KEY', '{SECRET}' );
"""


@pytest.mark.parametrize(
    ("places", "rest"),
    [
        ([], "// The key is not limited to one bucket: choose the bucket in the plugin's settings.\n"),
        (
            ["photos/a", "media"],
            "// Only one bucket can be named here; put these in the list in the plugin's settings:\n"
            "//   photos/a\n//   media\n",
        ),
        (
            ["photos/a/it's\\b"],
            "define( 'S3_IMAGE_OPTIMIZER_BUCKET', 'photos' );\n"
            "define( 'S3_IMAGE_OPTIMIZER_FOLDER', 'a/it\\'s\\\\b/' );\n",
        ),
    ],
)
def test_wp_config_to_the_letter(places: list[str], rest: str) -> None:
    assert render_wp_config(Credentials("site-a", KEY_ID, SECRET, "", places)) == HEAD + rest


# ---- wp-cli

FAKE_WP = """\
#!/bin/sh
{ for word in "$@"; do printf '<%s>' "$word"; done; echo; } >> "$WP_LOG.argv"
case " $* " in *" --prompt "*) cat >> "$WP_LOG.stdin"; echo "would print the value";; esac
"""


def test_wp_cli_gets_the_secret_by_standard_input_alone(tmp_path: Path) -> None:
    program = tmp_path / "wp"
    program.write_text(FAKE_WP)
    program.chmod(0o755)
    pair = Credentials("site-a", KEY_ID, SECRET, "eu-west-1", ["photos/it's here"])
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "WP_LOG": str(tmp_path / "log")}
    done = subprocess.run(["sh"], input=render_wp_cli(pair), env=env, capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "log.stdin").read_text() == f"{SECRET}\n"
    assert [re.findall("<(.*?)>", line) for line in (tmp_path / "log.argv").read_text().splitlines()] == [
        ["config", "set", "DBI_AWS_ACCESS_KEY_ID", KEY_ID, "--type=constant"],
        ["config", "set", "DBI_AWS_SECRET_ACCESS_KEY", "--type=constant", "--prompt", "--quiet"],
        ["config", "set", "S3_IMAGE_OPTIMIZER_BUCKET", "photos", "--type=constant"],
        ["config", "set", "S3_IMAGE_OPTIMIZER_FOLDER", "it's here/", "--type=constant"],
        ["config", "set", "S3_IMAGE_OPTIMIZER_REGION", "eu-west-1", "--type=constant"],
    ]


@pytest.mark.parametrize("unknown", [{"accessKeyId": UNKNOWN}, {"credentials": {"secretAccessKey": UNKNOWN}}])
def test_outputs_that_a_failed_update_did_not_know_are_nobody_s(unknown: dict[str, Any]) -> None:
    known = {"userName": "shop", "accessKeyId": "AKIAEXAMPLE"}
    outputs = {"users": {"blog": {**known, **unknown}, "shop": known}}
    assert user_outputs(outputs, "shop") == known
    with pytest.raises(S3IOError, match="do not say what blog has, because the last update with --continue-on-error"):
        user_outputs(outputs, "blog")
    with pytest.raises(S3IOError, match="do not say what the user has"):
        from_outputs(outputs["users"]["blog"])
    assert tokens.UNKNOWN == UNKNOWN
