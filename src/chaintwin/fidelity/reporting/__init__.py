"""The fidelity of a twin as a report: scores by stock point, lane and site, calibration, alarms."""
