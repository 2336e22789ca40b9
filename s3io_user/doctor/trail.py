"""Who made an access key: what CloudTrail's event history has of it, free of charge and for 90 days."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from s3io_user.aws.connection import Connection, reworded
from s3io_user.aws.users import KeyInfo
from s3io_user.doctor.ownership import Maker

# Where CloudTrail keeps what IAM does, which is in no region.
_REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_AROUND = timedelta(minutes=1)


def maker_of(access: Connection, partition: str, key: KeyInfo) -> Maker | None:
    """Who made a key, as CloudTrail has it; None where it has nothing (yet). Raises AwsError."""
    trail = replace(access, region=_REGIONS.get(partition, "us-east-1")).client("cloudtrail")

    def read() -> list[Mapping[str, Any]]:
        # Within the look-up, for a date at either end of time is one that can't be read.
        around = {"StartTime": key.created - _AROUND, "EndTime": key.created + _AROUND}
        asked = [{"AttributeKey": "EventName", "AttributeValue": "CreateAccessKey"}]
        pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=asked, **around)
        return [event for page in pages for event in page["Events"]]

    events = reworded(f"see who made the key {key.id}", read)
    return next((maker for event in events if (maker := _maker(event, key.id))), None)


def _maker(event: Mapping[str, Any], key_id: str) -> Maker | None:
    try:
        said = json.loads(event["CloudTrailEvent"])
        if said["responseElements"]["accessKey"]["accessKeyId"] != key_id:
            return None
        return Maker(str(said["userIdentity"]["arn"]), str(said.get("userAgent", "")))
    except (KeyError, TypeError, ValueError):
        return None
