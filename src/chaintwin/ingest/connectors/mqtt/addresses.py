"""Addresses of brokers with the topics that are wanted of them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import check_secret
from chaintwin.ingest.connectors.linked.addresses import host_and_port

SCHEMES = {"mqtt": 1883, "mqtts": 8883}
"""Schemes and the ports that they mean."""

SPARKPLUG = "spBv1.0"
"""First level of the topics of Sparkplug B."""

_EXAMPLE = "such as mqtt://broker.example.org/plant/+/temperature"


@dataclass(frozen=True, slots=True)
class MqttAddress:
    """A broker and a filter of topics.

    Parameters
    ----------
    host, port : of the broker. is_secure : whether TLS is used. filter : of topics, ``$share/GROUP/...`` among them.
    """

    host: str
    port: int
    is_secure: bool
    filter: str


def is_mqtt(source: str) -> bool:
    """Return whether a source is the address of a broker."""
    return source.partition("://")[0] in SCHEMES and "://" in source


def mqtt_address(source: str) -> MqttAddress:
    """Return the parts of ``mqtt://HOST:PORT/FILTER``; the wildcards ``+`` and ``#`` may stand as they are.

    Parameters
    ----------
    source : the address.

    Raises
    ------
    UsageError
        It is none, or it holds a user or a password.

    Example
    -------
    >>> mqtt_address("mqtts://broker.example.org/plant/+/#")
    MqttAddress(host='broker.example.org', port=8883, is_secure=True, filter='plant/+/#')
    """
    check_secret(source, option="--option username=NAME --option password-file=FILE")
    scheme, _, rest = source.partition("://")
    place, _, path = rest.partition("/")
    host, port = host_and_port(place, SCHEMES.get(scheme, 0))
    wanted = unquote(path)
    if scheme not in SCHEMES or not host or not 0 < port < 65_536:
        raise UsageError(f"{source}: found no address of a broker; allowed: mqtt:// or mqtts://, {_EXAMPLE}")
    fault = filter_fault(wanted)
    if fault:
        raise UsageError(f"{source}: found {fault}; allowed: a filter of topics, {_EXAMPLE}")
    return MqttAddress(host, port, scheme == "mqtts", wanted)


def filter_fault(wanted: str) -> str:
    """Return what is wrong with a filter of topics; an empty text where it is right."""
    levels = wanted.split("/")
    if not wanted:
        return "no topics"
    if "\0" in wanted or len(wanted.encode()) > 65_535:
        return "a filter that MQTT cannot say"
    if levels[0] == "$share" and (len(levels) < 3 or not levels[1] or not levels[2]):
        return "a shared subscription without group or filter"
    if any("#" in level and (level != "#" or place + 1 < len(levels)) for place, level in enumerate(levels)):
        return "# before the end or within a level"
    return "+ within a level" if any("+" in level and level != "+" for level in levels) else ""
