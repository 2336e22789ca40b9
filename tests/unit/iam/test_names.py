"""Names: users, paths, groups, policies, tags, accounts, buckets in every form, KMS keys, addresses, endpoints."""

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3io_user import wording
from s3io_user.iam import arns, buckets, names, sources
from s3io_user.iam.arns import KmsKey
from s3io_user.iam.buckets import Bucket
from tests.places import BUCKETS, FOLDERS, Place

Check = Callable[[object], str | None]

ENTITIES = [
    pytest.param(names.user_name_fault, 64, id="user"),
    pytest.param(names.existing_user_fault, 128, id="existing-user"),
    pytest.param(names.group_name_fault, 128, id="group"),
    pytest.param(names.policy_name_fault, 128, id="policy"),
]
NAME_LETTERS = string.ascii_letters + string.digits + "_+=,.@-"


@pytest.mark.parametrize(
    ("check", "whose"),
    [
        (names.user_name_fault, "a user name"),
        (names.existing_user_fault, "an existing user's name"),
        (names.group_name_fault, "a group name"),
        (names.policy_name_fault, "a policy name"),
    ],
)
def test_a_fault_says_whose_name_it_is(check: Check, whose: str) -> None:
    assert str(check("a b")).startswith(f"{whose} must ")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("arn:aws:iam::123456789012:user/site", "site"),
        ("arn:aws-cn:iam::123456789012:user/team/web/site", "site"),
        ("arn:aws:iam::123456789012:role/site", "arn:aws:iam::123456789012:role/site"),
        ("site", "site"),
    ],
)
def test_an_existing_user_may_be_named_by_its_arn(text: str, name: str) -> None:
    assert names.existing_user_name(text) == name


@pytest.mark.parametrize(
    ("arn", "full"),
    [
        ("arn:aws:iam::aws:policy/AmazonS3FullAccess", True),
        ("arn:aws-cn:iam::aws:policy/AmazonS3FullAccess", True),
        ("arn:aws:iam::123456789012:policy/AmazonS3FullAccess", False),
        ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", False),
    ],
)
def test_full_access_is_aws_s_own_policy(arn: str, full: bool) -> None:
    assert arns.is_full_access(arn) is full


def test_a_fault_quotes_what_it_got() -> None:
    assert "(got 'AmazonS3FullAccess')" in str(arns.policy_arn_fault("AmazonS3FullAccess"))
    assert "(got 'photos--x-s3')" in str(buckets.bucket_name_fault("photos--x-s3"))
    with pytest.raises(ValueError, match=r"^a folder must hold only characters .* \(got 'photos/№'\)$"):
        buckets.parse_bucket("photos/№")


def test_a_folder_keeps_its_letters_at_both_ends() -> None:
    assert buckets.parse_bucket("photos/X/a/X/") == Bucket("photos", "X/a/X")


@pytest.mark.parametrize(("check", "limit"), ENTITIES)
@pytest.mark.parametrize("name", ["a", "A+b=c,d.e@f-g_h", "1", "-", "=x", "wp@example.com"])
def test_a_name_is_good(check: Check, limit: int, name: str) -> None:
    assert check(name) is None


@pytest.mark.parametrize(("check", "limit"), ENTITIES)
@pytest.mark.parametrize(
    "name",
    ["", "a b", "a\n", "\na", "é", "a/b", "a:b", "a*", "\uff41", "a\u200b", "\u0661", None, 5, b"a", ["a"]],
    ids=ascii,
)
def test_a_name_with_other_characters_is_not(check: Check, limit: int, name: object) -> None:
    fault = check(name)
    assert fault is not None
    assert fault.endswith(f"(got {wording.shown(name)})")
    assert f"1 to {limit} of letters, digits and _ + = , . @ -" in fault


@pytest.mark.parametrize(("check", "limit"), ENTITIES)
def test_the_length_of_a_name_is_bounded(check: Check, limit: int) -> None:
    assert check("x" * limit) is None
    assert f"must have at most {limit} characters (got {limit + 1}: 'xxx" in str(check("x" * (limit + 1)))


@given(st.text(st.sampled_from(NAME_LETTERS + " é/\n\t\u0661\U0001d41a")))
def test_a_name_is_good_when_each_of_its_characters_is(name: str) -> None:
    assert (names.user_name_fault(name) is None) == (0 < len(name) <= 64 and set(name) <= set(NAME_LETTERS))


@pytest.mark.parametrize("path", ["/", "/a/", "/a/b/", "/!~/", "/" + "a" * 510 + "/", "///"])
def test_a_path_is_good(path: str) -> None:
    assert names.path_fault(path) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("team", "must begin and end with '/'", id="bare"),
        pytest.param("/team", "must begin and end with '/'", id="no-slash-at-the-end"),
        pytest.param("team/", "must begin and end with '/'", id="no-slash-at-the-start"),
        pytest.param("", "must begin and end with '/'", id="empty"),
        pytest.param("//", "must begin and end with '/'", id="nothing-in-between"),
        pytest.param("/a b/", "without spaces", id="space"),
        pytest.param("/team/*/", "which stand for other users in a policy (got '/team/*/')", id="star"),
        pytest.param("/${aws:username}/", "must not hold '*', '?' or '${'", id="variable"),
        pytest.param("/é/", "printable ASCII", id="not-ascii"),
        pytest.param("/a/\n", "(got '/a/\\n')", id="trailing-newline"),
        pytest.param("/\x7f/", "printable ASCII", id="delete"),
        pytest.param(None, "(got None)", id="none"),
        pytest.param("/" + "a" * 511 + "/", "a path must have at most 512 characters (got 513)", id="long"),
    ],
)
def test_a_path_is_not(path: object, reason: str) -> None:
    assert reason in str(names.path_fault(path))


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::aws:policy/AmazonS3FullAccess",
        "arn:aws-cn:iam::aws:policy/service-role/X",
        "arn:aws-us-gov:iam::123456789012:policy/team/a/Photos",
        "arn:aws:iam::123456789012:policy/a+b=c,d.e@f-g",
    ],
)
def test_a_policy_s_arn_is_good(arn: str) -> None:
    assert arns.policy_arn_fault(arn) is None


@pytest.mark.parametrize(
    "arn",
    [
        "AmazonS3FullAccess",
        "arn:aws:iam::aws:policy/",
        "arn:aws:iam::12345678901:policy/x",
        "arn:aws:iam::1234567890123:policy/x",
        "arn:aws:iam::\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661:policy/x",
        "arn:aws:iam::123456789012:user/x",
        "arn:aws:iam::123456789012:policy/x\n",
        "arn:aws:iam:us-east-1:123456789012:policy/x",
        "arn:foo:iam::123456789012:policy/x",
        "arn:aws:iam::123456789012:policy/é",
        None,
    ],
    ids=ascii,
)
def test_a_policy_s_arn_is_not(arn: object) -> None:
    assert "must be a policy's ARN like arn:aws:iam::aws:policy/" in str(arns.policy_arn_fault(arn))


@pytest.mark.parametrize(
    ("tags", "faults"),
    [
        pytest.param({}, [], id="none"),
        pytest.param({"k" * 128: "v" * 256, "site": "", "é": "ü"}, [], id="at-the-limits"),
        pytest.param({str(n): "" for n in range(50)}, [], id="fifty"),
        pytest.param({str(n): "" for n in range(51)}, ["at most 50 tags (got 51)"], id="fifty-one"),
        pytest.param({"": "x"}, ["a tag's key must have 1 to 128 characters (got 0: '')"], id="empty-key"),
        pytest.param(
            {"k" * 129: "x"},
            [f"a tag's key must have 1 to 128 characters (got 129: '{'k' * 59}…' (129 characters))"],
            id="long-key",
        ),
        pytest.param(
            {"k": "v" * 257}, ["the tag 'k' must have a value of at most 256 characters (got 257)"], id="long-value"
        ),
        pytest.param(
            {"AWS:x": "x"},
            ["a tag's key must not begin with 'aws:', which AWS keeps for itself (got 'AWS:x')"],
            id="reserved",
        ),
        pytest.param({1: "x"}, ["a tag's key must be a string (got 1)"], id="key-of-another-type"),
        pytest.param(
            # github.com/github-aws-runners/terraform-aws-github-runner/pull/1346: "Duplicate tag keys found"
            {"Environment": "x", "team": "a", "environment": "x"},
            ["each tag's key must be unique without regard to case (got 'Environment' and 'environment')"],
            id="keys-that-differ-in-case",
        ),
    ],
)
def test_tags(tags: dict[str, object], faults: list[str]) -> None:
    assert names.tag_faults(tags) == faults


@pytest.mark.parametrize(
    ("account", "good"),
    [
        ("123456789012", True),
        ("000000000000", True),
        ("12345678901", False),
        ("1234567890123", False),
        ("12345678901\n", False),
        ("123456789012\n", False),
        ("\u0661" * 12, False),
        (123456789012, False),
    ],
    ids=ascii,
)
def test_an_account_s_id(account: object, good: bool) -> None:
    fault = arns.account_id_fault(account)
    assert fault == (None if good else f"an account ID must be 12 digits (got {wording.shown(account)})")


# ---- buckets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bucket", BUCKETS)
@pytest.mark.parametrize("folder", ["", *FOLDERS], ids=ascii)
def test_every_spelling_of_a_place_is_the_same_place(bucket: str, folder: str) -> None:
    place = Place(bucket, folder)
    parsed = {buckets.parse_bucket(text) for text in place.spellings()}

    assert parsed == {Bucket(bucket, folder, None), Bucket(bucket, folder, "aws")}
    assert {str(each) for each in parsed} == {f"{bucket}/{folder}" if folder else bucket}


@pytest.mark.parametrize("partition", arns.PARTITIONS)
def test_an_arn_says_its_partition(partition: str) -> None:
    assert buckets.parse_bucket(f"arn:{partition}:s3:::photos/wp").partition == partition


@pytest.mark.parametrize(
    ("name", "legacy"),
    [
        pytest.param("abc", False, id="three"),
        pytest.param("a" * 63, False, id="sixty-three"),
        pytest.param("1.2.3", False, id="three-numbers"),
        pytest.param("1.2.3.4.5", False, id="five-numbers"),
        pytest.param("a.b-c", False, id="dot-and-dash"),
        pytest.param("xn-photos", False, id="not-quite-a-prefix"),
        pytest.param("photos-s3", False, id="not-quite-a-suffix"),
        pytest.param("Photos", True, id="capital"),
        pytest.param("my_photos", True, id="underscore"),
        pytest.param("P" * 255, True, id="two-hundred-fifty-five"),
    ],
)
def test_a_bucket_s_name_is_good(name: str, legacy: bool) -> None:
    assert buckets.bucket_name_fault(name) is None
    assert buckets.legacy_bucket(name) is legacy


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("ab", "3 to 63 of a-z", id="two"),
        pytest.param("a" * 64, "3 to 63 of a-z", id="sixty-four"),
        pytest.param("P" * 256, "3 to 63 of a-z", id="two-hundred-fifty-six"),
        pytest.param("-abc", "a letter or digit at both ends", id="dash-at-the-start"),
        pytest.param("abc-", "a letter or digit at both ends", id="dash-at-the-end"),
        pytest.param(".abc", "a letter or digit at both ends", id="dot-at-the-start"),
        pytest.param("abc\n", "(got 'abc\\n')", id="trailing-newline"),
        pytest.param("abcé", "3 to 63 of a-z", id="not-ascii"),
        pytest.param("ab\u0661c", "3 to 63 of a-z", id="another-script-s-digit"),
        pytest.param("a b", "3 to 63 of a-z", id="space"),
        pytest.param("*", "3 to 63 of a-z", id="star"),
        pytest.param("", "3 to 63 of a-z", id="empty"),
        pytest.param(None, "(got None)", id="none"),
        pytest.param("a..b", "must not hold '..' nor look like an IP address", id="two-dots"),
        pytest.param("192.168.5.4", "must not hold '..' nor look like an IP address", id="address"),
        pytest.param("999.1.1.1", "must not hold '..' nor look like an IP address", id="no-address-but-alike"),
        *(
            pytest.param(f"{prefix}photos", f"must not begin with '{prefix}', which AWS keeps", id=prefix)
            for prefix in ("xn--", "sthree-", "amzn-s3-demo-")
        ),
        *(
            pytest.param(f"photos{suffix}", f"general purpose bucket: a name that ends in '{suffix}'", id=suffix)
            for suffix in ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
        ),
        pytest.param("Photos--x-s3", "general purpose bucket: a name that ends in '--x-s3'", id="legacy-with-a-suffix"),
    ],
)
def test_a_bucket_s_name_is_not(name: object, reason: str) -> None:
    assert reason in str(buckets.bucket_name_fault(name))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(None, "must be a string: a bucket's name, ARN, s3:// URI or address (got None)", id="none"),
        pytest.param(4711, "must be a string: a bucket's name, ARN, s3:// URI or address (got 4711)", id="number"),
        *(
            pytest.param(text, f"this is a placeholder for one (got '{text}')", id=text)
            for text in ("YOUR-BUCKET/wp-content", "your_bucket_name", "bucketname", "s3://DOC-EXAMPLE-BUCKET1/x")
        ),
        pytest.param(
            "arn:aws:s3:::photos.s3.amazonaws.com/wp", "must be the bucket's own name, not its", id="host-in-arn"
        ),
        pytest.param(
            "PH/x",
            "must be 3 to 63 of a-z, 0-9, '.' and '-', a letter or digit at both ends (got 'PH') in 'PH/x'",
            id="says-both",
        ),
        pytest.param("s3://", "(got '') in 's3://'", id="empty-uri"),
        *(
            pytest.param(text, f"is what programs print for no value (got '{text}')", id=text)
            for text in ("null", "None", "undefined", "None/wp-content", "s3://undefined")
        ),
        pytest.param("/photos", "(got '') in '/photos'", id="slash-at-the-start"),
        pytest.param("https://example.com/x", "must be a bucket's name or its S3 address", id="url"),
        pytest.param("photos//wp", "a folder must not hold '//' (got 'photos//wp')", id="two-slashes"),
        pytest.param("photos//", "a folder must not hold '//' (got 'photos//')", id="two-slashes-at-the-end"),
        pytest.param("photos/wp*", "must not hold '*', '?' or '${', which would open its siblings", id="star"),
        pytest.param("photos/*/wp", "must not hold '*', '?' or '${'", id="star-within"),
        pytest.param("photos/wp?", "must not hold '*', '?' or '${'", id="question-mark"),
        pytest.param("photos/${aws:username}", "must not hold '*', '?' or '${'", id="variable"),
        pytest.param("photos/\u20ac", "must hold only characters that a policy can", id="euro"),
        pytest.param("photos/a\nb", "must hold only characters that a policy can", id="newline"),
        pytest.param("photos/a\x7fb", "must hold only characters that a policy can", id="delete"),
        pytest.param("photos/" + "a" * 901, "a folder must have at most 900 bytes (has 901)", id="long-folder"),
        pytest.param("photos/" + "é" * 451, "a folder must have at most 900 bytes (has 902)", id="bytes-count"),
        pytest.param("arn:aws:s3:eu-west-1:123456789012:accesspoint/x", "not another resource's", id="access-point"),
        pytest.param("arn:aws:s3::123456789012:accesspoint/x", "not another resource's", id="multi-region"),
        pytest.param("arn:aws:iam::aws:policy/X", "not another resource's", id="policy"),
        pytest.param("arn:aws:s3:::photos\n", "not another resource's", id="trailing-newline"),
        pytest.param("arn:aws:s3", "must be a bucket's ARN like arn:aws:s3:::photos", id="half-an-arn"),
        pytest.param("arn:aws:s3:::*", "must be one bucket: leave the list of buckets out", id="every-bucket"),
        pytest.param("arn:amazon:s3:::photos", "the ARN's partition must be one of aws, aws-cn,", id="partition"),
    ],
)
def test_a_bucket_is_not(text: object, reason: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011, the reason is matched below, literally
        buckets.parse_bucket(text)
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("photos/" + "a" * 900, "a" * 900),
        ("photos/wp/*", "wp"),
        ("photos/*", ""),
        ("photos/", ""),
        ("photos/ a /", " a "),
        ("photos/\xff", "\xff"),
    ],
    ids=["long", "star", "all", "slash", "spaces", "latin"],
)
def test_a_folder_is_read_without_its_ends(text: str, folder: str) -> None:
    assert buckets.parse_bucket(text) == Bucket("photos", folder)


@given(st.text(max_size=40) | st.from_regex(r"(s3://|arn:aws:s3:::)?[a-z.]{2,5}/.*", fullmatch=True))
def test_any_text_is_a_bucket_or_a_fault(text: str) -> None:
    bucket, fault = parsed(text)
    if bucket is None:
        assert fault
        assert "\n" not in fault
    else:
        assert buckets.parse_bucket(str(bucket)) == Bucket(bucket.name, bucket.folder)


def parsed(text: str) -> tuple[Bucket | None, str]:
    try:
        return buckets.parse_bucket(text), ""
    except ValueError as fault:
        return None, str(fault)


# ---- keys, addresses, endpoints --------------------------------------------------------------------------------------

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("arn", "partition", "region"),
    [
        (KEY, "aws", "eu-west-1"),
        (KEY.replace("aws", "aws-cn").replace("eu-west-1", "cn-north-1"), "aws-cn", "cn-north-1"),
        (KEY.replace("key/", "key/mrk-"), "aws", "eu-west-1"),
    ],
    ids=["plain", "china", "multi-region"],
)
def test_a_kms_key(arn: str, partition: str, region: str) -> None:
    assert arns.parse_kms_key(arn) == KmsKey(arn, partition, region)


@pytest.mark.parametrize(
    "arn",
    [
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "alias/photos",
        KEY.split(":key")[0] + ":alias/photos",
        KEY + "\n",
        KEY + "*",
        KEY.replace("eu-west-1", ""),
        KEY.replace("123456789012", "12345678901"),
        KEY.replace("kms", "s3"),
        KEY.replace("eu-west-1", "euwest1"),
        KEY.replace("eu-west-1", "*"),
        None,
    ],
    ids=ascii,
)
def test_a_kms_key_is_not(arn: object) -> None:
    with pytest.raises(ValueError, match="must be a KMS key's own ARN \\(not an alias\\)"):
        arns.parse_kms_key(arn)


def test_a_kms_key_s_region_is_in_its_partition() -> None:
    with pytest.raises(ValueError, match=r"^the ARN's partition must be that of its Region, 'aws-cn'"):
        arns.parse_kms_key(KEY.replace("eu-west-1", "cn-north-1"))


@pytest.mark.parametrize("block", ["0.0.0.0/0", "::/0"])
def test_every_address_is_not_a_restriction(block: str) -> None:
    assert "must not cover every address" in str(sources.source_ip_fault(block))


@pytest.mark.parametrize(
    "block",
    ["198.51.100.7", "198.51.100.0/24", "198.51.100.7/32", "2001:db8::1", "2001:DB8::/32"],
)
def test_a_public_address_is_good(block: str) -> None:
    assert sources.source_ip_fault(block) is None


@pytest.mark.parametrize(
    "block",
    [
        "198.51.100.7/24",
        "198.51.100.0/33",
        "198.51.100.0/024",
        "198.51.100.0/255.255.255.0",
        "198.51.100.0/0.0.0.255",
        "198.51.100.0/",
        "198.51.100",
        "198.51.100.256",
        "198.51.100.07",
        "198.51.100.7\n",
        " 198.51.100.7",
        "2001:db8::1%eth0",
        "2001:db8::/129",
        "example.com",
        "",
        3325256711,
        None,
    ],
    ids=ascii,
)
def test_what_a_policy_does_not_read_as_an_address_is_not(block: object) -> None:
    assert sources.source_ip_fault(block) == (
        f"must be an IP address or a block like 198.51.100.0/24, with the host bits zero (got {wording.shown(block)})"
    )


@pytest.mark.parametrize(
    "block",
    [
        "10.0.0.1",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "172.31.255.255",
        "192.168.0.0/16",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.0/10",
        "fc00::/7",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "::1",
        "::",
        "0.0.0.0",  # noqa: S104, without /0
        "198.18.0.0/15",
        "224.0.0.1",
        "255.255.255.255",
        "64:ff9b::203.0.113.7",
        "ff02::1",
    ],
)
def test_an_address_that_aws_never_sees_is_refused(block: str) -> None:
    assert sources.source_ip_fault(block) == (
        f"must be public, because AWS sees the site's public address (got '{block}')"
    )


@pytest.mark.parametrize("block", ["::ffff:203.0.113.7", "::ffff:203.0.113.0/120", "::FFFF:CB00:7107"])
def test_an_ipv4_address_is_not_written_as_ipv6(block: str) -> None:
    assert sources.source_ip_fault(block) == (
        f"must be written as the IPv4 address that AWS sees, without ::ffff: (got '{block}')"
    )


@pytest.mark.parametrize(
    ("endpoint", "good"),
    [
        ("vpce-0123456789abcdef0", True),
        ("vpce-01234567", True),
        ("vpce-0123456", False),
        ("vpce-0123456789abcdef01", False),
        ("vpce-0123456789ABCDEF0", False),
        ("vpce-01234567\n", False),
        ("vpc-0123456789abcdef0", False),
        (None, False),
    ],
    ids=ascii,
)
def test_a_vpc_endpoint(endpoint: object, good: bool) -> None:
    assert (sources.vpc_endpoint_fault(endpoint) is None) is good


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("us-east-1", "aws"),
        ("cn-northwest-1", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
        ("mars-north-1", "aws"),
    ],
)
def test_a_region_s_partition(region: str, partition: str) -> None:
    assert arns.partition_of_region(region) == partition
    assert partition in arns.PARTITIONS
    assert arns.partition_of_arn(arns.managed_policy_arn("X", partition)) == partition


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        ("a\nb\té", "'a\\nb\\té'"),
        (5, "5"),
        (None, "None"),
        (["é"], "['é']"),
        ("müller", "'müller'"),
        ("Мюллер", "'Мюллер'"),
        ("photos-\u0430", "'photos-\\u0430'"),
        ("\uff41b", "'\\uff41b'"),
        ("a\u202eb\x1b\u200b\u00a0", "'a\\u202eb\\x1b\\u200b\\xa0'"),
        ("C:\\p", "'C:\\\\p'"),
        ("x" * 78, f"'{'x' * 78}'"),
        ("x" * 79, f"'{'x' * 59}…' (79 characters)"),
        ([0] * 30, f"[{'0, ' * 19}0,… (90 characters)"),
    ],
    ids=ascii,
)
def test_a_value_is_shown_on_one_line(value: object, text: str) -> None:
    assert wording.shown(value) == text


@pytest.mark.parametrize(
    ("tags", "odd"),
    [
        pytest.param({"a*": "x"}, "'*'", id="key"),
        pytest.param({"a": "x\ny"}, "'\\n'", id="value"),
        pytest.param({"a": "x?"}, "'?'", id="sign"),
    ],
)
def test_what_a_tag_may_not_hold(tags: dict[str, object], odd: str) -> None:
    (name,) = tags
    said = f"the tag '{name}' must hold letters, digits, spaces and _ . : / = + - @ (got {odd})"
    assert names.tag_faults(tags) == [said]


def test_a_value_that_is_not_known_yet_has_no_characters() -> None:
    assert names.tag_faults({"a": object(), "b": 5}) == []


def test_after_a_bad_key_the_other_tags_are_checked() -> None:
    assert len(names.tag_faults({1: "x", "aws:x": "y", "": "z"})) == 3


def test_aws_itself_is_the_partition_of_a_managed_policy() -> None:
    assert arns.managed_policy_arn("X") == "arn:aws:iam::aws:policy/X"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("a/b c", "a/b c", id="plain"),
        pytest.param("a\nb\x1b", r"a\nb\x1b", id="escaped"),
        pytest.param(5, "5", id="number"),
        pytest.param("x" * 255, "x" * 255, id="long"),
        pytest.param("x" * 256, "x" * 240 + "…", id="longer"),
        pytest.param("x" * 5000, "x" * 240 + "…", id="endless"),
        pytest.param("\n" * 128, r"\n" * 120 + "…", id="longer-escaped"),
    ],
)
def test_a_text_on_one_line(text: object, seen: str) -> None:
    assert wording.legible(text) == seen
