"""The set-based statements of the daily cycles, each equal to the pure rule to the centavo (architecture.md §7).

A run and a preview share `_ASSIGNED_*`, the rule as SQL: a preview counts what it would change, a run updates from
it, so the two cannot drift.  Late fee and mora are assigned as of a date, never incremented: running a date twice, late
or out of order changes nothing.  A date never rolls a contract back: it goes to the later of watermark and date.
The texts are put together from this module's own constants only; every value is a bound parameter.
"""

from enum import StrEnum
from functools import cache

from sqlalchemy import TextClause, text

OVERDUE_ACTION, OVERDUE_RECORD = "invoices.overdue", "cycle_run"

# A contract that an earlier cycle set aside waits alone, by its own watermark, until a retry brings it up.
_GATES = {"overdue": "", "mora": "AND r.overdue_through >= :date", "charge": "AND r.mora_through >= :date"}


class Part(StrEnum):
    """Over which clients a run goes."""

    ALL = "ALL"
    FAILURES = "FAILURES"
    CLIENT = "CLIENT"


_PARTS = {
    Part.ALL: "",
    Part.FAILURES: "AND EXISTS (SELECT FROM cycle_failures f WHERE f.run_id = :retry_of AND f.client_id = {client_id})",
    Part.CLIENT: "AND {client_id} = :only_client_id",
}

# The contracts of a chunk, found together with the lock of their clients: what that statement saw may be older than
# the lock, so that the one that changes them looks again.  A preview looks at all contracts.  `:caught_up_to` is the
# last missed date, which would be made up for first, and NULL where none was missed: then `*_before` is NULL too.
_UNVISITED = "r.status = 'ACTIVE' AND r.{cycle}_run_id IS DISTINCT FROM :run"
_VISITED_CHUNK = """
visited AS MATERIALIZED (
  SELECT r.id, r.client_id, r.late_fee_pct, r.mora_pct_month,
         greatest(r.overdue_through, :date) AS overdue_through, greatest(r.mora_through, :date) AS mora_through
    FROM requests r
   WHERE r.id = ANY(:requests) AND {unvisited}
)"""


def _unvisited(cycle: str) -> str:
    return _UNVISITED.format(cycle=cycle)


def _visited_chunk(cycle: str) -> str:
    return _VISITED_CHUNK.format(unvisited=_unvisited(cycle))


_VISITED_PART = """
visited AS (
  SELECT id, client_id, late_fee_pct, mora_pct_month,
         greatest(overdue_through, :date) AS overdue_through, greatest(mora_through, :date) AS mora_through,
         CAST(:caught_up_to AS date) + greatest(0, overdue_through - CAST(:caught_up_to AS date)) AS overdue_before,
         CAST(:caught_up_to AS date) + greatest(0, mora_through - CAST(:caught_up_to AS date)) AS mora_before
    FROM requests
   WHERE status = 'ACTIVE' {part}
)"""

# money.md §3: once, when first overdue, on what was open of the original value at the effective due date.
_LATE_FEE = "round(i.late_fee_base_cents * v.late_fee_pct / 100)::bigint"
_ASSIGNED_OVERDUE = """
assigned AS (
  SELECT i.ctid AS place, i.request_id, v.client_id, {old_status} AS old_status, {old_cents} AS old_cents, i.open_cents,
         i.effective_due_date, {late_fee} AS new_cents
    FROM invoices i JOIN visited v ON v.id = i.request_id
   WHERE i.status IN ('OPEN', 'UNPAID') AND i.effective_due_date < v.overdue_through
),
differing AS (SELECT * FROM assigned WHERE old_cents <> new_cents OR old_status = 'OPEN')"""
_WAS_OVERDUE = "CASE WHEN i.effective_due_date < v.overdue_before THEN {then} ELSE {otherwise} END"
_ASSIGNED_OVERDUE_RUN = _ASSIGNED_OVERDUE.format(
    old_status="i.status", old_cents="i.late_fee_cents", late_fee=_LATE_FEE
)
_ASSIGNED_OVERDUE_PREVIEW = _ASSIGNED_OVERDUE.format(
    old_status=_WAS_OVERDUE.format(then="'UNPAID'", otherwise="i.status"),
    old_cents=_WAS_OVERDUE.format(then=_LATE_FEE, otherwise="i.late_fee_cents"),
    late_fee=_LATE_FEE,
)

# money.md §3: frozen + remaining base * rate / 100 / 30 * days, one division at the end.
_MORA = """i.mora_frozen_cents + round(
           i.mora_remaining_base_cents * v.mora_pct_month * greatest(0, v.{through} - i.mora_since) / 3000
         )::bigint"""
_ASSIGNED_MORA = """
assigned AS (
  SELECT i.ctid AS place, i.request_id, v.client_id, i.status AS old_status, {old_cents} AS old_cents,
         i.effective_due_date, {mora} AS new_cents
    FROM invoices i JOIN visited v ON v.id = i.request_id
   WHERE i.status IN ({statuses}) AND i.effective_due_date < v.mora_through
),
differing AS (SELECT * FROM assigned WHERE old_cents <> new_cents)"""

_MORA_NOW = _MORA.format(through="mora_through")
_ASSIGNED_MORA_RUN = _ASSIGNED_MORA.format(statuses="'UNPAID'", old_cents="i.mora_cents", mora=_MORA_NOW)
# A preview of mora counts what `overdue` of the same date would make overdue first.
_ASSIGNED_MORA_PREVIEW = _ASSIGNED_MORA.format(
    statuses="'OPEN', 'UNPAID'",
    old_cents=f"CASE WHEN i.effective_due_date < v.mora_before THEN {_MORA.format(through='mora_before')}"
    " ELSE i.mora_cents END",
    mora=_MORA_NOW,
)

_COUNTS = """
SELECT (SELECT count(*) FROM assigned) AS examined, (SELECT count(*) FROM differing) AS changed,
       coalesce((SELECT sum(new_cents - old_cents) FROM differing), 0)::bigint AS delta_cents"""

_COUNTS_OF_CHUNK = f"{_COUNTS}, (SELECT count(DISTINCT client_id) FROM visited) AS clients"

# `OFFSET 0` keeps the planner to a look into the index for each client: of a date that no row had yet it expects one
# contract in all, and would read the whole table for every chunk to find it.
_LOCK_CLIENTS = """
WITH locked AS MATERIALIZED (
  SELECT c.id, c.number FROM clients c
   WHERE c.number > :after AND c.number <= coalesce(CAST(:until AS bigint), 9223372036854775807)
     AND EXISTS (SELECT FROM requests r WHERE r.client_id = c.id AND {unvisited} {gate} OFFSET 0)
     AND NOT EXISTS (SELECT FROM cycle_failures f WHERE f.run_id = :run AND f.client_id = c.id) {part}
   ORDER BY c.number LIMIT :clients_per_chunk FOR NO KEY UPDATE OF c {skip}
)
SELECT l.id AS client_id, l.number, r.id AS request_id
  FROM locked l,
       LATERAL (SELECT r.id FROM requests r WHERE r.client_id = l.id AND {unvisited} {gate} OFFSET 0) r"""

_RUN_OVERDUE = f"""
WITH {_visited_chunk("overdue")}, {_ASSIGNED_OVERDUE_RUN},
changed AS (
  UPDATE invoices i SET status = 'UNPAID', late_fee_cents = d.new_cents
    FROM differing d WHERE i.ctid = d.place
  RETURNING i.request_id, d.client_id, i.number, d.old_status, d.old_cents, d.new_cents,
            d.new_cents - d.old_cents AS delta_cents,
            CASE WHEN d.old_status = 'OPEN' THEN d.open_cents ELSE 0 END AS newly_overdue_cents, i.effective_due_date
),
sums AS MATERIALIZED (
  SELECT request_id, sum(delta_cents) AS delta_cents, sum(newly_overdue_cents) AS newly_overdue_cents,
         min(effective_due_date) AS overdue_since
    FROM changed GROUP BY request_id
),
stamped AS (
  UPDATE requests r
     SET overdue_run_id = :run, overdue_through = v.overdue_through,
         total_value_open = r.total_value_open + coalesce(s.delta_cents, 0),
         total_value_overdue = r.total_value_overdue + coalesce(s.delta_cents + s.newly_overdue_cents, 0),
         overdue_since = least(r.overdue_since, s.overdue_since),
         metrics_updated_at = CASE WHEN s.request_id IS NULL THEN r.metrics_updated_at
                                   ELSE greatest(r.metrics_updated_at, :now) END
    FROM visited v LEFT JOIN sums s ON s.request_id = v.id
   WHERE r.id = v.id
),
facts AS (
  SELECT client_id, (CAST(:facts AS jsonb) || jsonb_build_object('after', jsonb_build_object(
           'late_fee_cents', sum(delta_cents),
           'invoices', jsonb_agg(request_id || '/' || number ORDER BY request_id, number)
         )))::text AS text
    FROM changed WHERE delta_cents <> 0 OR old_status = 'OPEN' GROUP BY client_id
),
linked AS (
  UPDATE clients c
     SET audit_count = c.audit_count + 1,
         audit_head = encode(sha256(convert_to(c.audit_head || f.text, 'UTF8')), 'hex')
    FROM facts f WHERE c.id = f.client_id
  RETURNING c.id, c.audit_count, c.audit_head, f.text
),
noted AS (
  INSERT INTO audit_events (chain, chain_number, client_id, actor_id, actor_name, action, record_kind, record_id,
                            business_date, at, text, hash)
  SELECT 'client:' || id, audit_count, id, CAST(:actor_id AS uuid), :actor, '{OVERDUE_ACTION}', '{OVERDUE_RECORD}',
         CAST(:run AS text), :date, :now, text, audit_head FROM linked
)"""

_RUN_MORA = f"""
WITH {_visited_chunk("mora")}, {_ASSIGNED_MORA_RUN},
changed AS (
  UPDATE invoices i SET mora_cents = d.new_cents
    FROM differing d WHERE i.ctid = d.place
  RETURNING i.request_id, d.old_cents, d.new_cents, d.new_cents - d.old_cents AS delta_cents
),
sums AS MATERIALIZED (SELECT request_id, sum(delta_cents) AS delta_cents FROM changed GROUP BY request_id),
stamped AS (
  UPDATE requests r
     SET mora_run_id = :run, mora_through = v.mora_through,
         total_value_open = r.total_value_open + coalesce(s.delta_cents, 0),
         total_value_overdue = r.total_value_overdue + coalesce(s.delta_cents, 0),
         metrics_updated_at = CASE WHEN s.request_id IS NULL THEN r.metrics_updated_at
                                   ELSE greatest(r.metrics_updated_at, :now) END
    FROM visited v LEFT JOIN sums s ON s.request_id = v.id
   WHERE r.id = v.id
)"""

# A replay is asked for by somebody, who wants to see what became of each contract.
_KEPT = """,
kept AS (
  INSERT INTO cycle_items (run_id, request_id, invoices, cents_before, cents_after)
  SELECT :run, request_id, count(*), sum(old_cents), sum(new_cents) FROM changed GROUP BY request_id
)"""

_BY_CONTRACT = """
SELECT r.number, r.id AS request_id, c.id AS client_id, c.name AS client_name, count(*) AS invoices,
       sum(d.old_cents)::bigint AS cents_before, sum(d.new_cents)::bigint AS cents_after,
       count(*) FILTER (WHERE d.old_status = 'OPEN') AS newly_overdue, min(d.effective_due_date) AS oldest_due_date
  FROM differing d JOIN requests r ON r.id = d.request_id JOIN clients c ON c.id = r.client_id
 GROUP BY r.id, c.id
 ORDER BY abs(sum(d.new_cents - d.old_cents)) DESC, r.number LIMIT :contracts"""

_RUN = {"overdue": _RUN_OVERDUE, "mora": _RUN_MORA}
_ASSIGNED_PREVIEW = {"overdue": _ASSIGNED_OVERDUE_PREVIEW, "mora": _ASSIGNED_MORA_PREVIEW}


def of_part(part: Part, client_id: str) -> str:
    """Return the condition on a column of client ids that keeps a statement to a run's part."""
    return _PARTS[part].format(client_id=client_id)


@cache
def run_chunk(cycle: str, *, keeps_items: bool) -> TextClause:
    """Return the statement that brings a chunk's contracts to the date and counts what it did."""
    return text(f"{_RUN[cycle]}{_KEPT if keeps_items else ''}{_COUNTS_OF_CHUNK}")


def preview_counts(cycle: str, part: Part) -> TextClause:
    """Return the statement that counts what a run would do."""
    return _preview(cycle, part, _COUNTS)


def preview_contracts(cycle: str, part: Part) -> TextClause:
    """Return the statement that names the contracts that a run would change most, their charge before and after."""
    return _preview(cycle, part, _BY_CONTRACT)


@cache
def _preview(cycle: str, part: Part, wanted: str) -> TextClause:
    visited = _VISITED_PART.format(part=of_part(part, "requests.client_id"))
    return text(f"WITH {visited}, {_ASSIGNED_PREVIEW[cycle]} {wanted}")


# A plan that is kept for any number of contracts joins a chunk's as if they were ten (half as fast again, measured).
PLAN_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")

STAMP_CHARGE = text(f"""
UPDATE requests r SET charge_run_id = :run
 WHERE r.id = ANY(:requests) AND {_unvisited("charge")} RETURNING r.client_id""")


@cache
def lock_clients(cycle: str, part: Part, *, is_waiting: bool) -> TextClause:
    """Return the statement that locks the next clients a run has not visited, and names their contracts to visit.

    Workers share a run by SKIP LOCKED.  It begins behind the client `:after`, since passing over all who were visited
    would grow with the square of the book.  Where `is_waiting`, it waits for clients that another transaction holds,
    so that none is left behind.  The ids tell the planner of the next statement how many contracts there are, which it
    can't know from a date that no row had yet (0.1 s a chunk instead of 0.5 s).
    """
    skip = "" if is_waiting else "SKIP LOCKED"
    return text(
        _LOCK_CLIENTS.format(unvisited=_unvisited(cycle), gate=_GATES[cycle], part=of_part(part, "c.id"), skip=skip)
    )
