"""The studio's HTTP interface, out of its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from common.adapters.mongo.addresses import MongoAddresses
from common.ports import (
    CapDesigns,
    CrmChanges,
    Keys,
    Projects,
    Selected,
    Selections,
    SenderDomainDesigns,
    SubscriptionTypeDesigns,
    UserDesigns,
)
from common.runtime.stepping import Stepper
from services.studio import (
    address_tasks,
    addresses_api,
    attachments_api,
    caps_api,
    clock_api,
    contents_api,
    crm_records_api,
    flows_api,
    forms_api,
    keys_api,
    previews_api,
    projects_api,
    selections_api,
    sender_domains_api,
    submissions_api,
    subscription_types_api,
    users_api,
    versions_api,
)
from services.studio.contents_api import ContentDesigns
from services.studio.copies import Copies
from services.studio.forms_api import FormDesigns
from services.studio.life_cycle import LifeCycle
from services.studio.operations import api as operations_api
from services.studio.submissions_api import Queue


@dataclass(frozen=True, slots=True)
class Studio:
    """What the interface works on."""

    life: LifeCycle
    versions: versions_api.Versions
    contents: ContentDesigns
    previews: previews_api.Previews
    forms: FormDesigns
    queue: Queue
    selections: Selections
    projects: Projects
    caps: CapDesigns
    sender_domains: SenderDomainDesigns
    selected: Selected
    addresses: MongoAddresses
    address_tasks: address_tasks.AddressTasks
    subscription_types: SubscriptionTypeDesigns
    users: UserDesigns
    crm_records: CrmChanges
    keys: Keys
    stepper: Stepper
    operations: operations_api.Operations


def routers(studio: Studio) -> Sequence[APIRouter]:
    designs = studio.life.designs
    return (
        flows_api.router(designs, studio.life),
        flows_api.schema_router(),
        versions_api.router(designs, studio.versions),
        versions_api.copies_router(Copies(designs)),
        contents_api.router(studio.contents),
        previews_api.router(studio.previews),
        attachments_api.router(studio.contents.attachments),
        forms_api.router(studio.forms),
        submissions_api.router(studio.queue),
        selections_api.router(studio.selections, studio.selected, designs.clock),
        projects_api.router(studio.projects, designs.clock),
        addresses_api.router(studio.addresses),
        address_tasks.router(studio.address_tasks),
        subscription_types_api.router(studio.subscription_types, designs.clock),
        users_api.router(studio.users, designs.clock),
        crm_records_api.router(studio.crm_records),
        sender_domains_api.router(studio.sender_domains, designs.clock),
        caps_api.router(studio.caps, designs.clock),
        clock_api.router(designs.clock, studio.stepper),
        keys_api.router(studio.keys),
        operations_api.router(studio.operations, designs),
    )
