"""Side by side, in one run, with what people would pick instead: ``python -m bench --help``."""
