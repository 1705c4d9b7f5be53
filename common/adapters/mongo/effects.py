"""Collection `effects`: the ledger of what goes out (architecture.md §3.4). Leases run on the server's clock."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel, InsertOne, UpdateMany, UpdateOne
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from common.adapters.mongo.client import Database, Document, translated
from common.domain.effect import OPEN_STATES, Effect, EffectState, may_follow
from common.domain.permission import Permission
from common.domain.recipient import RecipientStatus, before
from common.ports import Write

EFFECTS = "effects"
WORK_TO_DO = "work_to_do"
IN_DOUBT = "in_doubt"
WAITING = "waiting_for_a_window"
BEYOND_TIME = datetime(9999, 12, 31, tzinfo=UTC)
"""`not_before` of what waits for a window: it stays out of the way of claims, whatever the machine's time."""

INDEXES = {
    EFFECTS: [
        IndexModel(
            [("state", ASCENDING), ("partition", ASCENDING), ("flow", ASCENDING), ("not_before", ASCENDING)],
            partialFilterExpression={"state": {"$in": sorted(OPEN_STATES)}},
            name=WORK_TO_DO,
        ),
        IndexModel(
            [("flow", ASCENDING)],
            partialFilterExpression={"state": EffectState.IN_DOUBT.value},
            name=IN_DOUBT,
        ),
        IndexModel(
            [("state", ASCENDING), ("channel", ASCENDING)],
            partialFilterExpression={"state": EffectState.IN_DOUBT.value},
            name="doubts_by_channel",
        ),
        IndexModel(
            [("partition", ASCENDING), ("opens_at", ASCENDING)],
            partialFilterExpression={"opens_at": {"$type": "date"}},
            name=WAITING,
        ),
        IndexModel([("contact", ASCENDING)], name="effects_of_a_contact"),
        IndexModel([("flow", ASCENDING), ("_id", ASCENDING)], name="messages_of_a_flow"),
        IndexModel(
            [("ended_at", ASCENDING)],
            partialFilterExpression={"ended_at": {"$exists": True}},
            name="ended_effects",
        ),
    ]
}

ENDED_NOW: Document = {"$currentDate": {"ended_at": True}}
"""When an effect was settled in machine time, by which it is kept; `settled_at` is business time."""

AWAKE: Document = {"$unset": {"opens_at": "", "not_before": ""}}

LEASE_OVER: Document = {"$lt": ["$lease", "$$NOW"]}


class MongoEffects:
    def __init__(self, database: Database) -> None:
        self._effects = database[EFFECTS]
        self._unsafe = self._effects.with_options(
            write_concern=WriteConcern(w=1), read_concern=ReadConcern("local")
        )
        """For claims, which wait for no journal: one that is lost with its server is made again, and no mark follows
        it meanwhile."""
        self._turn = 0

    def plan(self, effects: Iterable[Effect]) -> Sequence[Write]:
        operations = [InsertOne(to_document(effect)) for effect in effects]
        return [Write(EFFECTS, operations)] if operations else []

    async def claim(
        self, partition: int, limit: int, *, token: str, lease: timedelta, without_flows: Collection[str]
    ) -> Sequence[Effect]:
        with translated():
            ids = await self._planned(partition, limit, without_flows)
            if not ids:
                return []
            await self._unsafe.update_many(
                {"_id": {"$in": ids}, "state": EffectState.PLANNED},
                [{"$set": {"state": EffectState.CLAIMED, "token": token, "lease": from_now(lease)}}],
                hint="_id_",
            )
            rows = self._unsafe.find({"_id": {"$in": ids}, "token": token})
            return [to_effect(row) async for row in rows]

    async def _planned(self, partition: int, limit: int, without_flows: Collection[str]) -> list[str]:
        """Ids that may be claimed: an equal share for each flow, and another flow first each time."""
        query: Document = {"state": EffectState.PLANNED, "partition": partition}
        flows = sorted(set(await self._effects.distinct("flow", query)) - set(without_flows))
        self._turn += 1
        start = self._turn % len(flows) if flows else 0
        ids: list[str] = []
        for number, flow in enumerate([*flows[start:], *flows[:start]]):
            share = -(-(limit - len(ids)) // (len(flows) - number))
            if share:
                ids += await self._planned_of(query | {"flow": flow}, share)
        return ids

    async def _planned_of(self, query: Document, limit: int) -> list[str]:
        """First what was never put off, then what was and whose time has come."""
        ready = query | {"not_before": {"$not": {"$gt": datetime.now(UTC)}}}
        rows = self._effects.find(ready, {"_id": 1}).sort("not_before", ASCENDING).limit(limit)
        return [row["_id"] async for row in rows]

    async def release(self, ids: Sequence[str], token: str, delay: timedelta = timedelta()) -> None:
        on_the_wire = {"$eq": ["$state", EffectState.SENDING]}
        back: Document = {
            "state": EffectState.PLANNED,
            "attempts": {"$cond": [on_the_wire, {"$subtract": ["$attempts", 1]}, "$attempts"]},
        }
        if delay:
            back["not_before"] = from_now(delay)
        held = [EffectState.CLAIMED, EffectState.SENDING]
        with translated():
            await self._effects.update_many(
                {"_id": {"$in": list(ids)}, "token": token, "state": {"$in": held}},
                [{"$set": back}, {"$unset": ["token", "lease"]}],
                hint="_id_",
            )

    def mark_sending(
        self, ids: Sequence[str], token: str, lease: timedelta, *, repeatable: bool = False
    ) -> Write:
        update: list[Document] = [
            {
                "$set": {
                    "state": EffectState.SENDING,
                    "lease": from_now(lease),
                    "attempts": {"$add": ["$attempts", 1]},
                    **({"repeatable": True} if repeatable else {}),
                }
            }
        ]
        return of_each(ids, {"state": EffectState.CLAIMED, "token": token}, update)

    def settle(
        self,
        effects: Collection[str],
        token: str,
        state: EffectState,
        *,
        reason: str | None,
        at: datetime,
        told_at: datetime | None = None,
    ) -> Write:
        before = [each for each in EffectState if may_follow(each, state)]
        told = {"told_at": told_at} if told_at else {}
        update = {
            "$set": {"state": state, "reason": reason, "settled_at": at, **told},
            "$unset": {"token": "", "lease": ""},
            **ENDED_NOW,
        }
        return of_each(effects, {"token": token, "state": {"$in": before}}, update)

    def put_off(self, effects: Collection[str], token: str, delay: timedelta, *, reason: str) -> Write:
        update: list[Document] = [
            {
                "$set": {
                    "state": EffectState.PLANNED,
                    "not_before": from_now(delay),
                    "reason": {"$literal": reason},
                }
            },
            {"$unset": ["token", "lease"]},
        ]
        return of_each(effects, {"token": token, "state": EffectState.SENDING}, update)

    def wait(self, effects: Collection[str], token: str, until: datetime) -> Write:
        update = {
            "$set": {"state": EffectState.PLANNED, "opens_at": until, "not_before": BEYOND_TIME},
            "$unset": {"token": "", "lease": ""},
        }
        return of_each(effects, {"token": token, "state": EffectState.CLAIMED}, update)

    async def wake(self, partition: int, now: datetime, flows: Collection[str] | None) -> None:
        waiting: Document = {"partition": partition, "opens_at": {"$type": "date"}}
        if flows is not None:
            waiting["opens_at"] |= {"$lte": now}
        updates = [UpdateMany(waiting, AWAKE, hint=WAITING)]
        if flows:
            of_them = {"partition": partition, "opens_at": {"$type": "date"}, "flow": {"$in": list(flows)}}
            updates.append(UpdateMany(of_them, AWAKE, hint=WAITING))
        with translated():
            await self._effects.bulk_write(updates, ordered=False)

    async def release_expired(self, partition: int) -> int:
        expired: Document = {"partition": partition, "$expr": LEASE_OVER}
        back = {"$set": {"state": EffectState.PLANNED}, "$unset": {"token": "", "lease": ""}}
        updates = [
            UpdateMany({"state": EffectState.CLAIMED} | expired, back),
            UpdateMany({"state": EffectState.SENDING, "repeatable": True} | expired, back),
        ]  # one state each: the partial index serves no `$in` of several
        with translated():
            return (await self._effects.bulk_write(updates, ordered=False)).modified_count

    async def expired_sending(self, partition: int, limit: int) -> Sequence[Effect]:
        query: Document = {
            "state": EffectState.SENDING,
            "partition": partition,
            "$expr": LEASE_OVER,
            "repeatable": {"$ne": True},
        }
        with translated():
            return await self._find(query, limit)

    def doubt(self, ids: Sequence[str]) -> Write:
        update = {"$set": {"state": EffectState.IN_DOUBT}, "$unset": {"lease": ""}}
        return of_each(ids, {"state": EffectState.SENDING, "$expr": LEASE_OVER}, update)

    def resend(self, effect: str) -> Write:
        """A person asks for it: from in doubt back to planned. Whoever held its token comes too late."""
        back = {
            "$set": {"state": EffectState.PLANNED},
            "$unset": {"token": "", "lease": "", "not_before": ""},
        }
        doubt = {"_id": effect, "state": EffectState.IN_DOUBT}
        return Write(EFFECTS, [UpdateOne(doubt, back)], matches=1)

    def settle_doubt(self, effect: str, state: EffectState, *, reason: str, at: datetime) -> Write:
        """A person knows what became of it: from in doubt to done or failed."""
        return self._end([effect], EffectState.IN_DOUBT, state, reason, at)

    def withdraw(self, ids: Sequence[str], *, reason: str, at: datetime) -> Write:
        """Planned ones that nobody has claimed: not to be sent any more."""
        return self._end(ids, EffectState.PLANNED, EffectState.WITHDRAWN, reason, at)

    def _end(
        self, ids: Sequence[str], before: EffectState, after: EffectState, reason: str, at: datetime
    ) -> Write:
        update = {
            "$set": {"state": after, "reason": reason, "settled_at": at},
            "$unset": {"token": "", "lease": "", "not_before": "", "opens_at": ""},
            **ENDED_NOW,
        }
        return of_each(ids, {"state": before}, update)

    def reached(self, effect: str, contact: str, status: RecipientStatus) -> Write:
        """The message came so far with its recipient; where it was further already, it stays."""
        earlier = {"_id": effect, "contact": contact, "recipient": {"$in": [None, *before(status)]}}
        return Write(EFFECTS, [UpdateOne(earlier, {"$set": {"recipient": status}})])

    async def opened_again(self, effect: str) -> None:
        with translated():
            await self._effects.update_one({"_id": effect}, {"$inc": {"opens": 1}})

    async def of_flow(self, flow: str, *, after: str | None = None, limit: int = 100) -> Sequence[Effect]:
        """One page of a flow's messages, in the order of their ids, behind `after`."""
        query: Document = {"flow": flow, "permission": {"$ne": Permission.NONE}}
        query |= {"_id": {"$gt": after}} if after else {}
        with translated():
            rows = self._effects.find(query).sort("_id", ASCENDING).limit(limit)
            return [to_effect(row) async for row in rows]

    async def of_contact(self, contact: str, state: EffectState) -> Sequence[Effect]:
        with translated():
            return await self._find({"contact": contact, "state": state})

    async def of_late(
        self, contacts: Iterable[str], channel: str, within: timedelta
    ) -> Mapping[str, Sequence[Effect]]:
        still = {"state": {"$in": sorted({*OPEN_STATES, EffectState.IN_DOUBT})}}
        lately = {"state": EffectState.DONE, "ended_at": {"$gte": datetime.now(UTC) - within}}
        query: Document = {
            "contact": {"$in": list(set(contacts))},
            "channel": channel,
            "$or": [still, lately],
        }
        found = defaultdict[str, list[Effect]](list)
        with translated():
            for effect in sorted(await self._find(query), key=lambda each: (each.planned_at, each.id)):
                found[effect.contact].append(effect)
        return found

    async def many(self, ids: Iterable[str]) -> Sequence[Effect]:
        with translated():
            return await self._find({"_id": {"$in": list(set(ids))}})

    async def in_doubt(self, limit: int) -> Sequence[Effect]:
        with translated():
            rows = self._effects.find({"state": EffectState.IN_DOUBT}).hint(IN_DOUBT).limit(limit)
            return [to_effect(row) async for row in rows]

    async def unsettled(self) -> Mapping[EffectState, int]:
        """How many there are in each state that is not an end, and in doubt; from indexes alone."""
        counted = dict.fromkeys(sorted(OPEN_STATES), WORK_TO_DO) | {EffectState.IN_DOUBT: IN_DOUBT}
        with translated():
            return {
                state: await self._effects.count_documents({"state": state}, hint=index)
                for state, index in counted.items()
            }

    async def counts(self) -> Mapping[EffectState, int]:
        """How many there are in each state; reads the whole ledger."""
        with translated():
            rows = await self._effects.aggregate([{"$sortByCount": "$state"}])
            return {EffectState(row["_id"]): row["count"] async for row in rows}

    async def _find(self, query: Document, limit: int = 0) -> list[Effect]:
        return [to_effect(row) async for row in self._effects.find(query).limit(limit)]


def of_each(effects: Collection[str], held: Document, update: Document | list[Document]) -> Write:
    """The same change of all of these, if they are held so."""
    changed = UpdateMany({"_id": {"$in": list(effects)}, **held}, update, hint="_id_")
    return Write(EFFECTS, [changed], matches=len(effects))


def from_now(span: timedelta) -> Document:
    """A moment on the server's clock, for an update by pipeline."""
    return {"$add": ["$$NOW", int(span.total_seconds() * 1000)]}


def to_document(effect: Effect) -> Document:
    return {"_id": effect.id} | effect.model_dump(exclude={"id"}, exclude_none=True)


def to_effect(document: Any) -> Effect:
    return Effect.model_validate({"id": document.pop("_id")} | document)
