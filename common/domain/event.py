"""Types of events and operations that travel the road.

Whatever the CRM posts has a type of its own choosing, but for the prefix `headrace.`, which is the engine's.
"""

CONTACT_CREATED = "contact.created"
CONTACT_UPDATED = "contact.updated"
CONTACT_CONSENTED = "contact.consented"
CONTACT_UNCONSENTED = "contact.unconsented"
COMPANY_CHANGED = "company.updated"
CONTACT_DELETED = "contact.deleted"
CONTACT_SOFT_DELETED = "contact.soft_deleted"
CONTACT_UNSUBSCRIBED = "contact.unsubscribed"
CONTACT_PREFERRED = "contact.preferences_changed"
SELECTION_ADDED = "selection.added"
SELECTION_REMOVED = "selection.removed"
PROJECT_ADDED = "project.added"
PROJECT_REMOVED = "project.removed"
FORM_SUBMITTED = "form.submitted"
LINK_CLICKED = "link.clicked"
MAIL_OPENED = "mail.opened"
MAIL_BOUNCED = "mail.bounced"
MAIL_COMPLAINED = "mail.complained"
ORDER_PLACED = "order.placed"
SALE_CREATED = "sale.created"
SALE_SOLD = "sale.sold"
SALE_LOST = "sale.lost"
REQUEST_CREATED = "request.created"
REQUEST_MESSAGE_ADDED = "request.message_added"
CHAT_STARTED = "chat.started"
FOLLOW_UP_CREATED = "follow_up.created"

BUILT_IN = frozenset(
    {
        CONTACT_CREATED,
        CONTACT_UPDATED,
        CONTACT_UNSUBSCRIBED,
        CONTACT_PREFERRED,
        SELECTION_ADDED,
        SELECTION_REMOVED,
        PROJECT_ADDED,
        PROJECT_REMOVED,
        FORM_SUBMITTED,
        LINK_CLICKED,
        MAIL_OPENED,
        MAIL_BOUNCED,
        MAIL_COMPLAINED,
        ORDER_PLACED,
        SALE_CREATED,
        SALE_SOLD,
        SALE_LOST,
        REQUEST_CREATED,
        REQUEST_MESSAGE_ADDED,
        CHAT_STARTED,
        FOLLOW_UP_CREATED,
    }
)
"""Names that a custom event can't take: a kind of pattern listens for them, or they are about mail."""

RESERVED_PREFIX = "headrace."
ACT_WANTED = "headrace.act.wanted"
CONTACT_IMPORTED = "headrace.contact.imported"
ENROLMENT_SUGGESTED = "headrace.enrolment.suggested"
PARTICIPANT_REMOVED = "headrace.participant.removed"
EFFECT_SETTLED = "headrace.effect.settled"
EFFECT_WAITS = "headrace.effect.waits"
FLOW_ENDED = "headrace.flow.ended"
FLOW_RESUMED = "headrace.flow.resumed"
SMS_REPORTED = "headrace.sms.reported"
TIMER_FIRED = "headrace.timer.fired"
CONTACT_FORGOTTEN = "headrace.contact.forgotten"
BULK_CONTINUED = "headrace.bulk.continued"
COMPANY_TOLD = "headrace.company.told"
COMPANY_SALE_CREATED = "headrace.company.sale_created"
COMPANY_UPDATED = "headrace.company.updated"

LOOP_DEPTH = 10
"""An event raised by flows this many times over, without a wait between, is refused as a loop."""
