"""The guided set-up, `s3io-user init`: what is asked, what will be done, and the steps that do it."""
