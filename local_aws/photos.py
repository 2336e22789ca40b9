"""A bucket with real images in it, and what the plugin does with one of them."""

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image

BUCKET = "photos"
FOLDER = "wp-content/uploads"
BESIDE = "wp-content/backups/site.sql"
"""An object in a folder beside it, which a key for the images is not to reach."""
_SCENES = {"2026/11/harbour.jpg": "JPEG", "2026/11/market.jpg": "JPEG", "2026/10/logo.png": "PNG"}


def seed(s3: Any) -> None:
    """Make the bucket, which takes no ACLs and keeps versions, and put the images and a backup in it."""
    s3.create_bucket(Bucket=BUCKET, ObjectOwnership="BucketOwnerEnforced")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key=BESIDE, Body=b"-- everything that the site knows")
    for number, (name, kind) in enumerate(_SCENES.items()):
        s3.put_object(
            Bucket=BUCKET, Key=f"{FOLDER}/{name}", Body=_image(number, kind), ContentType=f"image/{kind.lower()}"
        )


def _image(number: int, kind: str) -> bytes:
    """An image as a camera or a careless export leaves it: larger than it needs to be."""
    size = (480, 320)
    bands = [
        Image.radial_gradient("L").resize(size),
        Image.linear_gradient("L").rotate(90 * number).resize(size),
        Image.effect_noise(size, 16),
    ]
    out = io.BytesIO()
    picture = Image.merge("RGB", [*bands[number:], *bands[:number]])
    picture.save(out, kind, **({"quality": 98, "subsampling": 0} if kind == "JPEG" else {"compress_level": 1}))
    return out.getvalue()


@dataclass(frozen=True)
class Optimised:
    """An image before and after: its key, and its sizes in bytes."""

    key: str
    before: int
    after: int


def optimise_first(s3: Any, bucket: str = BUCKET, folder: str = FOLDER) -> tuple[int, Optimised]:
    """List the folder, download its first image, optimise it and write it back; also how many were listed."""
    listed = s3.list_objects(Bucket=bucket, Prefix=folder)["Contents"]
    key = listed[0]["Key"]
    original = s3.get_object(Bucket=bucket, Key=key)
    body = original["Body"].read()
    smaller = min(body, _optimise(body), key=len)
    if len(smaller) < len(body):
        s3.put_object(Bucket=bucket, Key=key, Body=smaller, ContentType=original["ContentType"])
    return len(listed), Optimised(key, len(body), len(smaller))


def _optimise(body: bytes) -> bytes:
    picture = Image.open(io.BytesIO(body))
    out = io.BytesIO()
    how = {"quality": 82, "progressive": True} if picture.format == "JPEG" else {}
    picture.save(out, picture.format, optimize=True, **how)
    return out.getvalue()
