"""A document of one's own: AWS's examples pass, each fault names its line and reason, and no input breaks the check."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3io_user.errors import S3IOError
from s3io_user.iam.documents import DocumentError, read_document, read_statements
from s3io_user.policy.document import compact, s3_policy_document

# From the IAM User Guide's "Example IAM identity-based policies" and "IAM JSON policy elements".
EXAMPLES = {
    "home-directories": """{
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": ["s3:ListAllMyBuckets", "s3:GetBucketLocation"],
          "Resource": "arn:aws:s3:::*"
        },
        {
          "Effect": "Allow",
          "Action": "s3:ListBucket",
          "Resource": "arn:aws:s3:::amzn-s3-demo-bucket",
          "Condition": {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}}
        },
        {
          "Effect": "Allow",
          "Action": "s3:*",
          "Resource": [
            "arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}",
            "arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}/*"
          ]
        }
      ]
    }""",
    "one-statement-without-a-list": """{
      "Version": "2012-10-17",
      "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket"}
    }""",
    "deny-all-but-some-without-mfa": """{
      "Version": "2012-10-17",
      "Statement": [{
        "Sid": "DenyAllExceptListedIfNoMFA",
        "Effect": "Deny",
        "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "sts:GetSessionToken"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
      }]
    }""",
    "deny-by-source-ip": """{
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}}
      }
    }""",
    "not-resource": """{
      "Version": "2012-10-17",
      "Id": "cd3ad3d9-2776-4ef1-a904-4c229d1642ee",
      "Statement": [{
        "Sid": "",
        "Effect": "Deny",
        "Action": "s3:*",
        "NotResource": ["arn:aws:s3:::amzn-s3-demo-bucket", "arn:aws:s3:::amzn-s3-demo-bucket/*"]
      }]
    }""",
    "numbers-and-booleans": """{
      "Version": "2012-10-17",
      "Statement": [{
        "Effect": "Allow",
        "Action": ["s3:ListBucket", "s3:Get*", "kms:?ecrypt"],
        "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket*"],
        "Condition": {"NumericLessThanEquals": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": true}}
      }]
    }""",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_aws_s_own_examples_pass(name: str) -> None:
    document = json.loads(EXAMPLES[name])
    statements = document["Statement"]

    read = read_document(EXAMPLES[name])
    assert read == {**document, "Statement": statements if isinstance(statements, list) else [statements]}
    assert read_document(document) == read
    assert read_document(compact(read)) == read


@pytest.mark.parametrize("access", ["s3-access", "optimizer", "read-only"])
def test_our_own_documents_pass_unchanged(access: str) -> None:
    document = s3_policy_document(["photos", "media/wp"], access=access, tls_only=True, source_ips=["198.51.100.7"])

    assert read_document(json.dumps(document, indent=4)) == document


GOOD = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}'


def lines(*statement: str, before: str = "") -> str:
    """A document with a good statement on its third line, and the lines of another from the fourth on."""
    opening = f'{{"Version": "2012-10-17",{before}\n"Statement": [\n{GOOD},\n'
    return opening + "\n".join(statement) + "\n]}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "line 1: is not JSON: Expecting value at column 1", id="empty"),
        pytest.param(
            '{\n"Version": "2012-10-17"\n"x"}', "line 3: is not JSON: Expecting ',' delimiter at column 1", id="comma"
        ),
        pytest.param("{} {}", "line 1: is not JSON: there is more after its end", id="two"),
        *(
            pytest.param(f'{{"Version": "2012-10-17",\n{rest}', f"line 2: is not JSON: {why}", id=why)
            for rest, why in {
                '"Statement": [{"Effect": "Allow"},]}': "a comma before ]",
                "}": "a comma before }",
                "// every bucket": "it has a comment",
                '"Statement": {"Condition": {"Bool": {"aws:SecureTransport": True': (
                    "True is Python's: give the dict itself, or json.dumps of it"
                ),
            }.items()
        ),
        pytest.param(
            '{"UserName": "site", "PolicyDocument": {"Version": "2012-10-17"}}',
            "line 1: is an answer of the AWS CLI: give the document in it alone, as --query PolicyDocument prints it",
            id="get-user-policy",
        ),
        pytest.param(
            '{"PolicyVersion": {"Document": {}}}',
            "line 1: is an answer of the AWS CLI: give the document in it alone, as --query PolicyVersion.Document "
            "prints it",
            id="get-policy-version",
        ),
        pytest.param(
            '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}',
            'line 1: is one statement of a document: write it as {"Version": "2012-10-17", "Statement": [...]}',
            id="a-statement-alone",
        ),
        pytest.param("[]", "line 1: must be a JSON object with Version and Statement", id="list"),
        pytest.param('"s3:*"', "line 1: must be a JSON object with Version and Statement", id="string"),
        pytest.param(None, "must be a JSON policy document, as text or as a map (got None)", id="none"),
        pytest.param(["x"], "must be a JSON policy document, as text or as a map (got ['x'])", id="python-list"),
        pytest.param({"Version": {1}}, "must hold JSON values alone", id="python-set"),
        pytest.param(
            '\n\n{"Id": "\u20ac"}',
            "line 3: holds '\u20ac'; IAM accepts only tabs, newlines and U+0020 to U+00FF",
            id="euro",
        ),
        pytest.param(
            '\n{"Id": "\\u20ac"}',
            "line 2: holds '\\\\u20ac'; IAM accepts only tabs, newlines and U+0020 to U+00FF",
            id="euro-escaped",
        ),
        pytest.param(
            "{}\x00", "line 1: holds '\\x00'; IAM accepts only tabs, newlines and U+0020 to U+00FF", id="null"
        ),
        pytest.param("[" * 100_000, "is nested too deeply for a policy document", id="deep"),
        pytest.param("9" * 5_000, "holds a number of 5,000 digits", id="digits"),
        pytest.param('{"Version": NaN}', "is not JSON: holds NaN", id="not-a-number"),
        pytest.param('{"Version": -Infinity}', "is not JSON: holds -Infinity", id="infinity"),
        pytest.param("{}", "line 1: Version must be '2012-10-17' (got None)", id="no-version"),
        pytest.param(
            '{\n"Version": "2012-10-18"}', "line 2: Version must be '2012-10-17' (got '2012-10-18')", id="version"
        ),
        pytest.param(
            '{"Version": ["2012-10-17"]}',
            "line 1: Version must be '2012-10-17' (got ['2012-10-17'])",
            id="version-list",
        ),
        pytest.param(
            '{"Version": "2012-10-17",\n"Statements": []}',
            "line 2: a policy document has no 'Statements' (it has Version, Id and Statement)",
            id="unknown-key",
        ),
        pytest.param('{"Version": "2012-10-17",\n"Id": 5}', "line 2: Id must be a string (got 5)", id="id"),
        pytest.param(
            '{"Version": "2012-10-17"}',
            "line 1: Statement must be a list with at least one statement",
            id="no-statement",
        ),
        *(
            pytest.param(
                f'{{"Version": "2012-10-17",\n"Statement": {value}}}',
                "line 2: Statement must be a list with at least one statement",
                id=f"statement-{value}",
            )
            for value in ("[]", '"x"', "null", "1")
        ),
        pytest.param(
            f'{{"Version": "2012-10-17",\n"Statement": [{GOOD}, "x"]}}',
            "line 2: statement 2 must be an object (got 'x')",
            id="statement-string",
        ),
        pytest.param(
            '{"Version": "2012-10-17",\n\n"Version": "2012-10-17"}',
            "line 3: has the key 'Version' twice in one object",
            id="key-twice",
        ),
        pytest.param(
            lines('{"Effect": "Allow", "Action": "s3:*",', '"Resource": "*",', '"\\u0041ction": "s3:GetObject"}'),
            "line 6: has the key 'Action' twice in one object",
            id="key-twice-in-another-spelling",
        ),
        *(
            pytest.param(
                lines("{", f'"{key}": "*",', '"Effect": "Allow", "Action": "s3:*", "Resource": "*"}'),
                f"line 5: statement 2 must not have '{key}': the user it is attached to is the principal",
                id=key,
            )
            for key in ("Principal", "NotPrincipal")
        ),
        pytest.param(
            lines("{", '"effect": "Allow", "Action": "s3:*", "Resource": "*"}'),
            "line 5: statement 2 must not have 'effect': no such key (did you mean 'Effect'?)",
            id="key-in-another-case",
        ),
        pytest.param(
            lines("{", '"Effect":', '"allow", "Action": "s3:*", "Resource": "*"}'),
            "line 5: statement 2 must have Effect 'Allow' or 'Deny' (got 'allow')",
            id="effect",
        ),
        pytest.param(
            lines("", "{", '"Action": "s3:*", "Resource": "*"},', GOOD),
            "line 5: statement 2 must have Effect 'Allow' or 'Deny' (got None)",
            id="no-effect",
        ),
        pytest.param(
            lines("{", '"Effect": "Allow",', '"Resource": "*"}'),
            "line 5: statement 2 must have either Action or NotAction (has neither)",
            id="no-action",
        ),
        pytest.param(
            lines("{", '"Effect": "Allow",', '"Action": "s3:*", "NotAction": "s3:*", "Resource": "*"}'),
            "line 5: statement 2 must have either Action or NotAction (has Action and NotAction)",
            id="both-actions",
        ),
        pytest.param(
            lines("{", '"Effect": "Allow",', '"Action": "s3:*"}'),
            "line 5: statement 2 must have either Resource or NotResource (has neither)",
            id="no-resource",
        ),
        *(
            pytest.param(
                lines("{", '"Effect": "Allow", "Action": "s3:*",', f'"Resource": {value}}}'),
                "line 6: statement 2 must have a string or a list of strings as its Resource",
                id=f"resource-{value}",
            )
            for value in ("[]", '""', "5", "null", "{}", '["*", 5]', '["*", ""]', '[["*"]]')
        ),
        pytest.param(
            lines("{", '"Effect": "Allow",', '"Action": "GetObject", "Resource": "*"}'),
            "line 6: statement 2 must have an action like s3:GetObject in its Action (got 'GetObject')",
            id="action-without-a-service",
        ),
        pytest.param(
            lines("{", '"Effect": "Allow",', '"NotAction": ["s3:*",', '"s3: GetObject"], "Resource": "*"}'),
            "line 7: statement 2 must have an action like s3:GetObject in its NotAction (got 's3: GetObject')",
            id="action-with-a-space",
        ),
        pytest.param(
            lines("{", '"Effect": "Allow", "Action": "s3:*",', '"Resource": ["*",', '"photos/*"]}'),
            "line 7: statement 2 must have an ARN or '*' in its Resource (got 'photos/*')",
            id="resource-without-an-arn",
        ),
        pytest.param(
            lines("{", '"Effect": "Allow", "Action": "s3:*",', '"Resource": "photos\\u002f*"}'),
            "line 4: statement 2 must have an ARN or '*' in its Resource (got 'photos/*')",
            id="resource-spelled-with-an-escape",
        ),
        pytest.param(
            lines("{", '"Sid": "all photos",', '"Effect": "Allow", "Action": "s3:*", "Resource": "*"}'),
            "line 5: statement 2 must have a Sid of letters and digits alone (got 'all photos')",
            id="sid",
        ),
        pytest.param(
            lines("{", '"Sid": 5, "Effect": "Allow", "Action": "s3:*", "Resource": "*"}'),
            "line 5: statement 2 must have a Sid of letters and digits alone (got 5)",
            id="sid-number",
        ),
        pytest.param(
            lines(
                '{"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},',
                '{"Sid": "A",',
                '"Effect": "Deny", "Action": "s3:*", "Resource": "*"}',
            ),
            "line 5: statement 3 must have a Sid that no other statement has (got 'A')",
            id="sid-twice",
        ),
        *(
            pytest.param(
                lines("{", '"Effect": "Allow", "Action": "s3:*", "Resource": "*",', f'"Condition": {value}}}'),
                "line 6: statement 2 must have a Condition of operators, each with keys and their values",
                id=f"condition-{value}",
            )
            for value in ("[]", '"x"', "null", '{"Bool": "x"}', '{"Bool": {"a": null}}', '{"Bool": {"a": [{}]}}')
        ),
        pytest.param(
            '{"Version": "2012-10-17", "Statement":\n{"Effect": "Allow", "Action": "s3:*",\n'
            '"Condition": {"Bool": {"aws:SecureTransport": "true"}},\n"Resource": "x"}}',
            "line 4: statement 1 must have an ARN or '*' in its Resource (got 'x')",
            id="one-statement-without-a-list",
        ),
    ],
)
def test_a_fault_names_its_line_and_reason(text: object, sentence: str) -> None:
    with pytest.raises(DocumentError) as raised:
        read_document(text)
    assert str(raised.value) == sentence
    assert isinstance(raised.value, S3IOError)
    assert isinstance(raised.value, ValueError)


def test_empty_sids_may_be_several() -> None:
    statement = {"Sid": "", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}

    assert read_document({"Version": "2012-10-17", "Statement": [statement, statement]})


# ---- whatever comes --------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["*", "s3:*", "Allow"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Version", "Statement", "Effect", "Action", "Resource", "é"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
KEYS = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal"]
NEARLY = st.fixed_dictionaries(
    {
        "Version": st.just("2012-10-17"),
        "Statement": st.lists(
            st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, VALUES))
            | st.fixed_dictionaries(
                {"Effect": st.just("Allow"), "Action": st.just("s3:*"), "Resource": st.just("*")},
                optional={"Sid": VALUES, "Condition": VALUES},
            ),
            max_size=3,
        ),
    }
)


def outcome(value: Any) -> dict[str, Any] | str:
    """What came of it: the document, or the sentence."""
    try:
        return read_document(value)
    except DocumentError as error:
        return str(error)


@given(VALUES | NEARLY)
def test_any_json_value_is_a_document_or_a_fault(value: Any) -> None:
    for given_ in (value, json.dumps(value), json.dumps(value, indent=2, ensure_ascii=False)):
        found = outcome(given_)
        if isinstance(found, str):
            assert found
            assert "\n" not in found
        else:
            # What passed is in the charset as it goes to AWS, and passes again.
            assert re.fullmatch(r"[\t\n\r\x20-\xff]+", compact(found))
            assert outcome(compact(found)) == found


@given(st.text() | st.text(st.sampled_from('{}[]",:\\ntruefalsx0 \n')), st.integers(0, 200), st.integers(0, 200))
def test_any_text_is_a_document_or_a_fault(text: str, start: int, length: int) -> None:
    good = json.dumps(s3_policy_document(["photos/wp"], tls_only=True), indent=2)

    for damaged in (text, good[:start] + text + good[start + length :]):
        assert outcome(damaged)


PAGE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


@pytest.mark.parametrize(
    "pasted",
    [
        pytest.param("\ufeff" + PAGE, id="mark-of-the-byte-order"),
        pytest.param("\xef\xbb\xbf" + PAGE, id="mark-of-the-byte-order-as-latin-1"),
        pytest.param(PAGE.replace(" ", "\u00a0"), id="no-break-spaces"),
        pytest.param(PAGE.replace(" ", "\u202f\n\u3000"), id="narrow-and-wide-spaces"),
        pytest.param(PAGE.replace("{", "\u200b{").replace(",", ",\u2028") + "\u200b", id="zero-width"),
        pytest.param(PAGE.replace(" ", "\r\n"), id="windows"),
    ],
)
def test_what_a_paste_brings_along_is_taken_away(pasted: str) -> None:
    assert read_document(pasted) == json.loads(PAGE)


def test_within_a_string_nothing_is_taken_away() -> None:
    text = PAGE.replace('"*"', '"arn:aws:s3:::photos/a\u00a0b/*"')

    assert read_document(text)["Statement"][0]["Resource"] == "arn:aws:s3:::photos/a\u00a0b/*"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        *(
            pytest.param(name, "is a file's name, not its text: cat FILE | pulumi config set policy", id=name)
            for name in ("policy.json", "./iam/My Policy.JSON\n", "file://policy.json", "@policy.txt", "C:\\p.json")
        ),
        pytest.param("https://example.com/policy", "is an address", id="address"),
        pytest.param("https://example.com/policy.json", "is an address", id="address-of-a-file"),
        pytest.param("- Effect: Allow\n  Action: s3:*", "is YAML, not JSON", id="yaml-of-a-statement"),
        pytest.param(f"'{PAGE}'", "is in single quotes", id="single-quotes"),
        pytest.param(PAGE.replace('"', '\\"'), "has backslashes before its quotes", id="backslashes"),
        pytest.param(PAGE.replace('"', "&quot;"), "is HTML or XML", id="entities"),
        pytest.param(f"<pre>{PAGE}</pre>", "is HTML or XML", id="html"),
        pytest.param(f"policy = <<EOF\n{PAGE}\nEOF", "is Terraform's language", id="heredoc"),
        pytest.param(base64.b64encode(PAGE.encode()).decode(), "line 1: is not JSON", id="base64"),
        pytest.param("arn:aws:iam::aws:policy/AmazonS3FullAccess", "is a policy's ARN", id="arn"),
        pytest.param("optimizer", "is a word, not a policy document: set an access preset in access", id="preset"),
        pytest.param("{'Version': '2012-10-17', 'Statement': []}", "is a Python dict as print shows it", id="dict"),
        pytest.param('Version: "2012-10-17"\nStatement: []', "is YAML, not JSON", id="yaml"),
        pytest.param("%7B%22Version%22%3A", "is URL-encoded", id="url-encoded"),
        pytest.param(json.dumps(PAGE), "is JSON in a JSON string", id="twice"),
        pytest.param(f"```json\n{PAGE}\n```", "is Markdown", id="markdown"),
        pytest.param(
            PAGE.replace(" ", "\n").replace('"s3:*"', "\u201cs3:*\u201d"),
            "line 7: holds the typographic quote \u201c where JSON has",
            id="quotes",
        ),
        pytest.param(
            PAGE.replace("s3:*", "s3:\u200b*"),
            "line 1: holds a zero-width space ('\\u200b'); IAM accepts only",
            id="within",
        ),
        pytest.param(PAGE.replace("s3:*", "s3:\u2013*"), "holds a typographic dash ('\u2013')", id="dash"),
    ],
)
def test_what_is_pasted_in_place_of_json_is_named(text: str, sentence: str) -> None:
    with pytest.raises(DocumentError) as raised:
        read_document(text)

    assert sentence in str(raised.value)


STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}
OTHER = {**STATEMENT, "Action": "s3:PutObject"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(STATEMENT, [STATEMENT], id="one"),
        pytest.param([STATEMENT, OTHER], [STATEMENT, OTHER], id="several"),
        pytest.param({"Version": "2012-10-17", "Statement": STATEMENT}, [STATEMENT], id="a-whole-document"),
        pytest.param(json.dumps([STATEMENT, OTHER]), [STATEMENT, OTHER], id="text"),
        pytest.param(json.dumps(STATEMENT), [STATEMENT], id="text-of-one"),
    ],
)
def test_statements_are_read_in_every_form(given: object, expected: list[dict[str, Any]]) -> None:
    assert read_statements(given) == expected


@pytest.mark.parametrize("given", [5, None, "5", '"s3:GetObject"', [5], [STATEMENT, 5], "[5]"], ids=str)
def test_what_are_no_statements(given: object) -> None:
    with pytest.raises(DocumentError, match=r"^must be policy statements, as JSON text or as a list of maps \(got "):
        read_statements(given)


def test_a_fault_of_statements_names_their_own_line() -> None:
    with pytest.raises(
        DocumentError, match=r"^line 8: statement 2 must have Effect 'Allow' or 'Deny' \(got 'allow'\)$"
    ):
        read_statements(json.dumps([STATEMENT, {**OTHER, "Effect": "allow"}], indent=1))


def test_a_fault_is_one_of_the_policy() -> None:
    with pytest.raises(DocumentError) as raised:
        read_document("[]")
    assert list(raised.value.faults) == [("policy", "line 1: must be a JSON object with Version and Statement")]


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("1" * 19, None),
        ("1" * 20, "holds a number of 20 digits"),
        ("1e400", "holds the number '1e400', which is too large"),
    ],
)
def test_how_large_a_number_may_be(number: str, fault: str | None) -> None:
    condition = f'{{"NumericLessThan": {{"s3:max-keys": {number}}}}}'
    text = f'{{"Version": "2012-10-17", "Statement": [{json.dumps(STATEMENT)[:-1]}, "Condition": {condition}}}]}}'
    if fault is None:
        assert read_document(text)["Statement"][0]["Condition"]["NumericLessThan"] == {"s3:max-keys": int(number)}
    else:
        with pytest.raises(DocumentError, match=f"^{re.escape(fault)}$"):
            read_document(text)
