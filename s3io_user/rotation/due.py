"""Whether a key is due for rotation: by the calendar of its inputs, or by its age. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from s3io_user.errors import S3IOError
from s3io_user.keys import schedule
from s3io_user.rotation.state import Keys

if TYPE_CHECKING:
    from s3io_user.inputs.fields import Inputs


@dataclass(frozen=True)
class Due:
    """Whether a key is due, and a sentence's end that says why, or when it will be: "the key … is 10 days old"."""

    now: bool
    reason: str


def next_generation(inputs: "Inputs", keys: Keys) -> int:
    """The generation that `pulumi up` makes now, as the component decides it."""
    return inputs.after(keys.last).key_generation


def period_has_ended(inputs: "Inputs") -> bool:
    """Whether the calendar's next period has begun since the inputs were read."""
    every = inputs.rotate_every_days
    return bool(every and _period(inputs).generation > inputs.key_generation)


def due(inputs: "Inputs", keys: Keys, older_than: int | None, now: datetime) -> Due:
    """Whether the current key is due. ``older_than`` is in days. Raises S3IOError if nothing says when it is."""
    if inputs.rotate_every_days:
        return _by_calendar(inputs, keys)
    if older_than is None:
        raise S3IOError(
            "nothing says when the key is due: set rotateEveryDays in the stack's config, or add --older-than"
        )
    created = keys.created.get(keys.latest)
    if created is None:
        raise S3IOError("the stack's state does not say when the key was created: run pulumi refresh")
    at = created + timedelta(days=older_than)
    age = f"is {(now - created).days} days old"
    return Due(now >= at, f"{age} (--older-than {older_than})" if now >= at else f"{age}, and due on {at:%Y-%m-%d}")


def _by_calendar(inputs: "Inputs", keys: Keys) -> Due:
    generation = next_generation(inputs, keys)
    if generation > keys.latest:
        return Due(True, f"has generation {keys.latest}, and generation {generation} is due (rotateEveryDays)")
    return Due(False, f"has generation {keys.latest}, and the next is due on {_period(inputs).following}")


def _period(inputs: "Inputs") -> schedule.Due:
    return schedule.due(str(inputs.rotate_from), int(inputs.rotate_every_days or 0), schedule.today())
