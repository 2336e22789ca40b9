"""Explains what policies let their user do: documents and a catalogue of actions in, plain dataclasses out."""

from s3io_user.explain.catalogue import Action
from s3io_user.explain.explanation import FULL_ACCESS, AwsFinding, Explanation, explain, services
from s3io_user.explain.grants import LEVELS, Grant, Row
from s3io_user.explain.marked import Danger
from s3io_user.explain.places import Kind
from s3io_user.explain.questions import Answer
from s3io_user.explain.tighter import Config, Tighter, config_key

__all__ = [
    "FULL_ACCESS",
    "LEVELS",
    "Action",
    "Answer",
    "AwsFinding",
    "Config",
    "Danger",
    "Explanation",
    "Grant",
    "Kind",
    "Row",
    "Tighter",
    "config_key",
    "explain",
    "services",
]
