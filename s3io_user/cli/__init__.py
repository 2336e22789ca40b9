"""The `s3io-user` command: loads a subcommand's module, runs it, and turns errors into exit codes."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from s3io_user import extras
from s3io_user._version import __version__
from s3io_user.aws.chosen import choosing
from s3io_user.cli import completion
from s3io_user.cli.parser import Parser, refuse_unknown_options
from s3io_user.cli.text import speak_plainly
from s3io_user.errors import S3IOError

COMMANDS = {
    "init": "set up a user and its access key in your AWS account, by questions or flags",
    "list": "list every user of a stack with its access keys, from the state alone",
    "fleet": "look at every user of every stack: keys, dangers, findings, what is due",
    "explain": "explain what the key may do, and which permissions are dangerous",
    "export": "write the credentials in the form that a site, a shell or a client reads",
    "to-config": "write the credentials into another stack's config, encrypted",
    "verify": "try the key on S3: it must be able to do its work, and nothing else",
    "doctor": "find what stands in the way of pulumi up, and what was left behind in AWS",
    "rotate": "create a new access key, verify it, then retire the previous one",
    "report": "write one page about the key, to read and to forward",
    "policy": "print the policy document of an access preset, ready to paste",
    "deployer-policy": "print the least policy for whoever runs pulumi up",
    "completion": "print the script that completes commands, options and names in a shell",
}
"""Each is a module of ``s3io_user.cli.commands`` with ``add_arguments(parser)`` and ``run(args) -> int``."""

ABOUT = """\
Explain, verify and hand over the access key of an IAM user that `pulumi up` created for an application outside AWS.
"""
EXAMPLES = """\
Run it in the folder of a Pulumi project, or name the folder with --cwd. It reads the selected stack, or the one that
you name with --stack.

  s3io-user doctor                              find what stands in the way
  pulumi up                                     create the user, its access key and its policy
  s3io-user explain                             see what the key may do
  s3io-user verify                              try the key; nothing is left behind
  s3io-user export --format wp-config --out -   print the lines for wp-config.php
  s3io-user to-config --stack prod --cwd ../site
                                                or give the key to another Pulumi project
  s3io-user rotate                              replace the key without downtime

Exit code: 0 good, 1 a finding or a failure, 2 wrong usage. Run `s3io-user COMMAND --help` for the options of a command.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; every error is one sentence on standard error, never a traceback."""
    _open_what_is_closed()
    speak_plainly(sys.stdout, sys.stderr)
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except S3IOError as error:
        return _fail(str(error))
    except KeyboardInterrupt as interrupt:
        if said := str(interrupt):
            _fail(said)
        return 130
    except OSError as error:
        # Standard output is full, or its reader had enough; at its end the interpreter flushes once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        reason = error.strerror or type(error).__name__
        return 1 if isinstance(error, BrokenPipeError) else _fail(f"the output can't be written: {reason}")
    except Exception as error:
        return _fail(_fault(error))
    return code


def _run(argv: Sequence[str]) -> int:
    try:
        args = parse(argv)
    except SystemExit:  # as after --help, which the interpreter would write when nobody can say that it failed
        sys.stdout.flush()
        raise
    with choosing(getattr(args, "aws_profile", None), getattr(args, "aws_region", None)):
        code: int = args.run(args)
    return code


def _open_what_is_closed() -> None:
    """Open the standard streams that a shell has closed (``>&-``): a file of ours would else take their place.

    What is written to a closed standard output fails, as it does with other programs.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            # It takes the lowest number that is free, which is this one.
            os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115, it stays open to the end


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments, with ``run`` and ``usage_error`` of their command. Exits with 2 for wrong usage."""
    asked = completion.words()
    if asked is not None:
        _check_installed()
    parser, command = _parsers(argv if asked is None else asked)
    if asked is not None:
        completion.answer(parser, command)
    if not argv:
        print(parser.format_help(), end="", file=sys.stderr)
        sys.exit(2)
    refuse_unknown_options(argv, parser, command)
    if empty := [one for one in argv if one.startswith("--") and one.endswith("=--")]:
        parser.error(f"{empty[0][:-3]} has no value")  # argparse would make an empty list of it
    args = parser.parse_args(argv)
    for name in ("stack", "cwd"):  # given before the command, they hold unless it is given its own
        if getattr(args, name, None) is None:
            setattr(args, name, getattr(args, f"any_{name}"))
    return args


def _parsers(argv: Sequence[str]) -> tuple[Parser, Parser | None]:
    """The parser, and the parser of the command in ``argv``. Other commands are not loaded: some import a lot."""
    parser = Parser("s3io-user", description=ABOUT, epilog=EXAMPLES)
    parser.add_argument("--version", action="version", version=f"s3io-user {__version__}")
    parser.add_argument("--stack", metavar="NAME", dest="any_stack", help="the stack (default: the selected one)")
    parser.add_argument(
        "--cwd", metavar="PROJECT-DIR", dest="any_cwd", help="the folder of the Pulumi project (default: this one)"
    )
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser, prog="s3io-user"
    )
    named = None
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name in argv:
            _check_installed()
            module, named = _module(name), command
            module.add_arguments(command)
            command.set_defaults(run=module.run, usage_error=command.error)
    return parser, named


def _check_installed() -> None:
    """Before a command begins: none may find out half-way through its work. Raises S3IOError."""
    if fault := extras.missing("cli", "the command s3io-user"):
        raise S3IOError(fault)


def _module(command: str) -> ModuleType:
    return import_module(f"s3io_user.cli.commands.{command.replace('-', '_')}")


def _fail(sentence: str) -> int:
    print(f"s3io-user: {sentence}", file=sys.stderr)
    return 1


def _fault(error: Exception) -> str:
    """Describe an unexpected error by its type and place. Its text may contain a secret."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(at.filename)}, line {at.lineno}"
    return f"a fault of s3io-user itself ({type(error).__name__} in {place}): please report it"
