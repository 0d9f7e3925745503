"""Service, cost to serve, cash and carbon of a simulated project."""

from chaintwin.risk.service.simulated.measuring import ProjectService, measure_project

__all__ = ["ProjectService", "measure_project"]
