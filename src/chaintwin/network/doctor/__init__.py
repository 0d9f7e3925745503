"""The doctor: every fault and doubt of a project in one report."""

from chaintwin.network.doctor.checking import check
from chaintwin.network.doctor.codes import CODES, Code
from chaintwin.network.doctor.report import Report, Summary

__all__ = ["CODES", "Code", "Report", "Summary", "check"]
