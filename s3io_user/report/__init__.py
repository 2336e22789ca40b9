"""A report on one access key, to read and to forward: what it may do, what was tried, its age and use, what to do."""
