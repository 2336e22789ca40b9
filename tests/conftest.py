"""What every test has."""

from tests import models

models.keep()
