"""Runs a function on many items, several at a time. An error ends only its own item."""

import os
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Generic, TypeVar

from s3io_user.errors import S3IOError

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Outcome(Generic[T, R]):
    """An item, and what the function returned for it, or why it failed."""

    item: T
    value: R | None
    error: str | None = None


def side_by_side(
    items: Sequence[T], look: Callable[[T], R], jobs: int, done: Callable[[Outcome[T, R], int], object]
) -> list[Outcome[T, R]]:
    """Run ``look`` on each item, ``jobs`` at a time. The outcomes are in the order of the items.

    ``done`` is called in this thread with each outcome as it comes, and the number of outcomes so far. After an
    interrupt, no further item is begun.
    """
    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        futures = {pool.submit(_outcome, item, look): number for number, item in enumerate(items)}
        outcomes = _as_they_come(futures, done)
    finally:
        pool.shutdown(cancel_futures=True)
    return [outcomes[number] for number in range(len(items))]


def _as_they_come(
    futures: "dict[Future[Outcome[T, R]], int]", done: Callable[[Outcome[T, R], int], object]
) -> dict[int, Outcome[T, R]]:
    outcomes = {}
    for future in as_completed(futures):
        outcomes[futures[future]] = outcome = future.result()
        done(outcome, len(outcomes))
    return outcomes


def _outcome(item: T, look: Callable[[T], R]) -> Outcome[T, R]:
    try:
        return Outcome(item, look(item))
    except S3IOError as error:
        return Outcome(item, None, str(error))
    except Exception as error:  # a fault of ours must not end the other items
        at = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(at.filename)}, line {at.lineno}"
        return Outcome(item, None, f"a fault of s3io-user itself ({type(error).__name__} in {place}): please report it")
