"""Names under which a world tells its events where messages have addresses: ``world/SITE/events``, over MQTT and over OPC UA."""

from __future__ import annotations

TOPIC = "world"
"""First level of the addresses where nobody says otherwise."""

EVENTS = "events"
"""Last level."""


def site_level(site: str) -> str:
    """Return a site as one level of an address; signs that topics give a meaning are replaced.

    Example
    -------
    >>> site_level("plant a/1")
    'plant a_1'
    """
    return "".join("_" if sign in "/+#\0" else sign for sign in site)


def topic_of(first: str, site: str) -> str:
    """Return the address of a site.

    Parameters
    ----------
    first : first levels. site : that tells.

    Example
    -------
    >>> topic_of("world", "plant a/1")
    'world/plant a_1/events'
    """
    return f"{first}/{site_level(site)}/{EVENTS}"


def mapping_of(first: str = TOPIC) -> str:
    """Return the mapping file that a twin takes the messages with.

    Parameters
    ----------
    first : first levels of the addresses.
    """
    return f'name = "hidden world"\n\n[[signals]]\nmatch = "{first}/{{site}}/{EVENTS}"\nas = "epcis"\n'
