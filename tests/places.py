"""Buckets and folders for property tests: names that are easily taken for one another, and what each opens."""

from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import strategies as st

BUCKETS = ("photos", "photos-private", "photosx", "pho", "a.photos", "media.example.org")
FOLDERS = (
    "wp",
    "wp-content/uploads",
    "wp-content",
    "wp-content/uploads-private",
    "wp/a b",
    "é[x]",
    "$ \"quoted' \\",
    "photos",
)
"""Each with siblings that begin with its name, and some with characters that JSON or a pattern could trip over."""


@dataclass(frozen=True)
class Place:
    """A bucket, or a folder in it where ``folder`` is not empty."""

    bucket: str
    folder: str = ""

    def __str__(self) -> str:
        return f"{self.bucket}/{self.folder}" if self.folder else self.bucket

    def arn(self, partition: str) -> str:
        """Its ARN."""
        return f"arn:{partition}:s3:::{self}"

    def spellings(self) -> list[str]:
        """Every way to write it."""
        return [start + end for start in (str(self), f"s3://{self}", self.arn("aws")) for end in ("", "/", "/*")]

    def holds_key(self, bucket: str, key: str) -> bool:
        """Whether an object lies in it."""
        return bucket == self.bucket and (not self.folder or key.startswith(f"{self.folder}/"))

    def lists(self, bucket: str, prefix: str | None) -> bool:
        """Whether a list of a bucket with a prefix (None: without) stays in it, as the plugin writes its folder."""
        if bucket != self.bucket or not self.folder:
            return bucket == self.bucket
        return prefix is not None and (prefix == self.folder or prefix.startswith(f"{self.folder}/"))


PLACES = st.builds(Place, st.sampled_from(BUCKETS), st.sampled_from(("", *FOLDERS)))
SETS = st.lists(PLACES, min_size=1, max_size=8)


def keys_near(places: Iterable[Place]) -> list[tuple[str, str]]:
    """Buckets and keys in the places and right beside them."""
    buckets = {place.bucket for place in places} | {"photos", "photos-private", "photosx"}
    folders = {place.folder for place in places} | {"wp", "wp-content"}
    paths = {
        path
        for folder in folders
        for path in (f"{folder}/x.jpg", f"{folder}", f"{folder}x/x.jpg", f"{folder}-private/x.jpg", f"a/{folder}/x.jpg")
    }
    return [(bucket, path) for bucket in sorted(buckets) for path in sorted(paths - {""})]


def prefixes_near(places: Iterable[Place]) -> list[tuple[str, str | None]]:
    """Buckets and prefixes (None: without one) in the places and right beside them."""
    buckets = {place.bucket for place in places} | {"photos", "photosx"}
    folders = {place.folder for place in places} | {"wp"}
    prefixes: set[str] = {
        prefix
        for folder in folders
        for prefix in (folder, f"{folder}/", f"{folder}/2026/01", f"{folder}x", f"{folder}-private/", folder[:-1])
    }
    return [(bucket, prefix) for bucket in sorted(buckets) for prefix in (None, *sorted(prefixes))]
