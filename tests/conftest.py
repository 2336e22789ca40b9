"""Applies to every test: AWS's models are read only once."""

from tests import models

models.keep()
