"""A subscription at an OPC UA server: made or taken over, asked for its messages, and told which of them are durable.

A server keeps each message until it is acknowledged, and sends it again to who asks for its number. The library acknowledges what
it has just received; here a message is acknowledged when its values are durable.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaintwin.ingest.connectors.opcua.protocol.nodes import AT_ONCE, Variable
from chaintwin.ingest.connectors.opcua.protocol.session import Session
from chaintwin.ingest.connectors.opcua.protocol.values import microseconds
from chaintwin.ingest.connectors.opcua.settings import Settings, Trigger

if TYPE_CHECKING:
    from asyncua.ua import DataValue, NotificationMessage

ASKED = 4
"""Requests for messages that wait at the server."""

NUMBERS = 2**32
"""Numbers of messages begin at 1 again behind the one before this."""

FAULTS_MOST = 8
"""So many requests in a row that a server answers with a fault mean that the connection is of no use."""

ASKED_AGAIN_MOST = 1_000
"""Messages that are asked for again where a server does not say which it has."""

ENDS = frozenset({0x800A_0000, 0x800C_0000, 0x002D_0000})
"""A subscription is over that the server tells of: its time ran out, the server stops, or another session took it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A message of a server.

    Parameters
    ----------
    sequence : its number, 0 for one that is not to be acknowledged. sent_at : when it was made, microseconds.
    values : each with the address of its variable. lost : messages right before it that the server has no more.
    """

    sequence: int
    sent_at: int = 0
    values: tuple[tuple[str, DataValue], ...] = ()
    lost: int = 0


class Subscription:
    """A subscription.

    Parameters
    ----------
    session : that it belongs to. number : of it. settings : of the connection. next_number : of the message that comes next.
    addresses : of its variables, in the order of their handles.

    Attributes
    ----------
    is_over : whether the server has it no more. due : numbers of messages that are durable and not acknowledged yet.
    backlog : values that were told and are not durable. room : set when messages became durable.
    silence : seconds without a message after which the connection is given up.
    queue : values of a variable that the server keeps back, at least.
    available : numbers of messages that the server keeps, at the begin; None where it has to be tried.
    """

    def __init__(
        self, session: Session, number: int, *, settings: Settings, next_number: int = 1, addresses: Sequence[str] = ()
    ) -> None:
        self.session, self.number, self.settings = session, number, settings
        self.next_number, self.addresses, self.is_over = next_number, list(addresses), False
        self.due: list[int] = []
        self.backlog, self.room = 0, asyncio.Event()
        self.silence, self.queue = 0.0, settings.queue
        self.revised(settings.interval, settings.keep_alive_count)
        self.available: Sequence[int] | None = ()

    def revised(self, interval: float, keep_alive_count: int) -> None:
        """Note how often the server says that it has nothing to say.

        Parameters
        ----------
        interval : milliseconds between two messages. keep_alive_count : intervals.
        """
        self.silence = 2 * max(interval * keep_alive_count / 1_000, self.settings.keep_alive) + interval / 1_000

    def begin_again(self, number: int) -> None:
        """Go on with a message, over a new connection.

        Parameters
        ----------
        number : of the first that is not durable.
        """
        self.next_number, self.available, self.backlog = number, None, 0

    async def monitor(self, variables: Sequence[Variable]) -> list[tuple[str, str]]:
        """Have the server tell of more variables; return those that it refuses, with its reasons.

        Parameters
        ----------
        variables : that it does not tell of yet.
        """
        from asyncua import ua

        settings, refused = self.settings, list[tuple[str, str]]()
        sampling = settings.interval if settings.sampling < 0 else settings.sampling
        changes = ua.DataChangeFilter(Trigger=ua.DataChangeTrigger.StatusValueTimestamp)
        for first in range(0, len(variables), AT_ONCE):
            part = variables[first : first + AT_ONCE]
            ask = ua.CreateMonitoredItemsParameters()
            ask.SubscriptionId, ask.TimestampsToReturn = self.number, ua.TimestampsToReturn.Both
            for variable in part:
                one = ua.MonitoredItemCreateRequest()
                one.ItemToMonitor.NodeId, one.ItemToMonitor.AttributeId = variable.node, ua.AttributeIds.Value
                one.MonitoringMode = ua.MonitoringMode.Reporting
                wanted = one.RequestedParameters
                wanted.ClientHandle, wanted.SamplingInterval = len(self.addresses), sampling
                wanted.QueueSize, wanted.DiscardOldest = settings.queue, True
                if settings.trigger is Trigger.TIME:
                    wanted.Filter = changes
                ask.ItemsToCreate.append(one)
                self.addresses.append(variable.address)
            results = await self.session.services.create_monitored_items(ask)
            self.queue = min([self.queue, *[result.RevisedQueueSize for result in results if not result.StatusCode.is_bad()]])
            refused += [
                (variable.address, result.StatusCode.name)
                for variable, result in zip(part, results, strict=True)
                if result.StatusCode.is_bad()
            ]
        return refused

    async def run(self, tell: Callable[[Told], None]) -> str:
        """Ask for messages until the connection breaks or the subscription is over; return why.

        Parameters
        ----------
        tell : takes them, in the order of their numbers.
        """
        try:
            await self._catch_up(tell)
            return await self._ask(tell)
        except TimeoutError:
            return f"no answer within {self.settings.timeout:g} s"
        except Exception as fault:
            # What a server sends that is no OPC UA comes out of the library in many forms.
            return f"the connection broke: {str(fault) or type(fault).__name__}"

    async def _catch_up(self, tell: Callable[[Told], None]) -> None:
        """Have messages sent again that were lost on the way."""
        available, self.available = self.available, None
        if available is None:
            while await self._again(tell, self.next_number):
                await self._until_room()
            return
        for ahead, number in sorted((after(number, self.next_number), number) for number in available):
            if ahead < 0:
                # These are durable; only their acknowledgement was lost.
                self.due.append(number)
            else:
                await self._up_to(tell, number, available=available)
                await self._again(tell, number)
                await self._until_room()

    async def _ask(self, tell: Callable[[Told], None]) -> str:
        """Ask for messages; return why there are no more."""
        asked: deque[tuple[asyncio.Task[Any], list[Any]]] = deque()
        wanted, faults = ASKED, 0
        try:
            while True:
                if not asked:
                    await self._until_room()
                while len(asked) < wanted and self._has_room():
                    due = self._acknowledgements()
                    asked.append((asyncio.create_task(self.session.services.publish(due)), due))
                first, due = asked[0]
                done, _ = await asyncio.wait({first}, timeout=self.silence)
                if not done:
                    return f"no sign of life for {self.silence:g} s"
                fault = first.exception()
                if fault is None:
                    asked.popleft()
                    faults = 0
                    why = await self._taken(first.result(), tell)
                else:
                    why, faults = self._refused(fault), faults + 1
                    if not why:
                        asked.popleft()
                        self.due = [one.SequenceNumber for one in due] + self.due
                        wanted = max(1, wanted - 1)
                        why = "the server refuses to send messages" if faults > FAULTS_MOST else ""
                if why:
                    return why
        finally:
            for one, due in reversed(asked):
                one.cancel()
                # Whether these arrived nobody knows; to say them twice does no harm.
                self.due = [one.SequenceNumber for one in due] + self.due
            await asyncio.gather(*[one for one, _ in asked], return_exceptions=True)

    def confirm(self, numbers: Sequence[int], values: int) -> None:
        """Note what became durable; it is acknowledged with the next request.

        Parameters
        ----------
        numbers : of messages. values : how many.
        """
        self.due += numbers
        self.backlog -= values
        self.room.set()

    async def delete(self) -> None:
        """Have the server forget it."""
        await self.session.services.delete_subscriptions([self.number])

    async def leave(self, *, keeps: bool) -> None:
        """Leave it at the server with what is due acknowledged, or have the server forget it.

        Parameters
        ----------
        keeps : whether it stays.
        """
        if not keeps:
            await self.delete()
        elif self.due:
            # The answer may take as long as the server has nothing to say, and is of no matter.
            asked = asyncio.create_task(self.session.services.publish(self._acknowledgements()))
            await asyncio.wait({asked}, timeout=0.1)
            asked.cancel()

    def _has_room(self) -> bool:
        return self.backlog <= self.settings.backlog

    async def _until_room(self) -> None:
        """Wait while so much is told that more would only be kept here instead of at the server."""
        while not self._has_room():
            self.room.clear()
            await self.room.wait()

    def _acknowledgements(self) -> list[Any]:
        from asyncua import ua

        due, self.due = self.due, []
        return [ua.SubscriptionAcknowledgement(SubscriptionId=self.number, SequenceNumber=number) for number in due]

    def _refused(self, fault: BaseException) -> str:
        """Return why there will be no more messages; empty where a request has only to be made again."""
        from asyncua import ua
        from asyncua.ua.uaerrors import UaStructParsingError

        if isinstance(fault, UaStructParsingError):
            # A message that cannot be read: the next one tells that its number is missing.
            return ""
        if not isinstance(fault, ua.UaStatusCodeError):
            return f"the connection broke: {str(fault) or type(fault).__name__}"
        codes = ua.StatusCodes
        if fault.code in (codes.BadNoSubscription, codes.BadSubscriptionIdInvalid):
            self.is_over = True
            return "the server has no subscription any more"
        again = (codes.BadTimeout, codes.BadTooManyPublishRequests)
        return "" if fault.code in again else f"the server answers {ua.status_codes.get_name_and_doc(fault.code)[0]}"

    async def _taken(self, response: Any, tell: Callable[[Told], None]) -> str:
        """Take an answer; return why it is the last, or an empty text."""
        result = response.Parameters
        if result.SubscriptionId != self.number:
            return ""
        message = result.NotificationMessage
        is_silent = not message.NotificationData
        ahead = after(message.SequenceNumber, self.next_number)
        if ahead > 0:
            await self._up_to(tell, message.SequenceNumber, available=list(result.AvailableSequenceNumbers or ()))
        if is_silent:
            return ""
        if ahead < 0:
            # It came before, over a connection that broke.
            return ""
        return self._tell(message, tell)

    async def _up_to(self, tell: Callable[[Told], None], number: int, *, available: Sequence[int]) -> None:
        """Have all messages before a number sent again; tell how many of them the server has no more."""
        first, lost = self.next_number, after(number, self.next_number)
        if lost <= 0:
            return
        # Servers that do not say what they have are asked for each, but not for all that could ever have been.
        known = available or [following(first + ahead - 1) for ahead in range(min(lost, ASKED_AGAIN_MOST))]
        for ahead, one in sorted((after(one, first), one) for one in known):
            if 0 <= ahead < after(number, first) and await self._again(tell, one):
                lost -= 1
        self.next_number = number
        if lost:
            tell(Told(0, lost=lost))

    async def _again(self, tell: Callable[[Told], None], number: int) -> bool:
        """Have a message sent again; return whether the server had it."""
        from asyncua import ua

        try:
            message = await self.session.services.republish(self.number, number)
        except ua.UaStatusCodeError:
            return False
        except OSError:
            raise
        except Exception:
            # One that cannot be read is as good as lost, and must not be asked for without end.
            return False
        if not message.NotificationData or message.SequenceNumber != number:
            return False
        self._tell(message, tell)
        return True

    def _tell(self, message: NotificationMessage, tell: Callable[[Told], None]) -> str:
        """Hand on a message; return why it is the last, or an empty text."""
        self.next_number = following(message.SequenceNumber)
        values: list[tuple[str, DataValue]] = []
        names, count, why = self.addresses, len(self.addresses), ""
        for part in message.NotificationData:
            items = getattr(part, "MonitoredItems", None)
            if items is not None:
                values += [(names[item.ClientHandle], item.Value) for item in items if item.ClientHandle < count]
            status = getattr(part, "Status", None)
            if status is not None and status.value in ENDS:
                self.is_over, why = True, f"the server ended the subscription ({status.name})"
        self.backlog += len(values)
        tell(Told(message.SequenceNumber, microseconds(message.PublishTime), tuple(values)))
        return why


async def new_subscription(session: Session, settings: Settings) -> Subscription:
    """Return a new subscription without variables.

    Parameters
    ----------
    session : that it will belong to. settings : of it.
    """
    from asyncua import ua
    from asyncua.ua.ua_binary import struct_from_binary

    ask = ua.CreateSubscriptionRequest()
    _ask_for(ask.Parameters, settings)
    ask.Parameters.PublishingEnabled = True
    # The method of the library would begin to ask for messages, and acknowledge them.
    protocol = session.client.uaclient.protocol
    if protocol is None:
        raise ConnectionError("the connection broke")
    response = struct_from_binary(ua.CreateSubscriptionResponse, await protocol.send_request(ask))
    response.ResponseHeader.ServiceResult.check()
    result = response.Parameters
    subscription = Subscription(session, result.SubscriptionId, settings=settings)
    subscription.revised(result.RevisedPublishingInterval, result.RevisedMaxKeepAliveCount)
    return subscription


async def taken_over(
    session: Session, number: int, *, settings: Settings, next_number: int, addresses: Sequence[str]
) -> Subscription | None:
    """Return a subscription of another session that is moved to this one; None where the server has it no more, or refuses.

    Parameters
    ----------
    session : that it will belong to. number : of it. settings : of the connection.
    next_number : of the message that is wanted next.
    addresses : of its variables, in the order of their handles.
    """
    from asyncua import ua

    ask = ua.TransferSubscriptionsParameters()
    ask.SubscriptionIds, ask.SendInitialValues = [number], False
    try:
        (result,) = await session.services.transfer_subscriptions(ask)
    except ua.UaStatusCodeError:
        return None
    if result.StatusCode.is_bad():
        return None
    subscription = Subscription(session, number, settings=settings, next_number=next_number, addresses=addresses)
    subscription.available = tuple(result.AvailableSequenceNumbers or ())
    again = ua.ModifySubscriptionParameters()
    again.SubscriptionId = number
    _ask_for(again, settings)
    with suppress(ua.UaStatusCodeError):
        # Nothing changes: how long the server may be silent is what is asked.
        revised = await session.services.update_subscription(again)
        subscription.revised(revised.RevisedPublishingInterval, revised.RevisedMaxKeepAliveCount)
    return subscription


def following(number: int) -> int:
    """Return the number of the message behind one: there is none of number 0."""
    return number % (NUMBERS - 1) + 1


def after(number: int, other: int) -> int:
    """Return how many messages one number is behind another; less than 0 where it is before it.

    Example
    -------
    >>> after(3, 1), after(1, 3), after(1, 2**32 - 1), following(2**32 - 1)
    (2, -2, 1, 1)
    """
    ahead = (number - other) % (NUMBERS - 1)
    return ahead if ahead < NUMBERS // 2 else ahead - (NUMBERS - 1)


def _ask_for(wanted: Any, settings: Settings) -> None:
    """Say in a request how often messages are wanted, and how long the subscription is to be kept."""
    count = settings.keep_alive_count
    wanted.RequestedPublishingInterval, wanted.RequestedMaxKeepAliveCount = settings.interval, count
    lifetime = min(round(settings.lifetime * 1_000 / settings.interval), NUMBERS - 1)
    wanted.RequestedLifetimeCount, wanted.MaxNotificationsPerPublish = max(3 * count, lifetime), settings.batch
