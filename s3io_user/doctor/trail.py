"""Looks up who created an access key, in CloudTrail's event history: 90 days, free of charge."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from s3io_user.aws.connection import Connection, reworded
from s3io_user.aws.users import KeyInfo
from s3io_user.doctor.ownership import Maker

# The regions in which CloudTrail records the events of IAM, a global service.
_REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_AROUND = timedelta(minutes=1)


def maker_of(access: Connection, partition: str, key: KeyInfo) -> Maker | None:
    """Who created a key; None if CloudTrail does not show it (yet). Raises AwsError."""
    trail = replace(access, region=_REGIONS.get(partition, "us-east-1")).client("cloudtrail")

    def read() -> list[Mapping[str, Any]]:
        # In here, since a date at either end of time overflows, and is then an answer that could not be read.
        around = {"StartTime": key.created - _AROUND, "EndTime": key.created + _AROUND}
        created = [{"AttributeKey": "EventName", "AttributeValue": "CreateAccessKey"}]
        pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=created, **around)
        return [event for page in pages for event in page["Events"]]

    events = reworded(f"see who made the key {key.id}", read)
    return next((maker for event in events if (maker := _maker(event, key.id))), None)


def _maker(event: Mapping[str, Any], key_id: str) -> Maker | None:
    try:
        record = json.loads(event["CloudTrailEvent"])
        if record["responseElements"]["accessKey"]["accessKeyId"] != key_id:
            return None
        return Maker(str(record["userIdentity"]["arn"]), str(record.get("userAgent", "")))
    except (KeyError, TypeError, ValueError):
        return None
