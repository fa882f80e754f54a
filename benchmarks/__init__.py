"""Benchmarks are programs: `make bench NAME=leave_one_out`. Their results are committed in benchmarks/results."""
