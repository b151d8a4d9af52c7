"""Benchmarks and load tests of the whole service, run from the repository's root."""
