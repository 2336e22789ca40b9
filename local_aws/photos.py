"""A bucket with real images in it, and what the plugin does with one of them."""

import io
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

BUCKET = "photos"
FOLDER = "wp-content/uploads"
BESIDE = "wp-content/backups/site.sql"
"""An object in a folder beside it, which a key for the images is not to reach."""
FIRST = f"{FOLDER}/2026/10/logo.png"
"""The first image in the order of a listing."""
_SCENES = {"2026/11/harbour.jpg": "JPEG", "2026/11/market.jpg": "JPEG", "2026/10/logo.png": "PNG"}


def seed(s3: Any) -> None:
    """Have the bucket, which takes no ACLs and keeps versions, with the images and a backup in it."""
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
    """Whether what comes last is there."""
    try:
        s3.head_object(Bucket=BUCKET, Key=BESIDE)
    except ClientError:
        return False
    return True


def _image(number: int, kind: str) -> bytes:
    """An image as a camera or a careless export leaves it: larger than it needs to be."""
    import PIL.Image  # a tenth of a second, which who only asks for the way to the AWS need not wait

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
    """An image as it lies in the bucket."""

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
    """The same image in fewer bytes; nothing where there is no way."""
    import PIL.Image

    picture = PIL.Image.open(io.BytesIO(image.body))
    out = io.BytesIO()
    how = {"quality": 82, "progressive": True} if picture.format == "JPEG" else {}
    picture.save(out, picture.format, optimize=True, **how)
    return out.getvalue() if len(out.getvalue()) < len(image.body) else b""


def write(s3: Any, key: str, image: Image, body: bytes) -> None:
    """Put a smaller body in the place of an image's."""
    s3.put_object(Bucket=BUCKET, Key=key, Body=body, ContentType=image.content_type)
