"""Benchmark cases of connectors: brokers, streams, control systems and messages of trading partners."""
