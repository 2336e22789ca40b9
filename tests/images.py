"""What a site does with its key on the bucket of images."""

from local_aws import photos
from local_aws.server import Aws


def optimise_first(aws: Aws, access_key_id: str, secret_access_key: str) -> int:
    """List the images, read the first one, optimise it and write it back. Returns how many were listed."""
    s3 = aws.client("s3", access_key_id, secret_access_key)
    keys = photos.images(s3)
    image = photos.read(s3, keys[0])
    photos.write(s3, keys[0], image, photos.smaller(image) or image.body)
    return len(keys)
