"""`s3io-user completion`: what a shell reads to complete the command's words."""

import argparse
import sys

from s3io_user.cli import completion

EXAMPLES = """\
examples:
  eval "$(s3io-user completion bash)"
      in ~/.bashrc
  eval "$(s3io-user completion zsh)"
      in ~/.zshrc, after compinit
  s3io-user completion fish | source
      in ~/.config/fish/config.fish

It completes commands, options, presets and formats, the names of the project's stacks (which Pulumi tells), of AWS
profiles and Regions, and paths.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.epilog = EXAMPLES
    parser.add_argument("shell", metavar="SHELL", choices=completion.SHELLS, help="the shell that is to read it")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    sys.stdout.write(completion.script(args.shell))
    return 0
