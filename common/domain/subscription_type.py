"""Types of mail that contacts subscribe to: the installation's list, from which the preference page is made."""

from pydantic import Field

from common.domain.instant import Instant
from common.domain.model import Model, Slug

MOST_TYPES = 100


class SubscriptionTypeData(Model):
    """What readers see of it."""

    name: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=1_000)


class SubscriptionType(SubscriptionTypeData):
    """A type as stored; `revision` is its ETag."""

    v: int = 1
    id: Slug
    revision: int = 1
    created_at: Instant
    updated_at: Instant
