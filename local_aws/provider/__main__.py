"""``python -m local_aws.provider ENGINE_ADDRESS``: the plugin ``aws``, as the engine starts it."""

from .server import main

if __name__ == "__main__":
    main()
