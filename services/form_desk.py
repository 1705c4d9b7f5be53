"""The desk at which submissions are taken and processed: the trigger takes them, the studio deals with its queue."""

from common.adapters.mail.tokens import PublicAddresses
from common.adapters.mongo.contacts import MongoContacts
from common.adapters.mongo.effects import MongoEffects
from common.adapters.mongo.forms import MongoForms, MongoSubmissions
from common.runtime.form_desk import FormDesk
from services.mail_tokens import tokens_of
from services.process import Process


def form_desk(process: Process) -> FormDesk:
    database = process.database
    addresses = PublicAddresses(process.settings.public_url, tokens_of(process.settings))
    return FormDesk(
        forms=MongoForms(database),
        submissions=MongoSubmissions(database),
        people=MongoContacts(database, process.partitions),
        archive=process.archive,
        effects=MongoEffects(database),
        batches=process.batches,
        clock=process.clock,
        partitions=process.partitions,
        confirm_address=addresses.confirm,
    )
