"""The policy document: the page's, byte for byte; what each preset and option opens; and what it never opens."""

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3io_user.errors import InputError
from s3io_user.iam import documents
from s3io_user.iam.arns import PARTITIONS
from s3io_user.iam.buckets import Bucket
from s3io_user.policy import packing
from s3io_user.policy.document import OWN_ACCOUNT, Document, compact, merge_buckets, s3_policy_document
from s3io_user.policy.presets import Access, preset_of
from s3io_user.wording import shown
from tests.evaluator import Context, allows
from tests.places import PLACES, SETS, Place, keys_near, prefixes_near

PRESETS = [access.value for access in Access if preset_of(access).has_document]
ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = KEY.replace("eu-west-1", "us-east-1")
REGIONS = {
    "aws": "eu-west-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-east-1",
    "aws-eusc": "eusc-de-east-1",
}


def key_in(partition: str) -> str:
    """A KMS key's ARN in a Region of the partition."""
    return KEY.replace(":aws:", f":{partition}:").replace("eu-west-1", REGIONS[partition])


ENDPOINT, OTHER_ENDPOINT = "vpce-0123456789abcdef0", "vpce-0fedcba9876543210"

EVERY_OPTION: dict[str, Any] = {
    "kms_key_arns": [KEY, OTHER_KEY],
    "tls_only": True,
    "source_ips": ["198.51.100.0/24", "2001:db8::/32"],
    "source_vpc_endpoints": [ENDPOINT, OTHER_ENDPOINT],
    "account_id": ACCOUNT,
}
WIDER: dict[str, Any] = {"allow_acl": True, "allow_delete": True, "allow_bucket_listing": True}


def document(places: list[Place], access: str, **options: Any) -> Document:
    return s3_policy_document([str(place) for place in places], access=access, **options)


# ---- the page's ------------------------------------------------------------------------------------------------------

PAGE = """
    {"Version": "2012-10-17",
     "Statement": [{"Effect": "Allow",
                    "Action": ["s3:Put*", "s3:Get*", "s3:List*"],
                    "Resource": ["arn:aws:s3:::*"]}]}
"""


def test_without_arguments_it_is_the_page_s_document_to_the_letter() -> None:
    assert s3_policy_document() == json.loads(PAGE)
    assert compact(s3_policy_document()) == json.dumps(json.loads(PAGE), separators=(",", ":"))
    assert s3_policy_document(access=Access.S3_ACCESS) == s3_policy_document()


def test_a_document_is_the_caller_s_own() -> None:
    first = s3_policy_document()
    first["Statement"][0]["Action"].clear()

    assert s3_policy_document() == json.loads(PAGE)


def test_a_tight_document_is_as_small_as_the_facts_say() -> None:
    assert packing.size(s3_policy_document(["x" * 63], access="optimizer")) < 500
    assert packing.size(document([Place("x" * 63, "wp-content/uploads")], "optimizer")) < 800


# ---- any mix of buckets and folders ----------------------------------------------------------------------------------

OBJECT_ACTIONS = {
    "s3-access": ["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"],
    "optimizer": ["s3:GetObject", "s3:PutObject"],
    "read-only": ["s3:GetObject"],
    "read-write": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
    "write-only": ["s3:PutObject", "s3:AbortMultipartUpload"],
    "backup": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
}
LISTS = {access: access != "write-only" for access in PRESETS}
WRITES = {access: access != "read-only" for access in PRESETS}
READS = {access: access != "write-only" for access in PRESETS}
ASKS_OWNERSHIP = ("s3-access", "optimizer", "read-only")
"""The plugin asks for a bucket's ownership; no client of the other presets does."""


def test_folders_are_shared_out_so_that_no_condition_outgrows_a_policy() -> None:
    folders = [f"{number:03}{'x' * 297}" for number in range(10)]
    made = s3_policy_document([f"photos/{folder}" for folder in folders], access="read-only")
    listings = [each["Condition"]["StringLike"]["s3:prefix"] for each in made["Statement"] if "Condition" in each]

    assert [len(listing) for listing in listings] == [9, 9, 9, 3]
    assert [prefix for listing in listings for prefix in listing] == [
        f"{folder}{end}" for folder in folders for end in ("", "/", "/*")
    ]


@pytest.mark.parametrize("access", PRESETS)
@given(places=SETS)
def test_it_opens_the_wanted_objects_and_no_sibling(access: str, places: list[Place]) -> None:
    made = document(places, access)

    for bucket, key in keys_near(places):
        wanted = any(place.holds_key(bucket, key) for place in places)
        for action in OBJECT_ACTIONS[access]:
            assert allows(made, action, f"arn:aws:s3:::{bucket}/{key}") is wanted, (action, bucket, key)
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
            if action not in OBJECT_ACTIONS[access]:
                assert not allows(made, action, f"arn:aws:s3:::{bucket}/{key}")


@pytest.mark.parametrize("access", PRESETS)
@given(places=SETS)
def test_it_lists_the_wanted_prefixes_and_no_sibling(access: str, places: list[Place]) -> None:
    made = document(places, access)

    for bucket, prefix in prefixes_near(places):
        context: Context = {} if prefix is None else {"s3:prefix": prefix}
        wanted = LISTS[access] and any(place.lists(bucket, prefix) for place in places)
        assert allows(made, "s3:ListBucket", f"arn:aws:s3:::{bucket}", context) is wanted, (bucket, prefix)


@pytest.mark.parametrize("access", PRESETS)
@given(places=SETS)
def test_it_asks_about_the_named_buckets_alone_and_a_folder_brings_no_rights_on_its_bucket(
    access: str, places: list[Place]
) -> None:
    made = document(places, access)
    named = {place.bucket for place in places}
    whole = {place.bucket for place in places if not place.folder}

    for bucket in named | {"photos", "photosx", "pho"}:
        arn = f"arn:aws:s3:::{bucket}"
        assert allows(made, "s3:GetBucketLocation", arn) is (bucket in named and LISTS[access])
        asks = access in ASKS_OWNERSHIP
        assert allows(made, "s3:GetBucketOwnershipControls", arn) is (bucket in named and asks)
        uploads = allows(made, "s3:ListBucketMultipartUploads", arn)
        assert uploads is (access in ("s3-access", "read-write") and bucket in whole)
        for action in ("s3:PutBucketPolicy", "s3:PutLifecycleConfiguration", "s3:GetBucketPolicy"):
            assert allows(made, action, arn) is (access == "s3-access" and bucket in whole)
    assert not allows(made, "s3:ListAllMyBuckets", "*")


@pytest.mark.parametrize("access", PRESETS)
@given(places=SETS, partition=st.sampled_from(PARTITIONS), options=st.booleans())
def test_it_is_a_document_that_iam_takes(access: str, places: list[Place], partition: str, options: bool) -> None:
    spelled = [place.arn(partition) for place in places]
    restricted = {**EVERY_OPTION, "kms_key_arns": [key_in(partition)]} if options else {}
    made = s3_policy_document(spelled, access=access, partition=partition, **restricted)
    text = compact(made)

    assert json.loads(text) == made
    assert documents.read_document(text) == made
    assert re.fullmatch(r"[\t\n\r\x20-\xff]+", text)
    assert set(re.findall(r"arn:([^:]*):", text)) == {partition}
    assert packing.pack(made, packing.PolicyType.AUTO)


@given(places=SETS, more=st.data(), access=st.sampled_from(PRESETS))
def test_the_same_set_in_another_order_and_spelling_is_the_same_document_byte_for_byte(
    places: list[Place], more: st.DataObject, access: str
) -> None:
    spelled = [more.draw(st.sampled_from(place.spellings())) for place in places]
    again = more.draw(st.permutations([*spelled, *more.draw(st.lists(st.sampled_from(spelled), max_size=3))]))
    options = {name: value[::-1] if isinstance(value, list) else value for name, value in EVERY_OPTION.items()}

    assert compact(s3_policy_document(again, access=access, **options)) == compact(
        document(places, access, **EVERY_OPTION)
    )


@given(places=SETS, access=st.sampled_from(PRESETS))
def test_statements_that_are_equal_but_for_their_resources_are_one(places: list[Place], access: str) -> None:
    made = document(places, access, **EVERY_OPTION)["Statement"]
    without = [compact({**statement, "Resource": []}) for statement in made]

    assert len(set(without)) == len(without)
    assert all(len(set(statement["Resource"])) == len(statement["Resource"]) for statement in made)


@given(places=st.lists(PLACES, max_size=8))
def test_places_within_another_are_merged(places: list[Place]) -> None:
    found = [Bucket(place.bucket, place.folder) for place in places]
    merged = merge_buckets(found)
    left = [Place(bucket.name, bucket.folder) for bucket in merged]

    assert merged == sorted(merged)
    assert set(merged) <= set(found)
    for place in places:
        # The object with an empty name in a place lies in that place and in those around it.
        assert len([around for around in left if around.holds_key(place.bucket, f"{place.folder}/")]) == 1


def test_a_list_may_be_a_generator_or_a_single_string() -> None:
    once = s3_policy_document(
        iter(["photos"]),
        kms_key_arns=iter([KEY]),
        source_ips=iter(["198.51.100.7"]),
        source_vpc_endpoints=iter([ENDPOINT]),
    )
    single = s3_policy_document("photos", kms_key_arns=KEY, source_ips="198.51.100.7", source_vpc_endpoints=ENDPOINT)

    assert once == single
    assert once == s3_policy_document(
        ["photos"], kms_key_arns=[KEY], source_ips=["198.51.100.7"], source_vpc_endpoints=[ENDPOINT]
    )


# ---- what is never granted -------------------------------------------------------------------------------------------

NEVER = [
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:BypassGovernanceRetention",
    "iam:CreateAccessKey",
]
PLACES_ASKED = ["arn:aws:s3:::photos", "arn:aws:s3:::photos/wp/x.jpg", "arn:aws:s3:::another", "*"]


@pytest.mark.parametrize("buckets", [None, ["photos"], ["photos/wp"]], ids=["every", "bucket", "folder"])
@pytest.mark.parametrize("access", PRESETS)
def test_no_preset_creates_or_deletes(access: str, buckets: list[str] | None) -> None:
    free: Context = {"aws:SecureTransport": "true", "aws:SourceIp": "198.51.100.7", "aws:ResourceAccount": ACCOUNT}
    switches = ("allow_acl", "allow_bucket_listing") if access == "optimizer" else ()
    for chosen in itertools.product((False, True), repeat=len(switches)):
        for more in ({}, EVERY_OPTION):
            options = {**more, **dict(zip(switches, chosen, strict=True))}
            made = s3_policy_document(buckets, access=access, **options)
            for action, resource in itertools.product(NEVER, PLACES_ASKED):
                if access == "read-write" and (action, resource) == ("s3:DeleteObject", PLACES_ASKED[1]):
                    continue  # what it is for
                assert not allows(made, action, resource, free), (action, resource, options)


@pytest.mark.parametrize("access", PRESETS)
def test_without_buckets_every_bucket_is_open(access: str) -> None:
    made = s3_policy_document(access=access)

    assert allows(made, "s3:ListBucket", "arn:aws:s3:::photos") is LISTS[access]
    assert allows(made, "s3:GetBucketLocation", "arn:aws:s3:::photos") is LISTS[access]
    assert allows(made, "s3:GetObject", "arn:aws:s3:::photos/x.jpg") is READS[access]
    assert allows(made, "s3:PutObject", "arn:aws:s3:::photos/x.jpg") is WRITES[access]


# ---- options ---------------------------------------------------------------------------------------------------------

PHOTO, FOREIGN = "arn:aws:s3:::photos/wp/x.jpg", "arn:aws:s3:::photos/wpx/x.jpg"


@pytest.mark.parametrize(
    ("option", "action", "wanted", "refused"),
    [
        pytest.param("allow_acl", "s3:PutObjectAcl", PHOTO, FOREIGN, id="acl"),
        pytest.param("allow_delete", "s3:DeleteObject", PHOTO, FOREIGN, id="delete"),
        pytest.param("allow_bucket_listing", "s3:ListAllMyBuckets", "*", None, id="listing"),
    ],
)
def test_an_option_that_widens_the_optimizer(option: str, action: str, wanted: str, refused: str | None) -> None:
    options: dict[str, Any] = {option: True}
    without, with_it = (document([Place("photos", "wp")], "optimizer", **each) for each in ({}, options))

    assert not allows(without, action, wanted)
    assert allows(with_it, action, wanted)
    assert refused is None or not allows(with_it, action, refused)
    for other in {*NEVER, "s3:PutObjectAcl", "s3:ListAllMyBuckets"} - {action}:
        assert not allows(with_it, other, wanted), other


LOCK = "s3:DeleteObject"


@pytest.mark.parametrize(
    ("buckets", "deletable", "kept"),
    [
        (["photos"], ["photos/locks/a", "photos/locks/a/b"], ["photos/a", "photos/locks", "photos/locksmith/a"]),
        (["photos/repo"], ["photos/repo/locks/a"], ["photos/locks/a", "photos/repo/x/locks/a", "photos/repos/locks/a"]),
        (["photos", "photos/repo"], ["photos/locks/a", "photos/repo/locks/a"], ["photos/other/locks/a"]),
        (["photos/a", "media"], ["photos/a/locks/x", "media/locks/x"], ["another/locks/x", "photos/locks/x"]),
    ],
)
def test_a_backup_deletes_its_locks_and_nothing_else(buckets: list[str], deletable: list[str], kept: list[str]) -> None:
    for spelling in ("locks", "/locks/"):
        made = s3_policy_document(buckets, access="backup", lock_prefix=spelling)
        assert [key for key in deletable if not allows(made, LOCK, f"arn:aws:s3:::{key}")] == []
        assert [key for key in kept if allows(made, LOCK, f"arn:aws:s3:::{key}")] == []
    without = s3_policy_document(buckets, access="backup")
    assert [key for key in deletable if allows(without, LOCK, f"arn:aws:s3:::{key}")] == []


EXTRA = {"Sid": "Tags", "Effect": "Allow", "Action": "s3:PutObjectTagging", "Resource": "arn:aws:s3:::photos/*"}


@pytest.mark.parametrize(
    "given_",
    [
        pytest.param(EXTRA, id="one"),
        pytest.param([EXTRA], id="list"),
        pytest.param(json.dumps([EXTRA], indent=2), id="text"),
        pytest.param("\ufeff" + json.dumps(EXTRA).replace(" ", "\u00a0"), id="pasted"),
        pytest.param({"Version": "2012-10-17", "Statement": [EXTRA]}, id="document"),
        pytest.param(json.dumps({"Version": "2012-10-17", "Statement": EXTRA}), id="document-text"),
    ],
)
@pytest.mark.parametrize("access", PRESETS)
def test_extra_statements_stand_beside_the_preset_s_within_its_denials(access: str, given_: Any) -> None:
    without = s3_policy_document(["photos"], access=access, tls_only=True)
    made = s3_policy_document(["photos"], access=access, tls_only=True, extra_statements=given_)

    assert made["Statement"] == [*without["Statement"][:-1], EXTRA, without["Statement"][-1]]
    assert documents.read_document(compact(made)) == made


@pytest.mark.parametrize(
    ("given_", "sentence"),
    [
        pytest.param(5, "must be policy statements, as JSON text or as a list of maps (got 5)", id="number"),
        pytest.param(
            ["s3:*"], "must be policy statements, as JSON text or as a list of maps (got ['s3:*'])", id="word"
        ),
        pytest.param("[]", "line 1: Statement must be a list with at least one statement", id="none"),
        pytest.param("optimizer", "is a word, not a policy document: set an access preset in access", id="preset"),
        pytest.param('[{"Effect":\n  }]', "line 2: is not JSON: Expecting value at column 3", id="json"),
        pytest.param(
            json.dumps([EXTRA, {**EXTRA, "Effect": "Grant"}], indent=1),
            "line 10: statement 2 must have Effect 'Allow' or 'Deny' (got 'Grant')",
            id="line",
        ),
        pytest.param(
            [EXTRA, EXTRA], "line 9: statement 2 must have a Sid that no other statement has (got 'Tags')", id="sid"
        ),
        pytest.param(
            {**EXTRA, "Principal": "*"},
            "line 6: statement 1 must not have 'Principal': the user it is attached to is the principal",
            id="principal",
        ),
    ],
)
def test_extra_statements_are_checked_as_a_policy_is(given_: Any, sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        s3_policy_document(["photos"], access="optimizer", extra_statements=given_)
    assert str(raised.value) == f"extra_statements: {sentence}"


VIA = "kms:ViaService"


@pytest.mark.parametrize("access", PRESETS)
@pytest.mark.parametrize(
    ("key", "service", "open_"),
    [
        pytest.param(KEY, "s3.eu-west-1.amazonaws.com", True, id="through-s3"),
        pytest.param(OTHER_KEY, "s3.us-east-1.amazonaws.com", True, id="the-other-key"),
        pytest.param(KEY, "ec2.eu-west-1.amazonaws.com", False, id="through-another-service"),
        pytest.param(KEY, "s3.eu-central-1.amazonaws.com", False, id="in-another-region"),
        pytest.param(KEY, None, False, id="directly"),
        pytest.param(KEY[:-1] + "c", "s3.eu-west-1.amazonaws.com", False, id="another-key"),
    ],
)
def test_kms_keys_are_open_through_s3_alone(access: str, key: str, service: str | None, open_: bool) -> None:
    made = s3_policy_document(["photos"], access=access, kms_key_arns=[KEY, OTHER_KEY])
    context: Context = {} if service is None else {VIA: service}

    assert allows(made, "kms:Decrypt", key, context) is open_
    assert allows(made, "kms:GenerateDataKey", key, context) is (open_ and access != "read-only")
    assert not allows(made, "kms:Encrypt", key, context)
    assert not allows(s3_policy_document(["photos"], access=access), "kms:Decrypt", key, context)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_partition_s_kms_service_has_its_name(partition: str) -> None:
    key = key_in(partition)
    made = s3_policy_document(["photos"], partition=partition, kms_key_arns=[key])
    ending = "com.cn" if partition == "aws-cn" else "com"

    assert allows(made, "kms:Decrypt", key, {VIA: f"s3.{REGIONS[partition]}.amazonaws.{ending}"})
    assert allows(made, "s3:GetObject", f"arn:{partition}:s3:::photos/x.jpg")
    assert not allows(made, "s3:GetObject", f"arn:{'aws' if partition != 'aws' else 'aws-cn'}:s3:::photos/x.jpg")


IP, OTHER_IP = "198.51.100.7", "203.0.113.9"
ADMINISTRATOR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
HERE = {
    "aws:SourceIp": IP,
    "aws:SecureTransport": "true",
    "aws:ViaAWSService": "false",
    "aws:ResourceAccount": ACCOUNT,
    "aws:PrincipalAccount": ACCOUNT,
}


@pytest.mark.parametrize(
    ("options", "elsewhere", "everything"),
    [
        pytest.param({"tls_only": True}, {"aws:SecureTransport": "false"}, True, id="tls"),
        pytest.param({"source_ips": [IP]}, {"aws:SourceIp": OTHER_IP}, True, id="ip"),
        pytest.param({"source_vpc_endpoints": [ENDPOINT]}, {"aws:SourceVpce": OTHER_ENDPOINT}, True, id="endpoint"),
        pytest.param({"account_id": OWN_ACCOUNT}, {"aws:ResourceAccount": "210987654321"}, False, id="account"),
    ],
)
def test_a_restriction_binds_what_other_policies_allow(
    options: dict[str, Any], elsewhere: dict[str, str], everything: bool
) -> None:
    documents = [s3_policy_document(["photos"], access="optimizer", **options), ADMINISTRATOR]
    here = {**HERE, **({"aws:SourceVpce": ENDPOINT} if "source_vpc_endpoints" in options else {})}
    asked = [
        ("s3:DeleteBucket", "arn:aws:s3:::photos"),
        ("s3:GetObject", "arn:aws:s3:::another/x"),
        *([("iam:CreateUser", "*"), ("ec2:RunInstances", "*")] if everything else []),
    ]
    for action, resource in asked:
        assert allows(documents, action, resource, here), action
        assert not allows(documents, action, resource, {**here, **elsewhere}), action


@pytest.mark.parametrize("options", [{"source_ips": [IP]}, {"source_vpc_endpoints": [ENDPOINT]}], ids=["ip", "vpce"])
def test_s3_may_ask_kms_in_the_user_s_name_from_wherever_it_is(options: dict[str, Any]) -> None:
    made = s3_policy_document(["photos"], access="optimizer", kms_key_arns=[KEY], **options)
    forwarded = {VIA: "s3.eu-west-1.amazonaws.com", "aws:ViaAWSService": "true"}

    assert allows(made, "kms:GenerateDataKey", KEY, forwarded)
    assert not allows(made, "kms:GenerateDataKey", KEY, {**forwarded, "aws:ViaAWSService": "false"})


@pytest.mark.parametrize(
    ("options", "context", "open_"),
    [
        pytest.param({"tls_only": True}, {"aws:SecureTransport": "true"}, True, id="tls"),
        pytest.param({"tls_only": True}, {"aws:SecureTransport": "false"}, False, id="no-tls"),
        pytest.param({"source_ips": [IP]}, {"aws:SourceIp": IP}, True, id="ip"),
        pytest.param({"source_ips": ["198.51.100.0/24"]}, {"aws:SourceIp": IP}, True, id="ip-in-a-block"),
        pytest.param({"source_ips": [OTHER_IP, IP]}, {"aws:SourceIp": IP}, True, id="one-of-two-ips"),
        pytest.param({"source_ips": ["2001:db8::/32"]}, {"aws:SourceIp": "2001:db8::5"}, True, id="ip-6"),
        pytest.param({"source_ips": ["2001:db8::/32"]}, {"aws:SourceIp": IP}, False, id="ip-4-for-6"),
        pytest.param({"source_ips": [IP]}, {"aws:SourceIp": OTHER_IP}, False, id="another-ip"),
        pytest.param({"source_ips": [IP]}, {"aws:SourceVpce": ENDPOINT}, False, id="no-public-ip"),
        pytest.param({"source_vpc_endpoints": [ENDPOINT]}, {"aws:SourceVpce": ENDPOINT}, True, id="endpoint"),
        pytest.param(
            {"source_vpc_endpoints": [ENDPOINT]}, {"aws:SourceVpce": OTHER_ENDPOINT}, False, id="another-endpoint"
        ),
        pytest.param({"source_vpc_endpoints": [ENDPOINT]}, {"aws:SourceIp": IP}, False, id="no-endpoint"),
        pytest.param("both", {"aws:SourceIp": IP}, True, id="both-by-ip"),
        pytest.param("both", {"aws:SourceVpce": ENDPOINT}, True, id="both-by-endpoint"),
        pytest.param("both", {"aws:SourceVpce": ENDPOINT, "aws:SourceIp": OTHER_IP}, True, id="both-endpoint-wins"),
        pytest.param("both", {"aws:SourceVpce": OTHER_ENDPOINT, "aws:SourceIp": IP}, True, id="both-ip-wins"),
        pytest.param("both", {"aws:SourceIp": OTHER_IP}, False, id="both-another-ip"),
        pytest.param("both", {"aws:SourceVpce": OTHER_ENDPOINT}, False, id="both-another-endpoint"),
        pytest.param("both", {}, False, id="both-from-nowhere"),
        pytest.param({"account_id": ACCOUNT}, {"aws:ResourceAccount": ACCOUNT}, True, id="account"),
        pytest.param({"account_id": ACCOUNT}, {"aws:ResourceAccount": "210987654321"}, False, id="another-account"),
        pytest.param({"account_id": ACCOUNT}, {}, False, id="no-account"),
        pytest.param(
            {"account_id": OWN_ACCOUNT},
            {"aws:ResourceAccount": ACCOUNT, "aws:PrincipalAccount": ACCOUNT},
            True,
            id="own-account",
        ),
        pytest.param(
            {"account_id": OWN_ACCOUNT},
            {"aws:ResourceAccount": "210987654321", "aws:PrincipalAccount": ACCOUNT},
            False,
            id="not-the-own-account",
        ),
    ],
)
@pytest.mark.parametrize("access", PRESETS)
@pytest.mark.parametrize("buckets", [None, ["photos", "media/wp"]], ids=["every", "narrow"])
def test_a_restriction(
    options: dict[str, Any] | str, context: dict[str, str], open_: bool, access: str, buckets: list[str] | None
) -> None:
    both = {"source_ips": [IP], "source_vpc_endpoints": [ENDPOINT]}
    made = s3_policy_document(buckets, access=access, **(both if isinstance(options, str) else options))

    for action, resource, more in (
        (OBJECT_ACTIONS[access][0], "arn:aws:s3:::media/wp/x.jpg", {}),
        *([("s3:ListBucket", "arn:aws:s3:::media", {"s3:prefix": "wp"})] if LISTS[access] else []),
        *([("s3:GetBucketLocation", "arn:aws:s3:::photos", {})] if LISTS[access] else []),
    ):
        assert allows(made, action, resource, {**context, **more}) is open_, action
        assert access == "read-write" or not allows(made, "s3:DeleteObject", resource, context)


@pytest.mark.parametrize(
    ("lacking", "context"),
    [
        ("nothing", {}),
        ("tls", {"aws:SecureTransport": "false"}),
        ("address", {"aws:SourceIp": OTHER_IP}),
        ("account", {"aws:ResourceAccount": "210987654321"}),
        ("folder", {"s3:prefix": "wpx"}),
    ],
)
def test_every_restriction_holds_beside_the_others(lacking: str, context: dict[str, str]) -> None:
    made = document([Place("photos", "wp")], "optimizer", **WIDER, **EVERY_OPTION)
    good = {
        "aws:SecureTransport": "true",
        "aws:SourceIp": IP,
        "aws:ResourceAccount": ACCOUNT,
        "s3:prefix": "wp",
    }

    assert allows(made, "s3:ListBucket", "arn:aws:s3:::photos", {**good, **context}) is (lacking == "nothing")


# ---- faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "sentence"),
    [
        pytest.param(
            {"access": "optimiser"},
            "access: must be one of full, s3-access, optimizer, read-only, read-write, write-only, backup, none "
            "(got 'optimiser')",
            id="access",
        ),
        pytest.param(
            {"access": "full"},
            "access: full has no document: it attaches the AWS managed policy AmazonS3FullAccess",
            id="full",
        ),
        pytest.param({"access": "none"}, "access: none has no document", id="none"),
        pytest.param({"tls_only": "no"}, "tls_only: must be true or false (got 'no')", id="flag"),
        pytest.param(
            {"access": Access.READ_ONLY, "allow_acl": True},
            "allow_acl: has no effect unless access is 'optimizer' (got 'read-only')",
            id="option-of-another-member",
        ),
        pytest.param(
            {"buckets": []},
            "buckets: must name at least one bucket, or be left out for every bucket (got none)",
            id="no-buckets",
        ),
        pytest.param({"buckets": ["photos//"]}, "buckets: a folder must not hold '//' (got 'photos//')", id="bucket"),
        pytest.param(
            {"kms_key_arns": ["alias/photos"]},
            "kms_key_arns: must be a KMS key's own ARN (not an alias) like "
            "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-… (got 'alias/photos')",
            id="kms-key",
        ),
        *(
            pytest.param(
                {"access": access, option: True},
                f"{option}: has no effect unless access is 'optimizer' (got '{access}')",
                id=f"{option}-{access}",
            )
            for access in ("s3-access", "read-only")
            for option in WIDER
        ),
        pytest.param(
            {"partition": "amazon"},
            "partition: must be one of aws, aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f, aws-eusc "
            "(got 'amazon')",
            id="partition",
        ),
        pytest.param(
            {"buckets": ["arn:aws-cn:s3:::photos"]},
            "buckets: must be in the user's partition 'aws', not in 'aws-cn' (got 'photos')",
            id="bucket-in-another-partition",
        ),
        *(
            pytest.param(
                {"buckets": buckets},
                "buckets: must be in the user's partition 'aws', not in 'aws-cn' (got 'photos')",
                id=f"bucket-in-another-partition-{where}",
            )
            for where, buckets in (
                ("first", ["arn:aws-cn:s3:::photos", "photos"]),
                ("last", ["photos", "arn:aws-cn:s3:::photos"]),
            )
        ),
        pytest.param(
            {"buckets": ["photos", "arn:aws-cn:s3:::photos/wp"]},
            "buckets: must be in the user's partition 'aws', not in 'aws-cn' (got 'photos/wp')",
            id="folder-in-another-partition",
        ),
        pytest.param(
            {"partition": "aws-cn", "kms_key_arns": [KEY]},
            f"kms_key_arns: must be in the user's partition 'aws-cn', not in 'aws' (got {shown(KEY)})",
            id="key-in-another-partition",
        ),
        pytest.param(
            {"source_ips": ["10.0.0.1"]},
            "source_ips: must be public, because AWS sees the site's public address (got '10.0.0.1')",
            id="ip",
        ),
        pytest.param(
            {"source_vpc_endpoints": ["x"]},
            "source_vpc_endpoints: must be a VPC endpoint's ID like vpce-0123456789abcdef0 (got 'x')",
            id="endpoint",
        ),
        pytest.param(
            {"access": "backup", "lock_prefix": "locks"},
            "lock_prefix: needs buckets: name the buckets or folders that hold the backups",
            id="locks-of-every-bucket",
        ),
        *(
            pytest.param(
                {"access": "backup", "buckets": ["photos"], "lock_prefix": prefix},
                f"lock_prefix: {sentence}",
                id=f"locks-{name}",
            )
            for name, prefix, sentence in (
                ("empty", "", "must be a folder's name like locks, within each of the buckets (got '')"),
                ("slash", "/", "must be a folder's name like locks, within each of the buckets (got '/')"),
                ("number", 3, "must be a folder's name like locks, within each of the buckets (got 3)"),
                ("star", "l*", "a folder must not hold '*', '?' or '${', which would open its siblings (got 'l*')"),
            )
        ),
        pytest.param({"account_id": "12"}, "account_id: an account ID must be 12 digits (got '12')", id="account"),
        pytest.param({"account_id": ""}, "account_id: an account ID must be 12 digits (got '')", id="empty-account"),
        pytest.param(
            {"account_id": "12", "access": "x", "source_vpc_endpoints": ["y", "z"]},
            "access: must be one of full, s3-access, optimizer, read-only, read-write, write-only, backup, none "
            "(got 'x')\n"
            "source_vpc_endpoints: must be a VPC endpoint's ID like vpce-0123456789abcdef0 (got 'y')\n"
            "source_vpc_endpoints: must be a VPC endpoint's ID like vpce-0123456789abcdef0 (got 'z')\n"
            "account_id: an account ID must be 12 digits (got '12')",
            id="all-at-once",
        ),
    ],
)
def test_a_fault_is_one_sentence(given_: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        s3_policy_document(**given_)
    assert str(raised.value) == sentence
    assert isinstance(raised.value, ValueError)


# ---- someone else's linter -------------------------------------------------------------------------------------------


def lint(policies: dict[str, Document]) -> list[str]:
    """What cfn-lint has to say of documents, as policies of a template of AWS CloudFormation's."""
    from cfnlint.api import lint_all  # only here: it takes a second to load

    resources = {
        name: {
            "Type": "AWS::IAM::Policy",
            "Properties": {"Users": ["site"], "PolicyName": "S3Access", "PolicyDocument": policy},
        }
        for name, policy in policies.items()
    }
    return [f"{found.rule.id} {found.message}" for found in lint_all(json.dumps({"Resources": resources}))]


def test_cfn_lint_finds_nothing() -> None:
    mix = ["photos", "media/wp-content/uploads", "media/wp", "other/wp"]
    assert (
        lint(
            {
                "optimizer": s3_policy_document(access="optimizer"),
                "optimizerNarrow": s3_policy_document(mix, access="optimizer"),
                "optimizerWithAll": s3_policy_document(mix, access="optimizer", **WIDER, **EVERY_OPTION),
                **{
                    access.replace("-", ""): s3_policy_document(mix, access=access)
                    for access in ("read-write", "write-only", "backup")
                },
                "locks": s3_policy_document(mix, access="backup", lock_prefix="locks"),
                "readOnly": s3_policy_document(access="read-only"),
                "readOnlyWithAll": s3_policy_document(mix, access="read-only", **EVERY_OPTION),
                "ownAccount": s3_policy_document(mix, access="read-only", account_id=OWN_ACCOUNT),
            }
        )
        == []
    )


def test_cfn_lint_would_find_something() -> None:
    made = s3_policy_document(["photos"], access="read-only", tls_only=True)
    first, last = made["Statement"][0], made["Statement"][-1]
    wrong = {"Action": ["s3:GetObjekt"], "Effect": "allow", "Resource": ["photos/*"]}
    bad = {
        **made,
        "Statement": [{**first, **wrong}, {**last, "Condition": {"Boole": {"aws:SecureTransport": "false"}}}],
    }

    assert {finding.split()[0] for finding in lint({"bad": bad})} == {"W3037", "E3510"}
