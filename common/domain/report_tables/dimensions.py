"""What facts are about. Always as things stand now: views of what the engine works with."""

from common.domain.report_tables.table import ID, Table, instant, personal, text, whole, yes_no

FLOWS = Table(
    "report_flows",
    "A row for each flow, deleted ones too.",
    (
        text(ID, "Id of the flow."),
        text("name", "Its name, as its author saved it last."),
        text("folder", "Where it lies in the folder tree; empty at the top."),
        text("owner", "Who owns it."),
        text("state", "`not_running`, `running` or `paused`."),
        whole("run", "Number of its latest run; 0 before the first."),
        text("timezone", "The timezone in which its days are counted."),
        instant("updated_at", "When it was saved, or changed its state, last."),
        instant("deleted_at", "When it was deleted.", nullable=True),
    ),
)
VERSIONS = Table(
    "report_versions",
    "A row for each frozen version of a flow.",
    (
        text(ID, "Flow and version, with a colon between."),
        text("flow", "Id of the flow."),
        whole("version", "Number of the version, from 1."),
        text("name", "The flow's name in this version."),
        text("timezone", "The timezone in which days are counted for those who go by it."),
        instant("frozen_at", "When it was frozen, at a run or a resume."),
    ),
)
STEPS = Table(
    "report_steps",
    "A row for each step of each version that somebody has gone by.",
    (
        text(ID, "Flow, version and step, with colons between."),
        text("flow", "Id of the flow."),
        whole("version", "Number of the version."),
        text("step", "Id of the step."),
        text("kind", "What kind of step, such as `send_email` or `wait_time`."),
        text("title", "What its author called it; empty where it has no title."),
        whole("position", "Its place from top to bottom, left to right, from 1."),
        text("parent", "The split that it stands in; empty on the trunk."),
        text("branch", "The branch of that split; empty on the trunk."),
        text("content", "Id of the content that it sends; empty where it sends none."),
    ),
)
CONTENTS = Table(
    "report_contents",
    "A row for each version of each content.",
    (
        text(ID, "Content and version, with a colon between."),
        text("content", "Id of the content."),
        whole("version", "Number of the version, from 1."),
        text("name", "Its name."),
        text("subject", "Its subject, with merge tags as they were written."),
        instant("created_at", "When this version was saved."),
    ),
)
CONTACTS = Table(
    "report_contacts",
    "A row for each contact that is known; one that was forgotten has none, though its facts stay.",
    (
        text(ID, "Id of the contact, by the CRM."),
        personal("first_name", "First name."),
        personal("last_name", "Last name."),
        personal("email", "E-mail address."),
        personal("mobile", "Mobile number."),
        personal("company_name", "Name of its company."),
        text("country", "Country.", nullable=True),
        text("language", "Language.", nullable=True),
        text("category", "Category.", nullable=True),
        text("company", "Id of its company.", nullable=True),
        text("company_country", "Country of its company.", nullable=True),
        text("company_category", "Category of its company.", nullable=True),
        yes_no("retired", "Is a former employee."),
        yes_no("no_mailing", "Gets no mailings."),
    ),
)

DIMENSIONS = (FLOWS, VERSIONS, STEPS, CONTENTS, CONTACTS)
