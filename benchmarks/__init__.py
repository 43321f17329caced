"""Benchmarks: each measures its floor beside itself in the same run (docs/performance.md)."""
