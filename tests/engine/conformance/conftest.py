"""The stand-in, configured for the embedded AWS, and a name and a world of its own for each test."""

import itertools
from typing import Any

import pytest

from local_aws import server
from tests.asker import Asker
from tests.engine.conformance.world import World, settings

_numbers = itertools.count()


@pytest.fixture(scope="session")
def ask(aws: server.Aws) -> Asker:
    return Asker(settings(aws))


@pytest.fixture(scope="session")
def iam(aws: server.Aws) -> Any:
    return aws.client("iam")


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"n{next(_numbers)}"


@pytest.fixture
def world(ask: Asker, name: str) -> World:
    return World(ask, name)
