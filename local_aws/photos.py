"""A bucket of real images, and what the S3 Image Optimizer does with an image."""

import io
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

BUCKET = "photos"
FOLDER = "wp-content/uploads"
BESIDE = "wp-content/backups/site.sql"
"""An object in another folder, which a key for the images must not reach."""
FIRST = f"{FOLDER}/2026/10/logo.png"
"""The first image in the order of a listing."""
_SCENES = {"2026/11/harbour.jpg": "JPEG", "2026/11/market.jpg": "JPEG", "2026/10/logo.png": "PNG"}


def seed(s3: Any) -> None:
    """Create the bucket, without ACLs and with versioning, and put the images and a backup into it."""
    if _is_seeded(s3):
        return
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, ObjectOwnership="BucketOwnerEnforced")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for number, (name, kind) in enumerate(_SCENES.items()):
        s3.put_object(
            Bucket=BUCKET, Key=f"{FOLDER}/{name}", Body=_image(number, kind), ContentType=f"image/{kind.lower()}"
        )
    s3.put_object(Bucket=BUCKET, Key=BESIDE, Body=b"-- everything that the site knows")


def _is_seeded(s3: Any) -> bool:
    """Whether the last object exists."""
    try:
        s3.head_object(Bucket=BUCKET, Key=BESIDE)
    except ClientError:
        return False
    return True


def _image(number: int, kind: str) -> bytes:
    """An image that is larger than it needs to be, like one from a camera."""
    import PIL.Image  # only here: it takes a tenth of a second

    size = (480, 320)
    bands = [
        PIL.Image.radial_gradient("L").resize(size),
        PIL.Image.linear_gradient("L").rotate(90 * number).resize(size),
        PIL.Image.effect_noise(size, 16),
    ]
    out = io.BytesIO()
    picture = PIL.Image.merge("RGB", [*bands[number:], *bands[:number]])
    picture.save(out, kind, **({"quality": 98, "subsampling": 0} if kind == "JPEG" else {"compress_level": 1}))
    return out.getvalue()


@dataclass(frozen=True)
class Image:
    """An image in the bucket."""

    body: bytes
    content_type: str


def images(s3: Any) -> list[str]:
    """The keys of the images."""
    return [each["Key"] for each in s3.list_objects(Bucket=BUCKET, Prefix=FOLDER).get("Contents", [])]


def read(s3: Any, key: str) -> Image:
    """Download an image."""
    answer = s3.get_object(Bucket=BUCKET, Key=key)
    return Image(answer["Body"].read(), answer["ContentType"])


def smaller(image: Image) -> bytes:
    """The same image in fewer bytes; empty if it can't be made smaller."""
    import PIL.Image

    picture = PIL.Image.open(io.BytesIO(image.body))
    out = io.BytesIO()
    how = {"quality": 82, "progressive": True} if picture.format == "JPEG" else {}
    picture.save(out, picture.format, optimize=True, **how)
    return out.getvalue() if len(out.getvalue()) < len(image.body) else b""


def write(s3: Any, key: str, image: Image, body: bytes) -> None:
    """Overwrite an image with another body."""
    s3.put_object(Bucket=BUCKET, Key=key, Body=body, ContentType=image.content_type)
