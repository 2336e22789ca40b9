"""The guided set-up of `s3io-user init`: its questions, its plan and its steps."""
