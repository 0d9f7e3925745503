"""Who asks, and what that one may do: a principal with a role on each request, and one table of what each role may."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from chaintwin.serve.problems import ProblemError

if TYPE_CHECKING:
    from chaintwin.serve.signing_in.sessions import Session


class Role(StrEnum):
    """What somebody is to the twin; whoever shows the token of a server is its administrator."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    OPERATOR = "operator"
    APPROVER = "approver"
    PARTNER_INGEST = "partner-ingest"
    PARTNER_READ = "partner-read"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Parameters
    ----------
    id : ``nobody``, ``token:`` or ``session:`` with the first signs of a hash; what is written down. role : None for nobody.
    session : of the browser, None for a program that shows a token.
    """

    id: str = "nobody"
    role: Role | None = None
    session: Session | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use some routes.

    Parameters
    ----------
    methods : upper case, separated by blanks. path : regular expression of whole paths. roles : None where anybody may, signed
        in or not.
    """

    methods: str
    path: str
    roles: frozenset[Role] | None


EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.VIEWER, Role.ANALYST, Role.OPERATOR, Role.APPROVER, Role.AUDITOR, Role.ADMIN})
PLANNERS = frozenset({Role.ANALYST, Role.OPERATOR, Role.ADMIN})
FEEDERS = frozenset({Role.OPERATOR, Role.PARTNER_INGEST, Role.ADMIN})
READERS = STAFF | {Role.PARTNER_READ, Role.PARTNER_INGEST}
KEEPERS = frozenset({Role.AUDITOR, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})

POLICY: tuple[Rule, ...] = (
    Rule("GET", r"/health/(live|ready)", None),
    Rule("GET", r"/api/v1/health", None),
    Rule("GET", r"/|/favicon\.svg|/assets/.*|/sign-in(\.js|\.css)?", None),
    Rule("POST", r"/api/v1/session", None),
    Rule("GET DELETE", r"/api/v1/session", EVERYBODY),
    Rule("GET", r"/api/v1/sessions", KEEPERS),
    Rule("DELETE", r"/api/v1/sessions/[^/]+", ADMINS),
    Rule("GET", r"/openapi\.json", EVERYBODY),
    Rule("GET", r"/metrics", STAFF),
    Rule(
        "GET",
        r"/api/v1/(state|changes|discrepancies|comparisons|entries(/[^/]+)?|outlook|fidelity|parameters|proofs/[^/]+|network(/routes|/findings|/dependence)?|scenarios)",
        STAFF,
    ),
    Rule("GET", r"/api/v1/jobs(/[^/]+(/events|/result)?)?", STAFF),
    Rule("POST", r"/api/v1/(uploads|scenarios|jobs(/[^/]+/(cancel|again))?)", PLANNERS),
    Rule("DELETE", r"/api/v1/jobs/[^/]+", PLANNERS),
    Rule("POST", r"/epcis/(capture|events)", FEEDERS),
    Rule("POST DELETE", r"/epcis/queries(/.*)?", frozenset({Role.OPERATOR, Role.ADMIN})),
    Rule("DELETE", r"/epcis/nextPageToken/.*", READERS),
    Rule("GET OPTIONS", r"/epcis/.*", READERS),
)
"""Who may do what; the first rule that fits counts, and what none names only an administrator may."""


def rule_of(method: str, path: str) -> Rule | None:
    """Return the rule of a request, None where there is none.

    Parameters
    ----------
    method : upper case. path : as it was sent.
    """
    return next((rule for rule in POLICY if method in rule.methods.split() and re.fullmatch(rule.path, path)), None)


def is_open(method: str, path: str) -> bool:
    """Tell whether anybody may, signed in or not."""
    rule = rule_of(method, path)
    return rule is not None and rule.roles is None


def check_role(principal: Principal, *, method: str, path: str) -> None:
    """Refuse what the role of somebody who is known does not allow.

    Raises
    ------
    ProblemError
        403.
    """
    rule = rule_of(method, path)
    roles = ADMINS if rule is None else rule.roles
    if roles is not None and principal.role not in roles:
        allowed = ", ".join(sorted(roles))
        raise ProblemError(403, "SecurityException", detail=f"role: found {principal.role}; allowed: {allowed}")


def principal_of(connection: HTTPConnection) -> Principal:
    """Return who a request came from."""
    found: Principal = connection.scope["principal"]
    return found
