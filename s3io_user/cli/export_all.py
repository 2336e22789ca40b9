"""`s3io-user export --all`: the credentials of every user, read before anything is written."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from s3io_user import secret_files
from s3io_user.cli.console import note
from s3io_user.cli.selection import look_at, selected, summed_up, users_of
from s3io_user.errors import S3IOError
from s3io_user.fleet.places import Place
from s3io_user.handover.credentials import from_outputs
from s3io_user.handover.formats import csv_warning
from s3io_user.handover.many import TOGETHER, Handed, apart, names, together
from s3io_user.iam.arns import account_of_arn
from s3io_user.stack import pulumi_cli
from s3io_user.wording import legible, shown


def check_all(args: argparse.Namespace) -> None:
    """End with 2 where an option makes no sense for many users."""
    if args.credential_process:
        args.usage_error("--credential-process is for one user: name it by --user")
    if args.profile is not None:
        args.usage_error("--profile is for one user: with --all each profile is called as its user in AWS")
    if args.out is not None and args.out_dir is not None:
        args.usage_error("--out writes one file, and --out-dir one for each user: choose one of them")
    if args.out_dir is None and args.format not in TOGETHER:
        args.usage_error(f"--format {args.format} holds one user: add --out-dir DIR, for a file for each")
    if args.out_dir is not None:
        secret_files.require_files()


def export_all(args: argparse.Namespace) -> int:
    """Read every user, then print or write; 1 if one is missing that has a key. Raises S3IOError."""
    selection = selected(args)
    outcomes = look_at(selection, lambda place: _read(place, many=selection.many), args.jobs)
    found = [each for outcome in outcomes if outcome.value for each in outcome.value[0]]
    missing = [reason for outcome in outcomes if outcome.value for reason in outcome.value[1]]
    if not selection.many and outcomes[0].error:
        raise S3IOError(outcomes[0].error)
    if not found:
        raise S3IOError(f"nothing was exported: {'; '.join(missing) or 'no user has an access key'}")
    _hand_over(args, found)
    for reason in missing:
        note(f"not exported: {reason}")
    return 0 if summed_up(outcomes) and not missing else 1


def _read(place: Place, *, many: bool) -> tuple[list[Handed], list[str]]:
    """The credentials of a stack's users, and why those of others can't be handed over. Raises S3IOError."""
    found, missing = [], []
    opened = pulumi_cli.outputs(place.stack, place.cwd, show_secrets=True)
    for name, outputs in (users_of(place, opened, many=many) or {}).items():
        user = f"{legible(name)} in {place}" if many else legible(name)
        if not isinstance(outputs, Mapping):
            missing.append(f"{user}: its outputs must be a map: see the program that exports them")
        elif not outputs.get("accessKeyId"):
            note(f"{user} has no access key: skipped")
        else:
            try:
                account = account_of_arn(outputs.get("userArn"))
                found.append(Handed(str(place) if many else None, name, from_outputs(outputs), account))
            except S3IOError as error:
                missing.append(f"{user}: {error}")
    return found, missing


def _hand_over(args: argparse.Namespace, found: Sequence[Handed]) -> None:
    if args.format == "csv":
        for warning in filter(None, (csv_warning(each.pair) for each in found)):
            note(warning)
    if args.out_dir is not None or args.format != "json":
        for name, each in zip(names(found), found, strict=True):
            if name != each.pair.user_name:
                note(f"{each}: called {name}, since another user is called {each.pair.user_name} too")
    if args.out_dir is not None:
        _write_apart(secret_files.named(args.out_dir), apart(args.format, found), force=args.force)
        note(f"{legible(args.out_dir)}: {len(found):,} files, readable by you alone")
        return
    masked = args.out is None and not args.show_secrets
    every = [replace(each, pair=each.pair.masked()) for each in found] if masked else found
    if masked:
        note("the secrets are masked: add --out FILE, or --show-secrets to see them")
    text = together(args.format, every)
    if args.out in (None, "-"):
        sys.stdout.write(text)
        return
    secret_files.write_private(secret_files.named(args.out), text, force=args.force)
    note(f"{legible(args.out)}: {len(found):,} access keys, readable by you alone")


def _write_apart(folder: Path, files: Mapping[str, str], *, force: bool) -> None:
    """Write all files: into a new folder all or none; into one that exists each one whole, once none is in the way.

    Raises S3IOError.
    """
    if os.path.lexists(folder):
        _add_to(folder, files, force=force)
        return
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.s3io-user.", dir=folder.parent))
    except OSError as error:
        raise S3IOError(f"the folder {shown(str(folder))} can't be created: {error.strerror}") from None
    try:
        for name, text in files.items():
            secret_files.write_private(made / name, text)
        made.rename(folder)
    except OSError as error:
        raise S3IOError(f"the folder {shown(str(folder))} can't be created: {error.strerror}") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)  # which is gone, once it has its name


def _add_to(folder: Path, files: Mapping[str, str], *, force: bool) -> None:
    if folder.is_symlink() or not folder.is_dir():
        raise S3IOError(f"{shown(str(folder))} is there, and is not a folder: name another by --out-dir")
    there = sorted(name for name in files if os.path.lexists(folder / name))
    if there and not force:
        more = f" and {len(there) - 1:,} more" if there[1:] else ""
        raise S3IOError(
            f"{shown(str(folder / there[0]))}{more} exists already, so nothing was written: add --force to replace "
            "them, or name another folder"
        )
    for name, text in files.items():
        secret_files.write_private(folder / name, text, force=force)
