"""The forms that clients of S3 read; tests/engine/test_clients.py has the clients themselves use them."""

import configparser
import json
import shlex
import subprocess
from pathlib import Path

import botocore.session
import pytest

from s3io_user.handover.credentials import Credentials
from s3io_user.handover.formats import render_rclone, render_restic, render_s3cmd
from s3io_user.iam.addresses import s3_host
from tests.programs import require_program

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def pair(region: str = "eu-west-1", *places: str) -> Credentials:
    return Credentials("site-a", KEY_ID, SECRET, region, places or ("photos/wp-content/uploads",))


@pytest.mark.parametrize("region", ["eu-west-1", ""])
def test_rclone_reads_its_remote(region: str, tmp_path: Path) -> None:
    (tmp_path / "rclone.conf").write_text(render_rclone(pair(region)))
    command = [require_program("rclone", "rclone"), "--config", str(tmp_path / "rclone.conf"), "config", "dump"]
    read = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert read == {
        "s3": {
            "type": "s3",
            "provider": "AWS",
            "access_key_id": KEY_ID,
            "secret_access_key": SECRET,
            "no_check_bucket": "true",
            **({"region": region} if region else {}),
        }
    }


@pytest.mark.parametrize(
    ("region", "host"), [("eu-west-1", "s3.eu-west-1.amazonaws.com"), ("", "s3.amazonaws.com")], ids=["region", "none"]
)
def test_s3cmd_reads_its_settings(region: str, host: str, tmp_path: Path) -> None:
    (tmp_path / "s3cfg").write_text(render_s3cmd(pair(region)))
    command = [require_program("s3cmd", "s3cmd"), "--config", str(tmp_path / "s3cfg"), "--dump-config"]
    read = configparser.RawConfigParser()
    read.read_string(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    settings = read["default"]

    assert (settings["access_key"], settings["secret_key"]) == (KEY_ID, SECRET)
    assert (settings["host_base"], settings["host_bucket"]) == (host, f"%(bucket)s.{host}")
    assert settings["bucket_location"] == (region or "US")
    assert settings["use_https"] == "True"


@pytest.mark.parametrize(
    ("places", "repositories"),
    [
        (("photos",), ["RESTIC_REPOSITORY=s3:https://s3.eu-west-1.amazonaws.com/photos"]),
        (("photos/a b/é",), ["RESTIC_REPOSITORY=s3:https://s3.eu-west-1.amazonaws.com/photos/a%20b/%C3%A9"]),
        (
            ("photos", "media/x"),
            [f"# RESTIC_REPOSITORY=s3:https://s3.eu-west-1.amazonaws.com/{place}" for place in ("photos", "media/x")],
        ),
    ],
)
def test_restic_s_variables_name_the_repository_of_one_bucket(places: tuple[str, ...], repositories: list[str]) -> None:
    lines = render_restic(pair("eu-west-1", *places)).splitlines()

    assert [line for line in lines if "RESTIC_REPOSITORY" in line] == repositories
    assert f"AWS_SECRET_ACCESS_KEY={SECRET}" in lines
    assert "AWS_DEFAULT_REGION=eu-west-1" in lines
    assert all(line.startswith("#") or len(shlex.split(line)) == 1 for line in lines)


def test_a_key_of_every_bucket_has_a_repository_to_fill_in() -> None:
    every = Credentials("site-a", KEY_ID, SECRET, "", ())
    assert "# RESTIC_REPOSITORY=s3:https://s3.amazonaws.com/BUCKET\n" in render_restic(every)


def test_the_host_is_the_one_that_aws_s_sdk_takes() -> None:
    session = botocore.session.get_session()
    for partition in session.get_available_partitions():
        for region in session.get_available_regions("s3", partition):
            if not region.startswith(("fips", "aws", "s3")):
                url = session.create_client("s3", region, endpoint_url=None).meta.endpoint_url
                assert url in (f"https://{s3_host(region)}", "https://s3.amazonaws.com"), region
                break  # building a client of each of them takes a minute
