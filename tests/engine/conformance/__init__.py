"""The stand-in against what was measured on the real provider, where AWS is asked; and the engine on top of it.

Checks, diffs and previews, which need no AWS, are in tests/unit/local_aws/test_provider_facts.py.
"""
