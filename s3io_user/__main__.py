"""`python -m s3io_user` is the command `s3io-user`."""

import sys

from s3io_user.cli import main

if __name__ == "__main__":
    sys.exit(main())
