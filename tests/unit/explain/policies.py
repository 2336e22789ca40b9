"""Policies, and what explain says of them, for the tests of explain."""

import io
from collections.abc import Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from s3io_user.explain import Action, Config, Explanation, Row, explain, services
from s3io_user.explain.actions import catalogue
from s3io_user.explain.terminal import print_table

PHOTOS = "arn:aws:s3:::photos"
KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DOCS = (Path(__file__).parents[3] / "docs/explain.md").read_text(encoding="utf-8")
CATALOGUE = catalogue(["s3", "s3-object-lambda", "kms"])


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", condition: Any = None, **rest: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **rest}
    return {**statement, "Condition": condition} if condition else statement


def deny(action: Any, resource: Any = "*", condition: Any = None, **rest: Any) -> dict[str, Any]:
    return {**allow(action, resource, condition, **rest), "Effect": "Deny"}


def explained(*documents: Mapping[str, Any], user: str | None = None, project: str | None = None) -> Explanation:
    known = CATALOGUE if set(services(documents)) <= {"s3", "s3-object-lambda", "kms"} else None
    return explain(documents, known or catalogue(services(documents)), config=Config(user, project))


@cache
def _of_every_service() -> dict[str, list[Action]]:
    return {service: list(actions) for service, actions in groupby(catalogue(["*"]), lambda action: action.service)}


def explained_whole(policy: Mapping[str, Any]) -> Explanation:
    """By the actions of each service that it names, whichever they are."""
    wanted, every = services([policy]), _of_every_service()
    return explain([policy], [action for name in every if "*" in wanted or name in wanted for action in every[name]])


def row(explanation: Explanation, name: str) -> Row:
    return next(each for each in explanation.rows if each.name == name)


def names(found: Row) -> set[str]:
    return {grant.action for grant in found.grants}


def answer(explanation: Explanation, which: str) -> Any:
    return next(each for each in explanation.answers if each.id == which)


def table(explanation: Explanation, every: bool = False) -> str:
    text = io.StringIO()
    print_table(explanation, "A title", text, every=every)
    return text.getvalue()
