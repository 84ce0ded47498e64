"""A call log of many calls, made at once."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.calls import queries
from appliance.calls.schema import MIGRATIONS, calls_file
from appliance.domain.calls import CallRecord, Leg, LegResult, Outcome
from appliance.domain.times import rfc3339
from appliance.storage import make

SPREAD = timedelta(days=330)


def fill(state_dir: Path, calls: int, seed: int = 1) -> None:
    """Write so many calls into the log of the box's exchange, spread over most of a year. Blocks for a while."""
    path = calls_file(state_dir)
    make(path, MIGRATIONS)
    connection = sqlite3.connect(path)
    try:
        with connection:
            for record in _records(calls, seed):
                queries.put(connection, record)
    finally:
        connection.close()


def _records(calls: int, seed: int) -> Iterator[CallRecord]:
    chance, now = random.Random(seed), datetime.now(UTC)
    people = [("tech-1", "+420777000111"), ("tech-2", "+420777000112")]
    for number in range(calls):
        arrived = now - SPREAD + SPREAD * number / calls
        outcome = chance.choices((Outcome.ANSWERED, Outcome.ABANDONED, Outcome.UNANSWERED), (80, 15, 5))[0]
        waited, talked = chance.uniform(2, 60), chance.uniform(10, 600) if outcome is Outcome.ANSWERED else 0.0
        person, mobile = chance.choice(people)
        answered = arrived + timedelta(seconds=waited)
        ended = answered + timedelta(seconds=talked)
        result = LegResult.TALKED if outcome is Outcome.ANSWERED else LegResult.NO_ANSWER
        leg = Leg(person, mobile, "trunk-a", rfc3339(arrived), ended_at=rfc3339(ended), result=result)
        yield CallRecord(
            exchange="box",
            id=f"box-{number}.0",
            arrived_at=rfc3339(arrived),
            caller=f"+4206{chance.randrange(10**8):08d}",
            called="+420226000100",
            line="service",
            trunk="trunk-a",
            situation="open",
            answered_at=rfc3339(answered) if talked else None,
            ended_at=rfc3339(ended),
            outcome=outcome,
            answered_by=person if talked else None,
            answered_number=mobile if talked else None,
            group="on-call",
            waited_s=round(waited, 3),
            talked_s=round(talked, 3),
            legs=(leg,),
        )
