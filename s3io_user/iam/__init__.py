"""What IAM and S3 accept: names, ARNs, buckets, policy documents, stores, PGP keys."""
