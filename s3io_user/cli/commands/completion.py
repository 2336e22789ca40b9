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

It completes commands, options, access presets, formats and paths, and the names of the project's stacks and of AWS
profiles and Regions.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.epilog = EXAMPLES
    parser.add_argument("shell", metavar="SHELL", choices=completion.SHELLS, help="the shell to complete in")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    sys.stdout.write(completion.script(args.shell))
    return 0
