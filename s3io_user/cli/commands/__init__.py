"""The subcommands of `s3io-user`: a module each, with `add_arguments(parser)` and `run(args) -> int`."""
