"""EPCIS XML 2.0 and 1.2, read into and written from EPCIS JSON."""

from chaintwin.events.xml.reading import read_xml
from chaintwin.events.xml.writing import write_xml

__all__ = ["read_xml", "write_xml"]
