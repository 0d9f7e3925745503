"""A session at an OPC UA server: made, protected, taken up again over a new connection, ended."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chaintwin.clock import Clock, moment_of
from chaintwin.errors import ChaintwinError, UsageError
from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.opcua.addresses import OpcuaAddress
from chaintwin.ingest.connectors.opcua.protocol.trusting import application_of, certificates_in, distrust, key_in
from chaintwin.ingest.connectors.opcua.protocol.values import microseconds
from chaintwin.ingest.connectors.opcua.settings import Security, Settings

if TYPE_CHECKING:
    from asyncua import Client
    from asyncua.client.ua_session import UaSession
    from asyncua.ua import EndpointDescription

SESSION_MILLISECONDS = 3_600_000
"""How long a server may keep a session without a connection; it says itself how long it does."""

CLOSE_SECONDS = 2.0
"""So long a server may take to answer a farewell."""

RENEW_SHARE = 0.75
"""Part of the life of a security token after which a new one is asked for, as part 4 of the standard has it."""

NOT_INSTALLED = (
    "opcua: found no asyncua; allowed: the library that speaks OPC UA; fix: pip install 'chaintwin[opcua]' (it is under the "
    "LGPL, so it is not installed unasked)"
)


def need_library() -> None:
    """Check that the library is there, and let its remarks go where those of others go: nowhere, unless somebody asks.

    Raises
    ------
    UsageError
        It is not installed.
    """
    try:
        import asyncua  # noqa: F401
    except ImportError:
        raise UsageError(NOT_INSTALLED) from None
    log = logging.getLogger("asyncua")
    if not log.handlers:
        log.addHandler(logging.NullHandler())


class Session:
    """A session, on whatever connection.

    Parameters
    ----------
    address, settings : of the server. clock : tells whether a certificate is valid.

    Attributes
    ----------
    client : of the library. started : when the server was started, microseconds.
    """

    def __init__(self, address: OpcuaAddress, settings: Settings, *, clock: Clock) -> None:
        self.address, self.settings, self.clock = address, settings, clock
        self.client: Client = self._made()
        self.started = 0
        self._renewing: asyncio.Task[None] | None = None

    @property
    def services(self) -> UaSession:
        """The requests that a session may make."""
        return self.client.uaclient.session

    async def open(self) -> None:
        """Connect, and begin a session.

        Raises
        ------
        NotConnectedError
            That did not work.
        UsageError
            A file of certificates cannot be used.
        """
        async with self.explained():
            if self.settings.security is not Security.NONE:
                await self._protect()
            await self._connect()
            try:
                await self.client.create_session()
                self._check_password()
                await self._activate()
                self.started = await self._start_time()
            except BaseException:
                self.client.disconnect_socket()
                raise

    async def take_up(self) -> bool:
        """Connect anew and go on with the session; return whether the server still has it.

        Raises
        ------
        NotConnectedError
            There is no connection.
        """
        from asyncua import ua

        async with self.explained():
            self.drop()
            await self._connect()
            self.services.rebind_authentication_token()
            try:
                await self._activate()
                if await self._start_time() == self.started:
                    return True
            except ua.UaStatusCodeError:
                pass
            except BaseException:
                self.client.disconnect_socket()
                raise
            # Another session may have the same name at a server that was started anew: it is not ours to be ended.
            self.drop()
            return False

    def drop(self) -> None:
        """Let the connection go, and leave the session at the server."""
        if self._renewing is not None:
            self._renewing.cancel()
            self._renewing = None
        if self.client.uaclient.has_transport:
            self.client.disconnect_socket()

    async def close(self) -> None:
        """End the session; its subscriptions stay at the server."""
        with suppress(Exception):
            await asyncio.wait_for(self.services.close_session(False), CLOSE_SECONDS)
        with suppress(Exception):
            await asyncio.wait_for(self.client.close_secure_channel(), CLOSE_SECONDS)
        self.drop()

    def _made(self) -> Client:
        from asyncua import Client

        client = Client(self.address.url, timeout=self.settings.timeout)
        client.name = client.description = "chaintwin"
        client.application_uri = f"urn:{socket.gethostname()}:chaintwin"
        client.product_uri = "urn:chaintwin"
        client.session_timeout = SESSION_MILLISECONDS
        # Requests are made by those who know how the connection stands.
        client.uaclient.pre_request_hook = None
        if self.settings.username:
            client.set_user(self.settings.username)
            client.set_password(self.settings.password)
        return client

    async def _connect(self) -> None:
        await self.client.connect_socket()
        try:
            await self.client.send_hello()
            await self.client.open_secure_channel()
        except BaseException:
            self.client.disconnect_socket()
            raise
        self._renewing = asyncio.create_task(self._renew())

    async def _activate(self) -> None:
        settings = self.settings
        await self.client.activate_session(username=settings.username or None, password=settings.password or None)

    async def _renew(self) -> None:
        """Ask for new keys in time; where that fails the connection is of no more use, and the silence will be noticed."""
        while True:
            await asyncio.sleep(RENEW_SHARE * self.client.secure_channel_timeout / 1_000)
            try:
                await self.client.open_secure_channel(renew=True)
            except Exception:
                self.client.disconnect_socket()
                return
            self.client.uaclient.revolve_security_token()

    async def _start_time(self) -> int:
        from asyncua import ua

        node = ua.NodeId(ua.ObjectIds.Server_ServerStatus_StartTime)
        (value,) = await self.services.read_attributes([node], ua.AttributeIds.Value)
        moment = value.Value.Value if value.Value is not None else None
        return microseconds(moment) if isinstance(moment, datetime) else 0

    def _check_password(self) -> None:
        """Refuse to send a password that anybody on the way could read.

        Raises
        ------
        NotConnectedError
            It would be.
        """
        from asyncua import ua
        from asyncua.crypto.security_policies import SecurityPolicyNone

        settings = self.settings
        if not settings.password or settings.is_plain_allowed or settings.security is Security.ENCRYPT:
            return
        policy = self.client.server_policy(ua.UserTokenType.UserName)
        if policy.SecurityPolicyUri in ("", None, SecurityPolicyNone.URI):
            raise NotConnectedError(
                "a server that wants the password unencrypted; take security=encrypt, or plain-password=send", is_final=True
            )

    async def _protect(self) -> None:
        """Choose how messages are protected, and see that the server is the one that is trusted.

        Raises
        ------
        NotConnectedError
            The server offers nothing of the kind, or is another. UsageError : a file cannot be used.
        """
        from asyncua import ua
        from asyncua.crypto import security_policies

        settings = self.settings
        ours, key = certificates_in(settings.cert_file, option="cert-file"), key_in(settings.key_file)
        trusted = certificates_in(settings.trust_file, option="trust-file")
        if ours[0].public_key() != key.public_key():
            raise UsageError("key-file: found the key of another certificate; allowed: that of cert-file")
        policy = getattr(security_policies, f"SecurityPolicy{settings.policy}")
        mode = ua.MessageSecurityMode.SignAndEncrypt if settings.security is Security.ENCRYPT else ua.MessageSecurityMode.Sign
        offered = await self.client.connect_and_get_server_endpoints()
        chosen = next((one for one in offered if one.SecurityMode == mode and one.SecurityPolicyUri == policy.URI), None)
        if chosen is None:
            raise NotConnectedError(
                f"a server that does not offer {_named(mode, policy.URI)}; it has {_offers(offered)}", is_final=True
            )
        from asyncua.crypto.uacrypto import x509_from_der

        theirs = x509_from_der(chosen.ServerCertificate)
        why = "a server without a certificate" if theirs is None else distrust(theirs, trusted, now=moment_of(self.clock.now()))
        if why:
            raise NotConnectedError(why, is_final=True)
        self.client.application_uri = application_of(ours[0]) or self.client.application_uri
        self.client.security_policy = policy(theirs, ours[0], key, mode, host_cert_chain=ours[1:])
        self.client.uaclient.set_security(self.client.security_policy)

    @asynccontextmanager
    async def explained(self) -> AsyncIterator[None]:
        """Say in words why there is no connection."""
        from asyncua import ua
        from asyncua.crypto.uacrypto import InvalidSignature

        try:
            yield
        except (NotConnectedError, ChaintwinError):
            raise
        except ua.UaStatusCodeError as fault:
            code = ua.status_codes.get_name_and_doc(fault.code)[0]
            told = next((words for start, words in _REFUSALS if code.startswith(start)), "")
            raise NotConnectedError(f"{told or 'the server answers'} ({code})", is_final=bool(told)) from None
        except TimeoutError:
            raise NotConnectedError(f"no answer within {self.settings.timeout:g} s") from None
        except OSError as fault:
            raise NotConnectedError(_told(fault)) from None
        except (ua.UaError, InvalidSignature, ValueError, struct.error) as fault:
            if str(fault).startswith("No matching endpoints"):
                raise NotConnectedError(
                    f"a server that does not offer security={self.settings.security}", is_final=True
                ) from None
            # What a server sends that is no OPC UA comes out of the library in these forms.
            raise NotConnectedError(f"{type(fault).__name__} {fault}".strip()) from None


def _told(fault: OSError) -> str:
    return os.strerror(fault.errno) if fault.errno is not None else str(fault) or type(fault).__name__


def _named(mode: Any, uri: str | None) -> str:
    name = (uri or "").rpartition("#")[2].replace("_", "")
    words = {"Sign": "sign", "SignAndEncrypt": "encrypt"}
    return f"{words.get(mode.name, 'none')} with {name}" if name and name != "None" else "none"


def _offers(offered: list[EndpointDescription]) -> str:
    return ", ".join(sorted({_named(one.SecurityMode, one.SecurityPolicyUri) for one in offered})) or "nothing"


_REFUSALS = (
    ("BadUserAccessDenied", "the server refuses the user or the password"),
    ("BadIdentityToken", "the server refuses the user or the password"),
    ("BadUserSignature", "the server refuses the user"),
    ("BadCertificate", "the server refuses our certificate"),
    ("BadSecurityChecksFailed", "the server refuses our certificate"),
    ("BadSecurityPolicyRejected", "the server refuses the policy"),
    ("BadSecurityModeRejected", "the server refuses the mode of security"),
)
"""Answers after which it is no use to come again."""
