"""What the engine asks of the world outside: protocols, and the values that cross them.

Stores *plan* writes (`Write`), and only `Batches.commit` makes them happen, all or none.
"""

from common.ports.bulk import (
    Bulks,
)
from common.ports.clock import (
    Clock,
    Drained,
    Left,
)
from common.ports.designs import (
    ActAt,
    CapDesigns,
    Contents,
    FlowDesigns,
    Flows,
    FlowSummary,
    Keys,
    Selected,
    Selections,
    UnfinishedAct,
    VersionLine,
)
from common.ports.effects import (
    Channel,
    Effects,
    Mailer,
    Message,
    Slots,
    SmsProvider,
    TextMessage,
)
from common.ports.errors import (
    MailRefused,
    MailUnavailable,
    MailUncertain,
    Unavailable,
    Unsendable,
    Unstorable,
)
from common.ports.forms import (
    Forms,
    People,
    Submissions,
)
from common.ports.matching import (
    Happening,
    Matcher,
)
from common.ports.reports import (
    FactRow,
    FlowTallies,
    Reports,
)
from common.ports.road import (
    Backlog,
    Batches,
    Commit,
    CommitResult,
    Committed,
    Courier,
    Delivery,
    Guard,
    OutsideEvents,
    Ownership,
    Parked,
    Partitions,
    Work,
    Write,
)
from common.ports.stores import (
    Addresses,
    Archive,
    Caps,
    Contacts,
    Decisions,
    HeldAddresses,
    Participants,
)

__all__ = [
    "ActAt",
    "Addresses",
    "Archive",
    "Backlog",
    "Batches",
    "Bulks",
    "CapDesigns",
    "Caps",
    "Channel",
    "Clock",
    "Commit",
    "CommitResult",
    "Committed",
    "Contacts",
    "Contents",
    "Courier",
    "Decisions",
    "Delivery",
    "Drained",
    "Effects",
    "FactRow",
    "FlowDesigns",
    "FlowSummary",
    "FlowTallies",
    "Flows",
    "Forms",
    "Guard",
    "Happening",
    "HeldAddresses",
    "Keys",
    "Left",
    "MailRefused",
    "MailUnavailable",
    "MailUncertain",
    "Mailer",
    "Matcher",
    "Message",
    "OutsideEvents",
    "Ownership",
    "Parked",
    "Participants",
    "Partitions",
    "People",
    "Reports",
    "Selected",
    "Selections",
    "Slots",
    "SmsProvider",
    "Submissions",
    "TextMessage",
    "Unavailable",
    "UnfinishedAct",
    "Unsendable",
    "Unstorable",
    "VersionLine",
    "Work",
    "Write",
]
