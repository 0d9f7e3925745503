"""Sessions of browsers: random, kept as hashes, over after a while or at once when they are revoked."""

from __future__ import annotations

import asyncio
import secrets
import threading
from contextlib import suppress

import msgspec

from chaintwin.clock import SECOND, Clock
from chaintwin.errors import ChaintwinError
from chaintwin.guard.tokens import is_token, token_hash
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import Settings
from chaintwin.store.interface import SESSIONS, Store

MINUTE = 60 * SECOND

ONCE_SECONDS = 60
"""How long a code that signs in once is good: a browser that is being opened needs some seconds."""


class Session(msgspec.Struct, frozen=True):
    """A browser that signed in.

    Parameters
    ----------
    hash : of its secret, which is kept nowhere. token : hash of the token that it was signed in with; it ends with that token.
    role : as of ``guarding.principals``. created_at, expires_at : microseconds since 1970 in UTC.
    """

    hash: str
    token: str
    role: str
    created_at: int
    expires_at: int


class Sessions:
    """Knows who is signed in; all methods but the waits may be called from any thread.

    Parameters
    ----------
    store : keeps sessions over a restart. clock : tells when they end. settings : the tokens and limits.
    """

    def __init__(self, store: Store, *, clock: Clock, settings: Settings) -> None:
        self._store, self._clock, self._settings = store, clock, settings
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._seen: dict[str, int] = {}
        self._ends: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}
        self._wrong: list[int] = []
        self._once: dict[str, tuple[str, int]] = {}
        for name in store.names(SESSIONS):
            with suppress(msgspec.MsgspecError):
                session = msgspec.json.decode(store.get(SESSIONS, name) or b"", type=Session)
                self._sessions[session.hash] = session

    def once(self, token: str) -> str:
        """Return a code that signs in once, soon, in place of a token; it is kept in memory, as a hash.

        It is for a link that others of the machine may read, as they read the arguments of a browser that is opened.

        Parameters
        ----------
        token : that is let in; what is signed in with the code ends with it.
        """
        code, until = secrets.token_urlsafe(32), self._clock.now() + ONCE_SECONDS * SECOND
        with self._lock:
            self._once[token_hash(code)] = token_hash(token), until
        return code

    def open(self, token: str, *, role: str) -> tuple[str, Session]:
        """Exchange a token, or a code that signs in once, for a session, durably; return its secret with it; waits for a disk.

        Raises
        ------
        ProblemError
            401 for a wrong token, 429 where too many were wrong of late.
        """
        now = self._clock.now()
        shown = token_hash(token)
        if not is_token(token, self._settings.token_hashes):
            with self._lock:
                shown, until = self._once.pop(shown, ("", 0))
            if until <= now or shown not in self._settings.token_hashes:
                raise self._refused(now)
        secret = secrets.token_urlsafe(32)
        limits = self._settings.sessions
        session = Session(token_hash(secret), shown, role, now, now + limits.seconds * SECOND)
        self._store.put(SESSIONS, session.hash, content=msgspec.json.encode(session))
        with self._lock:
            self._sessions[session.hash] = session
            self._seen[session.hash] = now
            gone = [known for known in self._sessions.values() if not self._holds(known, now)]
            kept = sorted((known for known in self._sessions.values() if known not in gone), key=lambda known: known.created_at)
            gone += kept[: max(0, len(kept) - limits.most)]
        for old in gone:
            self.end(old.hash)
        return secret, session

    def _refused(self, now: int) -> ProblemError:
        """Return the error for a wrong token.

        Whoever shows the right one is let in whatever others try: tokens are too long to be guessed, so what is bounded is what
        guessing costs the server, and nobody can lock out others by guessing.
        """
        with self._lock:
            self._wrong = [time for time in self._wrong if time > now - MINUTE]
            if len(self._wrong) >= self._settings.sessions.attempts:
                detail = "Too many tokens were wrong within a minute; come again"
                return ProblemError(429, "busy", detail=detail, headers={"Retry-After": "60"})
            self._wrong.append(now)
        detail = "token: found one that is not let in; allowed: the token that was shown when the server was first started"
        return ProblemError(401, "SecurityException", detail=detail, headers={"WWW-Authenticate": 'Bearer realm="chaintwin"'})

    def of_cookies(self, cookies: str, *, port: int, is_secure: bool) -> Session | None:
        """Return the session of a request, None where there is none that holds.

        Parameters
        ----------
        cookies : value of the header. port, is_secure : by which the server is reached.
        """
        name = cookie_name(port, is_secure=is_secure)
        for part in cookies.split(";"):
            key, _, value = part.strip().partition("=")
            if key == name and value:
                return self._of(value)
        return None

    def all(self) -> list[Session]:
        """Return the sessions that hold, the oldest first."""
        now = self._clock.now()
        with self._lock:
            found = [session for session in self._sessions.values() if self._holds(session, now)]
        return sorted(found, key=lambda session: session.created_at)

    def end(self, session_hash: str) -> bool:
        """Revoke a session: no request and no open stream of it goes on; return whether there was one. Waits for a disk."""
        with self._lock:
            found = self._sessions.pop(session_hash, None)
            self._seen.pop(session_hash, None)
            ended = self._ends.pop(session_hash, None)
        if ended is not None:
            loop, event = ended
            loop.call_soon_threadsafe(event.set)
        with suppress(ChaintwinError):
            # Where nothing can be written it is gone until the next start of the server, and expires all the same.
            self._store.remove(SESSIONS, session_hash)
        return found is not None

    async def until_over(self, session: Session) -> None:
        """Return when a session is revoked or expires."""
        with self._lock:
            if session.hash not in self._sessions:
                return
            _, ended = self._ends.setdefault(session.hash, (asyncio.get_running_loop(), asyncio.Event()))
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, (session.expires_at - self._clock.now()) / SECOND)):
                await ended.wait()

    def _of(self, secret: str) -> Session | None:
        # Which entry is found tells nothing of a secret: what is looked up is its hash.
        name, now = token_hash(secret), self._clock.now()
        with self._lock:
            session = self._sessions.get(name)
            if session is None or not self._holds(session, now):
                return None
            self._seen[name] = now
        return session

    def _holds(self, session: Session, now: int) -> bool:
        # After a restart nobody knows when a session was seen last; its whole life bounds it all the same.
        seen = self._seen.setdefault(session.hash, now)
        is_idle = seen + self._settings.sessions.idle_seconds * SECOND < now
        return session.expires_at > now and not is_idle and session.token in self._settings.token_hashes


def cookie_name(port: int, *, is_secure: bool) -> str:
    """Return the name of the cookie of a server; servers of one machine share cookies, so it has the port in it.

    Example
    -------
    >>> cookie_name(8750, is_secure=False)
    'chaintwin-8750'
    """
    return f"{'__Host-' if is_secure else ''}chaintwin-{port}"


def cookie_of(secret: str, *, port: int, is_secure: bool, seconds: int) -> str:
    """Return the value of ``Set-Cookie`` for a session; with 0 seconds it takes the cookie away.

    Parameters
    ----------
    secret : of the session. port, is_secure : by which the server is reached. seconds : that it lasts.
    """
    secure = "; Secure" if is_secure else ""
    return f"{cookie_name(port, is_secure=is_secure)}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
