"""The reference CRM's webhook (domain.md §12): signed, answered with exactly 200, and its events archived as ours.

Only 200 counts as delivered. Whatever else it gets, the CRM tries twice more within seconds, throws the event away,
and after nine failures closes the webhook; 410 closes it at once and is never answered.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel

from common.adapters.mongo.refused import MongoRefused
from common.domain.complaints import Complaint
from common.messages.posted import PostedMessage, RefusedMessage
from common.ports import Unstorable
from common.runtime.answer_in_time import RouteInTime
from common.runtime.metrics import Intake as IntakeOutcome
from common.runtime.metrics import Metrics
from common.runtime.problems import Invalid, Problem
from common.runtime.setting_parts import CrmSettings
from services.trigger.cloud_events import Unreadable, json_of
from services.trigger.crm_enrichment import CrmEnricher, waits_its_turn
from services.trigger.crm_intake import CrmIntake
from services.trigger.crm_mapping import contact_of, read_crm_event
from services.trigger.crm_payload import NoPayload, Payload, read_payload
from services.trigger.events import Bad

WAY = "crm"
SIGNATURE = "X-Superoffice-Signature"
EVENT_ID = "X-Superoffice-EventId"
PROBE = "X-Hook-Test"
BAD_SIGNATURE = "crm_webhook.bad_signature"
REFUSED = "crm_webhook.refused"

CRM_BODY = {
    "requestBody": {
        "required": True,
        "description": f"As the CRM signs it, with the header {SIGNATURE}.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}

log = structlog.get_logger()


class BadSignature(Problem):
    status, slug, title = HTTPStatus.UNAUTHORIZED, "bad-signature", "Not signed with the shared secret"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": f"HMAC-SHA256 header={SIGNATURE}"})


class Stale(Problem):
    """Signed, but so long ago that repeats of it are no longer known."""

    status, slug, title = HTTPStatus.UNAUTHORIZED, "stale", "Signed too long ago"


class WebhookOff(Problem):
    status, slug, title = HTTPStatus.NOT_FOUND, "webhook-off", "The CRM's webhook is off"

    def __init__(self) -> None:
        super().__init__("it opens when HEADRACE_CRM_SECRET is set to the secret that the CRM signs with")


class Delivered(StrEnum):
    """Why the CRM need not send it again."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    PROBE = "probe"


class Acknowledgement(BaseModel):
    outcome: Delivered
    id: str | None = None


def router(
    settings: CrmSettings,
    intake: CrmIntake,
    refused: MongoRefused,
    metrics: Metrics,
    enricher: CrmEnricher | None = None,
) -> APIRouter:
    webhook = CrmWebhook(settings, intake, refused, metrics, enricher)
    routes = APIRouter(prefix="/v1", tags=["ways in"], route_class=RouteInTime)

    @routes.post("/events/crm", openapi_extra=CRM_BODY)
    async def post_crm_event(request: Request) -> Acknowledgement:
        """One event as the reference CRM's webhook sends it, signed with the secret shared with it.

        200 when it is archived, was so before, or is the CRM's test; 401 for a wrong signature, and for an
        event that is older than HEADRACE_CRM_WINDOW; 422 for what the CRM never sends (kept among the refused); 503
        when it could not be archived.
        """
        body = await request.body()
        check(settings, request.headers.get(SIGNATURE), body)
        return await webhook.take(body, request.headers, datetime.now(UTC))

    return routes


def check(settings: CrmSettings, signature: str | None, body: bytes) -> None:
    """Raises `WebhookOff` where the webhook is off, `BadSignature` unless the secret's holder wrote the body."""
    if settings.secret is None:
        if settings.unsigned:
            return
        raise WebhookOff
    if signature is None:
        log.warning(BAD_SIGNATURE, why="none")
        raise BadSignature(f"the header {SIGNATURE} is missing: give the webhook its secret")
    expected = signature_of(settings.secret.get_secret_value(), body)
    if not hmac.compare_digest(expected, signature.strip().encode()):
        log.warning(BAD_SIGNATURE, why="wrong")
        raise BadSignature("the signature is not that of this body under the shared secret")


def fresh(settings: CrmSettings, payload: Payload, now: datetime) -> None:
    """Raises `Stale` for what somebody may have kept and sends again when it is forgotten here."""
    if settings.secret is None or not settings.window or payload.moment is None:
        return
    age = now - payload.moment.at
    if age > timedelta(seconds=settings.window):
        log.warning(BAD_SIGNATURE, why="stale")
        raise Stale(f"the event is of {payload.moment.at.isoformat()}: more than {settings.window} s old")


def signature_of(secret: str, body: bytes) -> bytes:
    """base64 of the body's HMAC-SHA256."""
    return b64encode(hmac.new(secret.encode(), body, sha256).digest())


class CrmWebhook:
    """`enricher`: takes the events whose records can be fetched."""

    def __init__(
        self,
        settings: CrmSettings,
        intake: CrmIntake,
        refused: MongoRefused,
        metrics: Metrics,
        enricher: CrmEnricher | None,
    ) -> None:
        self._settings = settings
        self._enricher = enricher
        self._intake = intake
        self._refused = refused
        self._metrics = metrics

    async def take(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Acknowledgement:
        """Archive it; `now` is machine time. Raises `Unavailable`, `Stale`, and `Invalid` for what is kept among the
        refused."""
        if headers.get(PROBE, "").lower() == "true":
            return Acknowledgement(outcome=Delivered.PROBE)
        payload: Payload | None = None
        try:
            payload = read_payload(json_of(body))
            if payload.is_test:
                return Acknowledgement(outcome=Delivered.PROBE)
            fresh(self._settings, payload, now)
            return await self._archive(payload, self._event_id(headers))
        except Unreadable as error:
            complaints = [Complaint((), str(error))]
        except NoPayload as error:
            complaints = list(error.complaints)
        except Unstorable as error:
            complaints = [Complaint((), f"can't be stored: {error}")]
        await self._refuse(body, headers, complaints, payload)
        raise Invalid.document(complaints)

    def _event_id(self, headers: Mapping[str, str]) -> str | None:
        """Headers are not signed: beside a signature they name nothing, or a repeat could be made to look new."""
        return headers.get(EVENT_ID) if self._settings.secret is None else None

    async def _archive(self, payload: Payload, event_id: str | None) -> Acknowledgement:
        read = read_crm_event(payload, event_id)
        if isinstance(read, Bad):
            raise NoPayload(read.complaints)
        if self._enricher is not None and waits_its_turn(payload):
            new = await self._enricher.take(payload, read.record)
        else:
            (new,) = await self._intake.submit([read.record])
        return Acknowledgement(outcome=Delivered.ACCEPTED if new else Delivered.DUPLICATE, id=read.record.id)

    async def _refuse(
        self,
        body: bytes,
        headers: Mapping[str, str],
        complaints: list[Complaint],
        payload: Payload | None,
    ) -> None:
        """Keep it for a person: the CRM throws it away."""
        message = PostedMessage(body, headers.get("Content-Type"), {}, headers.get(EVENT_ID))
        errors = [{"pointer": each.pointer, "detail": each.detail} for each in complaints]
        contact = contact_of(payload) if payload else None
        await self._refused.keep([RefusedMessage(WAY, message, errors, [contact] if contact else [])])
        self._metrics.intake(IntakeOutcome.REFUSED)
        log.warning(REFUSED, id=message.digest, place=errors[0]["pointer"], why=errors[0]["detail"])
