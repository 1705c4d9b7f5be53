"""The flow as a document: what its author writes, what is stored, what is frozen at run (domain.md §2, §3)."""

from enum import StrEnum
from typing import Literal

from pydantic import EmailStr, Field

from common.domain.analytics import Analytics
from common.domain.conditions import Asker, DraftCriteria
from common.domain.instant import Instant
from common.domain.model import Model, Slug
from common.domain.patterns import AnyCriterion, AnyTrigger
from common.domain.reasons import FlowState
from common.domain.sender import FromWhom, Origin, ReplyToWhom
from common.domain.sending_window import SendingWindow
from common.domain.sms import SmsSettings
from common.domain.steps import AnyStep
from common.domain.user import UserId
from common.domain.zones import Timezone

MAX_STEPS = 1000


class Visibility(StrEnum):
    OWNER = "owner"
    GROUP = "group"
    ALL = "all"


class Audience(Model):
    """Users and groups of users, by the CRM's ids and names."""

    users: list[UserId] = Field(default_factory=list, max_length=200)
    groups: list[str] = Field(default_factory=list, max_length=100)


class EmailSettings(Model):
    """How this flow's messages are sent; `from_address` may be left out where none is a mail. `override_consent` is
    for transactional messages only. Outside the `window` whoever comes to a message waits before it. `analytics`:
    what its links tell the sites that they lead to.

    Where `from_whom` or `reply_to_whom` is a colleague of the contact, the address beside it is the fall-back.
    """

    from_name: str = Field(default="", max_length=200)
    from_address: EmailStr | Literal[""] = ""
    from_whom: FromWhom = FromWhom.ADDRESS
    reply_to: EmailStr | None = None
    reply_to_whom: ReplyToWhom = ReplyToWhom.ADDRESS
    subscription_type: Slug | None = None
    override_consent: bool = False
    window: SendingWindow | None = None
    analytics: Analytics | None = None

    @property
    def origin(self) -> Origin:
        return Origin(self.from_name, self.from_address, self.from_whom, self.reply_to, self.reply_to_whom)


class Success(Model):
    """What counts as success; any criterion suffices. `move_to_finish`: done at once when met."""

    criteria: list[AnyCriterion] = Field(default_factory=list, max_length=100)
    move_to_finish: bool = True


class Finish(Model):
    """Follow-on flows: suggested when a participant finishes (filters there decide)."""

    on_success: Slug | None = None
    otherwise: Slug | None = None


class Flow(Model):
    """A flow as its author writes it. Steps run from top to bottom, then Finish.

    `visible_for` its owner, the owner's group or all; those it is `shared_with` see it besides.
    Whoever is enrolled before `starts_at` waits for it before the first step; from `enrols_until` on nobody is.
    Who is enrolled here drops out of the flows of `removes_from`. Without a `timezone`, which a sending window
    asks for, days are those of UTC.
    """

    schema_version: int = Field(default=1, ge=1, le=1)
    name: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=10_000)
    folder: str = Field(default="", max_length=400)
    owner: str = Field(default="", max_length=200)
    visible_for: Visibility = Visibility.ALL
    shared_with: Audience = Audience()
    timezone: Timezone | None = None
    triggers: list[AnyTrigger] = Field(default_factory=list, max_length=100)
    once_only: bool = False
    starts_at: Instant | None = None
    enrols_until: Instant | None = None
    removes_from: list[Slug] = Field(default_factory=list, max_length=100)
    filter: DraftCriteria = ()
    exclusion_lists: list[Slug] = Field(default_factory=list, max_length=100)
    success: Success = Success()
    email: EmailSettings | None = None
    sms: SmsSettings | None = None
    steps: list[AnyStep] = Field(default_factory=list, max_length=MAX_STEPS)
    finish: Finish = Finish()

    @property
    def asker(self) -> Asker:
        """On whose behalf its conditions are asked."""
        return Asker.of(self.zone, self.owner)

    @property
    def zone(self) -> str:
        """The IANA name of the timezone by which its days and hours go."""
        return self.timezone or "UTC"


class StoredFlow(Model):
    """A flow with its life: the draft, the state, and the numbers that guard it.

    `revision` is the ETag; `epoch` that of the last life-cycle act; `version` the frozen one (0: never run);
    `run` counts the times it was run from not running.
    """

    v: int = 1
    id: Slug
    revision: int = 1
    state: FlowState = FlowState.NOT_RUNNING
    epoch: int = 0
    version: int = 0
    run: int = 0
    draft: Flow
    created_at: Instant
    updated_at: Instant
    updated_by: str = ""


class FlowVersion(Model):
    """A frozen flow, immutable. `contents` maps each content it uses to that content's version.

    `changed_waits`: by step, the version that set this wait otherwise than before. Whoever has stood on it since an
    older one waits anew from the same moment.
    """

    v: int = 1
    flow: Slug
    version: int
    document: Flow
    contents: dict[str, int] = Field(default_factory=dict)
    changed_waits: dict[str, int] = Field(default_factory=dict)
    frozen_at: Instant
