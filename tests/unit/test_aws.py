"""How AWS is reached, and what is made of its answers, the good and the hostile."""

from pathlib import Path

import pytest

from s3io_user.aws import Access, AwsError


@pytest.fixture(autouse=True)
def a_machine_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No profile, region or credentials but those of a test."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text("[profile china]\nregion = cn-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return config


def test_the_default_region_is_the_environment_s_or_the_profile_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Access().default_region() is None
    assert Access(profile="china").default_region() == "cn-north-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert Access().default_region() == "eu-west-1"
    with pytest.raises(AwsError, match="the AWS profile that is set does not exist"):
        Access(profile="nobody").default_region()
